// What messages are sorted by: for each of them a compact key for each criterion. RFC 5256 §3 (SORT), RFC 5957,
// RFC 6203 §6.
// Filled on the store's reader threads, sorted on those for computing; reading the messages is message_scan.h's.
// Texts collate by i;unicode-casemap (RFC 5051): as prepared octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/base/slices.h"
#include "protocols/imap/search/match.h"
#include "protocols/imap/search/message_scan.h"
#include "protocols/imap/search/table_memory.h"
#include "protocols/imap/wire/command.h"

namespace imap {

// The sent date of RFC 5256 §2.2: of the Date field in UTC, of its day where the time is not valid, else the internal
// date. Unix seconds.
std::int64_t sent_date(const ScannedMessage& scanned);

class SortTable {
  public:
    struct Limits {
        std::size_t text_octets = 0;     // of one text: texts that differ behind that count as equal
        std::size_t octets = 0;          // of all keys
        base::Budget* of_all = nullptr;  // of the keys of all commands; null: of no concern
    };
    using Matches = std::shared_ptr<const std::vector<SearchMatch>>;
    // `matches`, ascending, know the scores of what will be taken.
    SortTable(const std::vector<wire::SortCriterion>& criteria, Limits limits, Matches matches);

    bool needs_summary() const;
    // False, and nothing is taken, when the table is full.
    bool take(const ScannedMessage& scanned);
    // Why it took no more; nothing: it took all.
    std::optional<TableFault> fault() const { return memory_.fault(); }
    std::size_t size() const { return rows_.size(); }
    storage::Uid uid_of(std::size_t row) const { return rows_[row].uid; }
    // Of two rows, by the order in which they were taken.
    bool comes_before(std::size_t a, std::size_t b) const { return comes_before(a, *this, b); }
    // The same of a row of this table and one of another, which has the same criteria.
    bool comes_before(std::size_t row, const SortTable& other, std::size_t other_row) const;
    // What decides between most rows: the first octets of what they are sorted by first.
    std::uint64_t key_of(std::size_t row) const { return cells_[row * criteria_.size()].key; }
    const SearchMatch& match_of(std::size_t row) const { return rows_[row]; }

  private:
    // Numbers, and the first octets of texts, as what ascends in the order that is asked for.
    struct Cell {
        std::uint64_t key = 0;
        std::uint32_t at = 0;  // the rest of the text, in texts_
        std::uint32_t size = 0;
    };
    Cell cell_of(const wire::SortCriterion& criterion, const ScannedMessage& scanned);
    std::uint8_t score_of(storage::Uid uid) const;
    Cell text_cell(std::string_view text, bool reverse);
    std::string_view rest_of(const Cell& cell) const { return std::string_view(texts_).substr(cell.at, cell.size); }

    std::vector<wire::SortCriterion> criteria_;  // none twice
    Limits limits_;
    Matches matches_;
    std::vector<SearchMatch> rows_;
    std::vector<Cell> cells_;  // row by row, one for each criterion
    std::string texts_;
    std::string folded_;  // the text at hand
    TableMemory memory_;
};

// Puts two tables in the order of their criteria, where what these hold equal stays in the order of its UIDs:
// in slices that take a few milliseconds.
class Sorting {
  public:
    // The tables have the same criteria. What sorting takes besides them they have counted as their own.
    Sorting(std::shared_ptr<const SortTable> lower, std::shared_ptr<const SortTable> upper);
    Sorting(const Sorting&) = delete;
    Sorting& operator=(const Sorting&) = delete;
    // The next slice; false: that was the last one.
    bool go_on() { return work_.go_on(); }
    std::expected<std::vector<SearchMatch>, TableFault> take_sorted() { return std::move(sorted_); }

    // One row of either table.
    struct Place {
        std::uint64_t key = 0;
        std::uint32_t row = 0;
        bool upper = false;
    };

  private:
    base::Slices sort();
    const SortTable& table_of(const Place& place) const { return place.upper ? *upper_ : *lower_; }
    bool comes_before(const Place& a, const Place& b) const;

    std::shared_ptr<const SortTable> lower_;
    std::shared_ptr<const SortTable> upper_;
    std::expected<std::vector<SearchMatch>, TableFault> sorted_;
    base::Slices work_;
};

}  // namespace imap
