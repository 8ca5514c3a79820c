// The searches of the selected mailbox whose results are kept up to date, and what is said of them. RFC 5267 §4.3. What
// the results of each are now: search/update_context.h; when it is told: changes/changes.h.
#pragma once

#include <asio/awaitable.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/connection/connection.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/update_context.h"
#include "storage/types.h"

namespace imap {

class UpdateContexts {
  public:
    explicit UpdateContexts(const Connection& connection) : connection_(connection) {}

    bool empty() const { return contexts_.empty(); }
    std::size_t size() const { return contexts_.size(); }
    const UpdateContext& operator[](std::size_t i) const { return contexts_[i]; }
    auto begin() const { return contexts_.begin(); }
    auto end() const { return contexts_.end(); }

    // Answers BAD, and true, where the command's tag is that of a context already.
    bool refuse_tag_reuse(const wire::Search& command) const;
    // Keeps what the command at hand asked up to date from now on, or says that it will not be.
    void open(wire::Search asked, std::vector<wire::SortCriterion> criteria, const std::vector<SearchFind>& finds);
    // CANCELUPDATE; false where one of the tags is no context's.
    bool cancel(const std::vector<std::string>& tags);
    // Says that none of them is kept up to date any more.
    void drop();
    // Without a word: the mailbox is left.
    void clear();

    // These are to be judged anew.
    void note(const storage::UidSet& changed, const storage::UidSet& vanished);
    void note_deletion(storage::UidSet all) { vanished_ = std::move(all); }
    bool has_noted() const { return !contexts_.empty() && !(changed_.empty() && vanished_.empty()); }

    // What has become of each, by what has been noted. Where that cannot be found out all are dropped.
    asio::awaitable<std::vector<ContextChange>> judge(const SelectedMailbox& mailbox,
                                                      std::span<const std::string> keywords);
    // Before an EXPUNGE changes the numbers, and behind EXISTS and EXPUNGE.
    asio::awaitable<void> tell_removed(const std::vector<ContextChange>& changes, const SelectedMailbox& mailbox);
    asio::awaitable<void> tell_added(std::vector<ContextChange>& changes, const SelectedMailbox& mailbox);

  private:
    Connection connection_;
    std::vector<UpdateContext> contexts_;
    storage::UidSet changed_;  // not yet judged
    storage::UidSet vanished_;
};

}  // namespace imap
