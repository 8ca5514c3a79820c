// Delete marks on their way to the store: DELE waits for none of them, and each is there within options.mark_delay, so
// that other doors see what this session is about to remove. RFC 1939 §5 (DELE). On the session's thread alone.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "protocols/pop3/options.h"
#include "storage/pop3_marks.h"

namespace pop3 {

class MarkWriter {
  public:
    MarkWriter(storage::Store& store, const Options& options);
    ~MarkWriter();  // what has not been written yet is forgotten
    MarkWriter(const MarkWriter&) = delete;
    MarkWriter& operator=(const MarkWriter&) = delete;

    // From here on marks are put into this maildrop, which `owner` has locked. The executor is the session's.
    void begin(asio::any_io_executor executor, storage::MailboxId maildrop, std::string owner);
    void add(storage::Uid uid);
    // The marks that the store has not been told of; they are the caller's now. The store takes writes in order: what
    // the caller writes next comes behind all that was told before.
    storage::UidSet take();

  private:
    struct State;
    static asio::awaitable<void> write_behind(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;  // shared with a write that is under way
};

}  // namespace pop3
