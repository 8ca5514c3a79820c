// The searches of the selected mailbox that are kept up to date, and their responses. RFC 5267 §4.3.
// search/update_context.h has the results of each; changes/changes.h decides when to report.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <functional>
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

    // If the command's tag already belongs to a context: answers BAD, and returns true.
    bool refuse_tag_reuse(const wire::Search& command) const;
    // Keeps the current command's search up to date from now on, or reports that it will not be. `hold`: whether there
    // is room for it too (Selection::hold).
    void open(wire::Search asked, std::vector<wire::SortCriterion> criteria, const std::vector<SearchFind>& finds,
              const std::function<bool()>& hold);
    // CANCELUPDATE; false if one of the tags belongs to no context.
    bool cancel(const std::vector<std::string>& tags);
    // Ends all of them, and reports that.
    void drop();
    // Ends all of them silently: the mailbox is closed.
    void clear();

    // These messages must be tested again.
    void note(const storage::UidSet& changed, const storage::UidSet& vanished);
    void note_deletion(storage::UidSet all) { vanished_ = std::move(all); }
    // Memory that all of this holds, about.
    std::size_t octets() const;
    bool has_noted() const { return !contexts_.empty() && !(changed_.empty() && vanished_.empty()); }

    // How each has changed by what was noted. If that cannot be found out, all are dropped.
    asio::awaitable<std::vector<ContextChange>> judge(const SelectedMailbox& mailbox,
                                                      std::span<const std::string> keywords);
    // Call it before an EXPUNGE changes the numbers; the other one after EXISTS and EXPUNGE.
    asio::awaitable<void> tell_removed(const std::vector<ContextChange>& changes, const SelectedMailbox& mailbox);
    asio::awaitable<void> tell_added(std::vector<ContextChange>& changes, const SelectedMailbox& mailbox);

  private:
    Connection connection_;
    std::vector<UpdateContext> contexts_;
    storage::UidSet changed_;  // not tested yet
    storage::UidSet vanished_;
};

}  // namespace imap
