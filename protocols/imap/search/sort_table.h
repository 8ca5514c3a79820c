// The sort keys of messages: a compact key for each message and criterion. RFC 5256 §3 (SORT), RFC 5957, RFC 6203 §6.
// Filled on the store's reader threads, sorted on the compute threads; message_scan.h reads the messages. Texts are
// compared by i;unicode-casemap (RFC 5051), as octets of the prepared form.
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

// The sent date of RFC 5256 §2.2: the Date field in UTC, only its day if the time is invalid, else the internal date.
// Unix seconds.
std::int64_t sent_date(const ScannedMessage& scanned);

class SortTable {
  public:
    struct Limits {
        std::size_t text_octets = 0;                  // of one text: texts that differ only after that count as equal
        std::size_t octets = 0;                       // of all keys
        base::Budget* of_all = nullptr;               // for the keys of all commands; nullptr: not counted
        std::shared_ptr<net::Allowance> allowance{};  // of the connection
    };
    using Matches = std::shared_ptr<const std::vector<SearchMatch>>;
    // `matches`, ascending, have the scores of the messages to come.
    SortTable(const std::vector<wire::SortCriterion>& criteria, Limits limits, Matches matches);

    bool needs_summary() const;
    // Holds memory for so many rows, texts aside: where that is short, who comes later is refused at once, rather than
    // all in the middle. False: the table is full.
    bool reserve(std::size_t rows);
    // False, and nothing is added, if the table is full.
    bool take(const ScannedMessage& scanned);
    // Why the table is full; nullopt: it is not.
    std::optional<TableFault> fault() const { return memory_.fault(); }
    std::size_t size() const { return rows_.size(); }
    storage::Uid uid_of(std::size_t row) const { return rows_[row].uid; }
    // Compares two rows, numbered in the order in which they were added.
    bool comes_before(std::size_t a, std::size_t b) const { return comes_before(a, *this, b); }
    // The same for a row of this table and one of another table with the same criteria.
    bool comes_before(std::size_t row, const SortTable& other, std::size_t other_row) const;
    // Enough to compare most rows: the first octets of the first criterion.
    std::uint64_t key_of(std::size_t row) const { return cells_[row * criteria_.size()].key; }
    const SearchMatch& match_of(std::size_t row) const { return rows_[row]; }

  private:
    // A number, or the first octets of a text, as a key that ascends in the requested order.
    struct Cell {
        std::uint64_t key = 0;
        std::uint32_t at = 0;  // the rest of the text, in texts_
        std::uint32_t size = 0;
    };
    std::size_t octets_for(std::size_t rows) const;
    Cell cell_of(const wire::SortCriterion& criterion, const ScannedMessage& scanned);
    std::uint8_t score_of(storage::Uid uid) const;
    Cell text_cell(std::string_view text, bool reverse);
    std::string_view rest_of(const Cell& cell) const { return std::string_view(texts_).substr(cell.at, cell.size); }

    std::vector<wire::SortCriterion> criteria_;  // none twice
    Limits limits_;
    Matches matches_;
    std::vector<SearchMatch> rows_;
    std::vector<Cell> cells_;  // row by row, one per criterion
    std::string texts_;
    std::string folded_;  // the current text
    TableMemory memory_;
};

// Sorts two tables together by their criteria; equal rows stay in UID order. In slices of a few milliseconds.
class Sorting {
  public:
    // The tables must have the same criteria. Memory for sorting was already counted by the tables.
    Sorting(std::shared_ptr<const SortTable> lower, std::shared_ptr<const SortTable> upper);
    Sorting(const Sorting&) = delete;
    Sorting& operator=(const Sorting&) = delete;
    // Does the next slice; false: it was the last one.
    bool go_on() { return work_.go_on(); }
    std::expected<std::vector<SearchMatch>, TableFault> take_sorted() { return std::move(sorted_); }

    // A row of one of the tables.
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
