// The results that a client wants to hear changes of: SEARCH and SORT with RETURN (UPDATE). RFC 5267 §4.3. Pure: it is
// told what matches now and says what has been added and removed, and where. Judging messages, and their order in a
// SORT, is searcher.h's; telling the client selection/update_contexts.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/response/response.h"
#include "storage/types.h"

namespace imap {

// The command as it was meant when it came: message numbers, "$" and "*" of numbers as the UIDs that they stood for
// (RFC 5267 §4.3), so that it can be asked again. "*" of UIDs stays: new messages may come to lie there. Nothing where
// no updates are asked for.
std::optional<wire::Search> frozen(const wire::Search& command, const SelectedMailbox& mailbox);

// What has become of the results.
struct ContextChange {
    storage::UidSet removed;
    storage::UidSet added;
    std::vector<storage::Uid> order;  // of a SORT, with what is added
};

// One searching command and its results as the client knows them.
class UpdateContext {
  public:
    // A UID as the client names it: itself, or its number.
    using Name = std::function<std::uint32_t(storage::Uid)>;

    UpdateContext(std::string tag, wire::Search search, std::vector<wire::SortCriterion> criteria);

    const std::string& tag() const { return tag_; }
    const wire::Search& search() const { return search_; }
    // Of each new message among its results (RFC 5465 §7).
    const std::vector<wire::FetchItem>& fetch_atts() const { return search_.returns->update_atts; }
    bool is_sorted() const { return !criteria_.empty(); }
    const std::vector<wire::SortCriterion>& criteria() const { return criteria_; }
    const std::vector<storage::Uid>& order() const { return order_; }
    bool holds(storage::Uid uid) const { return results_.contains(uid); }

    // In the order that was asked for.
    void begin(std::vector<storage::Uid> results);
    // Takes out those of them that are results, and says so (§4.3.4).
    std::vector<wire::ResultUpdate> remove(const storage::UidSet& gone, const Name& name);
    // Puts these, none of which is a result yet, in: in mailbox order (§4.3.3).
    std::vector<wire::ResultUpdate> add(const storage::UidSet& found, const Name& name);
    // The same for a SORT, whose order is now this one.
    std::vector<wire::ResultUpdate> reorder(std::vector<storage::Uid> order, const Name& name);

  private:
    std::string tag_;
    wire::Search search_;
    std::vector<wire::SortCriterion> criteria_;  // none: mailbox order
    storage::UidSet results_;
    std::vector<storage::Uid> order_;  // of a SORT
};

}  // namespace imap
