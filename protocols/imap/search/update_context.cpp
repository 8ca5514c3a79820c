// Search results that are kept up to date. RFC 5267 §4.3. Positions count from 1. Removals go from the end to the front
// and additions from the front to the end, so that a removal's position is the one before all removals, and an
// addition's the one after all additions.
#include "protocols/imap/search/update_context.h"

#include <algorithm>
#include <utility>

#include "protocols/imap/search/fold.h"

namespace imap {
namespace {

using storage::Uid;
using storage::UidSet;
using wire::ResultUpdate;

std::vector<wire::NumberRange> named(const UidSet& uids, const UpdateContext::Name& name) {
    wire::SequenceSetBuilder builder;
    for (const UidSet::Range& range : uids.ranges()) {
        for (std::uint64_t uid = range.first.value; uid <= range.last.value; ++uid) {
            builder.add(name(Uid{static_cast<std::uint32_t>(uid)}));
        }
    }
    return {builder.ranges().begin(), builder.ranges().end()};
}

// A run of results at consecutive positions; `first` is an index.
ResultUpdate run_of(const std::vector<Uid>& order, std::size_t first, std::size_t end,
                    const UpdateContext::Name& name) {
    wire::SequenceSetBuilder builder;
    for (std::size_t i = first; i < end; ++i) builder.add(name(order[i]));
    return {.position = static_cast<std::uint32_t>(first + 1),
            .results = {builder.ranges().begin(), builder.ranges().end()}};
}

// Runs of the results for which `is_meant` is true, ascending.
template <class Meant>
std::vector<ResultUpdate> runs_of(const std::vector<Uid>& order, const UpdateContext::Name& name, Meant&& is_meant) {
    std::vector<ResultUpdate> runs;
    for (std::size_t i = 0; i < order.size();) {
        if (!is_meant(order[i])) {
            ++i;
            continue;
        }
        const std::size_t first = i;
        while (i < order.size() && is_meant(order[i])) ++i;
        runs.push_back(run_of(order, first, i, name));
    }
    return runs;
}

void freeze(wire::SearchKey& key, const SelectedMailbox& mailbox) {
    using Kind = wire::SearchKey::Kind;
    for (wire::SearchKey& child : key.children) freeze(child, mailbox);
    const bool changes = key.kind == Kind::message_set || (key.kind == Kind::uid_set && key.set.saved_result);
    if (!changes) return;
    const UidSet meant = mailbox.resolve_within(key.set, key.kind == Kind::uid_set);
    key.kind = Kind::uid_set;
    key.set = {};
    for (const UidSet::Range& range : meant.ranges()) key.set.ranges.push_back({range.first.value, range.last.value});
}

std::size_t octets_of(const wire::SearchKey& key) {
    std::size_t octets = sizeof(key) + key.name.size() + key.text.size();
    octets += key.set.ranges.capacity() * sizeof(wire::NumberRange);
    for (const wire::SearchKey& child : key.children) octets += octets_of(child);
    return octets;
}

}  // namespace

std::optional<wire::Search> frozen(const wire::Search& command, const SelectedMailbox& mailbox) {
    if (!command.returns || !command.returns->update) return std::nullopt;
    wire::Search search = command;
    freeze(search.key, mailbox);
    return search;
}

UpdateContext::UpdateContext(std::string tag, wire::Search search, std::vector<wire::SortCriterion> criteria)
    : tag_(std::move(tag)),
      search_(std::move(search)),
      search_octets_(octets_of(search_.key)),
      criteria_(std::move(criteria)) {}

void UpdateContext::begin(std::vector<Uid> results) {
    if (is_sorted()) order_ = results;
    std::ranges::sort(results);
    for (const Uid uid : results) results_.insert(uid);
}

std::vector<ResultUpdate> UpdateContext::remove(const UidSet& gone, const Name& name) {
    const UidSet removed = results_.intersected(gone);
    if (removed.empty()) return {};
    results_ = without(results_, removed);
    if (!is_sorted()) return {{.position = 0, .results = named(removed, name)}};
    const auto is_removed = [&](Uid uid) { return removed.contains(uid); };
    std::vector<ResultUpdate> runs = runs_of(order_, name, is_removed);
    std::ranges::reverse(runs);
    std::erase_if(order_, is_removed);
    return runs;
}

std::vector<ResultUpdate> UpdateContext::add(const UidSet& found, const Name& name) {
    if (found.empty()) return {};
    results_.merge(found);
    return {{.position = 0, .results = named(found, name)}};
}

std::vector<ResultUpdate> UpdateContext::reorder(std::vector<Uid> order, const Name& name) {
    order_ = std::move(order);
    std::vector<ResultUpdate> runs = runs_of(order_, name, [this](Uid uid) { return !results_.contains(uid); });
    std::vector<Uid> all = order_;
    std::ranges::sort(all);
    results_ = {};
    for (const Uid uid : all) results_.insert(uid);
    return runs;
}

}  // namespace imap
