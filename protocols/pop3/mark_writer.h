// Writes delete marks to the store without delaying DELE: each is stored within options.mark_delay, so that other
// protocols see what this session will remove. RFC 1939 §5 (DELE). On the session's thread only.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "protocols/pop3/options.h"
#include "storage/pop3_marks.h"

namespace pop3 {

class MarkWriter {
  public:
    explicit MarkWriter(const Options& options);
    ~MarkWriter();  // unwritten marks are dropped
    MarkWriter(const MarkWriter&) = delete;
    MarkWriter& operator=(const MarkWriter&) = delete;

    // From now on marks are written to this maildrop, which `owner` has locked. The executor is the session's.
    void begin(asio::any_io_executor executor, const storage::SessionStore& store, storage::MailboxId maildrop,
               std::string owner);
    void add(storage::Uid uid);
    // Hands the unwritten marks over to the caller, with those whose write is under way. The store executes writes in
    // order: what the caller writes next comes after all marks written before.
    storage::UidSet take();

  private:
    struct State;
    static asio::awaitable<void> write_behind(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;  // shared with a write in progress
};

}  // namespace pop3
