// Search results that are kept up to date for the client: SEARCH and SORT with RETURN (UPDATE). RFC 5267 §4.3. Pure: it
// gets what matches now and returns what was added and removed, and where. searcher.h tests messages and sorts them;
// selection/update_contexts.h writes the responses.
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

// The command with its meaning fixed: message numbers, "$" and "*" of numbers become the UIDs that they mean now
// (RFC 5267 §4.3), so that it can be run again. "*" of UIDs stays: new messages may match it. nullopt if no updates are
// requested.
std::optional<wire::Search> frozen(const wire::Search& command, const SelectedMailbox& mailbox);

// How the results have changed.
struct ContextChange {
    storage::UidSet removed;
    storage::UidSet added;
    std::vector<storage::Uid> order;  // of a SORT, with the added ones
};

// One searching command, with its results as the client knows them.
class UpdateContext {
  public:
    // The client's name for a UID: itself, or the message number.
    using Name = std::function<std::uint32_t(storage::Uid)>;

    UpdateContext(std::string tag, wire::Search search, std::vector<wire::SortCriterion> criteria);

    const std::string& tag() const { return tag_; }
    const wire::Search& search() const { return search_; }
    // To be fetched of each new message among the results (RFC 5465 §7).
    const std::vector<wire::FetchItem>& fetch_atts() const { return search_.returns->update_atts; }
    bool is_sorted() const { return !criteria_.empty(); }
    const std::vector<wire::SortCriterion>& criteria() const { return criteria_; }
    const std::vector<storage::Uid>& order() const { return order_; }
    bool holds(storage::Uid uid) const { return results_.contains(uid); }
    // Memory that it holds, about.
    std::size_t octets() const {
        return sizeof(*this) + search_octets_ + results_.octets() + order_.capacity() * sizeof(storage::Uid);
    }

    // The first results, in the requested order.
    void begin(std::vector<storage::Uid> results);
    // Removes those that are results, and returns the updates (§4.3.4).
    std::vector<wire::ResultUpdate> remove(const storage::UidSet& gone, const Name& name);
    // Adds these, none of which may be a result yet, in mailbox order (§4.3.3).
    std::vector<wire::ResultUpdate> add(const storage::UidSet& found, const Name& name);
    // The same for a SORT, with its new order.
    std::vector<wire::ResultUpdate> reorder(std::vector<storage::Uid> order, const Name& name);

  private:
    std::string tag_;
    wire::Search search_;
    std::size_t search_octets_;
    std::vector<wire::SortCriterion> criteria_;  // empty: mailbox order
    storage::UidSet results_;
    std::vector<storage::Uid> order_;  // of a SORT
};

}  // namespace imap
