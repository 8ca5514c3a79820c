// Inserts new results of a SORT. RFC 5267 §4.3.3.
#include "protocols/imap/search/sort_insert.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

namespace imap {
namespace {

using storage::Uid;

class Insertion {
  public:
    Insertion(const InsertPlan& plan, const std::vector<Uid>& order, storage::Snapshot& snapshot)
        : plan_(plan),
          order_(order),
          snapshot_(snapshot),
          table_(plan.criteria, plan.limits, std::make_shared<const std::vector<SearchMatch>>()) {}

    std::vector<Uid> run(const storage::UidSet& added) {
        look_at(added);
        std::vector<std::size_t> rows;
        for (std::size_t row = 0; row < table_.size(); ++row) rows.push_back(row);
        std::ranges::sort(rows, [this](std::size_t a, std::size_t b) { return table_.comes_before(a, b); });
        std::vector<Uid> placed;
        placed.reserve(order_.size() + rows.size());
        std::size_t from = 0;
        for (const std::size_t row : rows) {
            const std::size_t at = place_of(row, from);
            placed.insert(placed.end(), order_.begin() + static_cast<std::ptrdiff_t>(from),
                          order_.begin() + static_cast<std::ptrdiff_t>(at));
            placed.push_back(table_.uid_of(row));
            from = at;
        }
        placed.insert(placed.end(), order_.begin() + static_cast<std::ptrdiff_t>(from), order_.end());
        return placed;
    }

  private:
    void look_at(const storage::UidSet& uids) {
        const TakeScanned take = [this](const ScannedMessage& scanned) {
            rows_.emplace(scanned.row.uid, table_.size());
            return table_.take(scanned);
        };
        (void)scan_batch(plan_.access, plan_.scan, uids, take)(snapshot_).has_value();
    }

    // nullopt: it was expunged, which will be reported soon.
    std::optional<std::size_t> row_of(Uid uid) {
        if (!rows_.contains(uid)) look_at({uid});
        const auto found = rows_.find(uid);
        if (found == rows_.end() || found->second >= table_.size()) return std::nullopt;
        return found->second;
    }

    // The first index, from `low` on, of a message that comes after the row.
    std::size_t place_of(std::size_t row, std::size_t low) {
        std::size_t high = order_.size();
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            std::size_t probe = middle;
            std::optional<std::size_t> there;
            while (probe < high && !(there = row_of(order_[probe]))) ++probe;
            if (there && table_.comes_before(*there, row)) {
                low = probe + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    const InsertPlan& plan_;
    const std::vector<Uid>& order_;
    storage::Snapshot& snapshot_;
    SortTable table_;
    std::unordered_map<Uid, std::size_t> rows_;
};

}  // namespace

storage::Query<std::vector<Uid>> insert_results(InsertPlan plan, std::vector<Uid> order, storage::UidSet added) {
    return [plan = std::move(plan), order = std::move(order),
            added = std::move(added)](storage::Snapshot& snapshot) -> storage::Result<std::vector<Uid>> {
        return Insertion(plan, order, snapshot).run(added);
    };
}

}  // namespace imap
