// Sort keys. RFC 5256 §2.2, §3; RFC 5957 §3. A key's first eight octets are in the table itself, so that most
// comparisons are of two integers.
#include "protocols/imap/search/sort_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "protocols/imap/search/slice_sort.h"
#include "protocols/mime/base_subject.h"
#include "protocols/mime/casemap.h"
#include "protocols/mime/encoded_word.h"

namespace imap {
namespace {

using Key = wire::SortCriterion::Key;

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

std::uint64_t ascending(std::int64_t number) { return std::bit_cast<std::uint64_t>(number) ^ sign_bit; }

std::uint64_t first_octets(std::string_view text) {
    std::array<char, 8> octets{};
    text.copy(octets.data(), octets.size());
    std::uint64_t number = 0;
    std::memcpy(&number, octets.data(), octets.size());
    return std::endian::native == std::endian::little ? __builtin_bswap64(number) : number;
}

// addr-mailbox of the first address; for a group its name (RFC 9051 §7.5.2).
std::string_view mailbox_of(const mime::AddressView& address) {
    return address.kind == mime::Address::Kind::group_start ? address.name : address.local;
}

// RFC 5957 §3.
std::string display_of(const mime::AddressView& address) {
    if (address.kind == mime::Address::Kind::mailbox) {
        std::string name = mime::decode_encoded_words(address.name);
        if (!name.empty()) return name;
    }
    std::string text(mailbox_of(address));
    if (!text.empty() && !address.domain.empty()) (text += '@') += address.domain;
    return text;
}

bool is_number(Key key) { return key == Key::arrival || key == Key::date || key == Key::relevancy || key == Key::size; }

}  // namespace

std::int64_t sent_date(const ScannedMessage& scanned) {
    std::optional<mime::DateTime> sent = scanned.summary.sent_at();
    if (!sent) sent = mime::parse_day(scanned.summary.envelope().date.value_or(""));
    return sent ? sent->unix_seconds : scanned.row.internal_date;
}

SortTable::SortTable(const std::vector<wire::SortCriterion>& criteria, Limits limits, Matches matches)
    : limits_(std::move(limits)),
      matches_(std::move(matches)),
      memory_(limits_.octets, limits_.of_all, limits_.allowance) {
    for (const wire::SortCriterion& criterion : criteria) {
        const bool known = std::ranges::find(criteria_, criterion.key, &wire::SortCriterion::key) != criteria_.end();
        if (!known) criteria_.push_back(criterion);  // a repeated criterion decides nothing
    }
}

bool SortTable::needs_summary() const {
    return std::ranges::any_of(criteria_, [](const wire::SortCriterion& criterion) {
        return criterion.key != Key::arrival && criterion.key != Key::relevancy && criterion.key != Key::size;
    });
}

// Per row: its match, here and in the result, and its places while it is sorted.
std::size_t SortTable::octets_for(std::size_t rows) const {
    return rows * (2 * sizeof(SearchMatch) + 2 * sizeof(Sorting::Place) + criteria_.size() * sizeof(Cell));
}

bool SortTable::reserve(std::size_t rows) { return memory_.grow_to(octets_for(rows)); }

bool SortTable::take(const ScannedMessage& scanned) {
    const std::size_t next_texts = criteria_.size() * limits_.text_octets;
    if (!memory_.grow_to(octets_for(rows_.size() + 1) + texts_.size() + next_texts)) return false;
    rows_.push_back({scanned.row.modseq, scanned.row.uid, score_of(scanned.row.uid)});
    for (const wire::SortCriterion& criterion : criteria_) cells_.push_back(cell_of(criterion, scanned));
    return true;
}

std::uint8_t SortTable::score_of(storage::Uid uid) const {
    const auto found = std::ranges::lower_bound(*matches_, uid, {}, &SearchMatch::uid);
    return found != matches_->end() && found->uid == uid ? found->score : std::uint8_t{100};
}

SortTable::Cell SortTable::cell_of(const wire::SortCriterion& criterion, const ScannedMessage& scanned) {
    const auto number = [&](std::uint64_t key) { return Cell{.key = criterion.reverse ? ~key : key}; };
    const auto first_of = [](mime::AddressCursor list) { return list.next().value_or(mime::AddressView()); };
    const auto text = [&](std::string_view value) { return text_cell(value, criterion.reverse); };
    switch (criterion.key) {
        case Key::arrival:
            return number(ascending(scanned.row.internal_date));
        case Key::date:
            return number(ascending(sent_date(scanned)));
        case Key::relevancy:  // the highest score first (RFC 6203 §6)
            return number(std::uint64_t{100} - rows_.back().score);
        case Key::size:
            return number(scanned.row.size_octets);
        case Key::subject:
            return text(mime::base_subject(scanned.summary.envelope().subject.value_or("")).text);
        case Key::from:
            return text(mailbox_of(first_of(scanned.summary.envelope().from)));
        case Key::to:
            return text(mailbox_of(first_of(scanned.summary.envelope().to)));
        case Key::cc:
            return text(mailbox_of(first_of(scanned.summary.envelope().cc)));
        case Key::display_from:
            return text(display_of(first_of(scanned.summary.envelope().from)));
        case Key::display_to:
            return text(display_of(first_of(scanned.summary.envelope().to)));
    }
    return {};
}

SortTable::Cell SortTable::text_cell(std::string_view text, bool reverse) {
    folded_.clear();
    mime::append_folded(folded_, text);
    const std::string_view folded = std::string_view(folded_).substr(0, limits_.text_octets);
    Cell cell{.key = first_octets(folded)};
    if (reverse) cell.key = ~cell.key;
    if (folded.size() <= sizeof(cell.key)) return cell;
    cell.at = static_cast<std::uint32_t>(texts_.size());
    cell.size = static_cast<std::uint32_t>(folded.size() - sizeof(cell.key));
    texts_ += folded.substr(sizeof(cell.key));
    return cell;
}

bool SortTable::comes_before(std::size_t row, const SortTable& other, std::size_t other_row) const {
    const std::size_t width = criteria_.size();
    for (std::size_t column = 0; column < width; ++column) {
        const Cell& left = cells_[row * width + column];
        const Cell& right = other.cells_[other_row * width + column];
        if (left.key != right.key) return left.key < right.key;
        if (is_number(criteria_[column].key)) continue;
        const int order = rest_of(left).compare(other.rest_of(right));
        if (order != 0) return criteria_[column].reverse ? order > 0 : order < 0;
    }
    return uid_of(row) < other.uid_of(other_row);
}

Sorting::Sorting(std::shared_ptr<const SortTable> lower, std::shared_ptr<const SortTable> upper)
    : lower_(std::move(lower)), upper_(std::move(upper)), work_(sort()) {}

bool Sorting::comes_before(const Place& a, const Place& b) const {
    return a.key != b.key ? a.key < b.key : table_of(a).comes_before(a.row, table_of(b), b.row);
}

base::Slices Sorting::sort() {
    std::optional<TableFault> fault = lower_->fault();
    if (!fault) fault = upper_->fault();
    if (fault) {
        sorted_ = std::unexpected(*fault);
        co_return;
    }
    base::Pace pace;
    std::vector<Place> places;
    places.reserve(lower_->size() + upper_->size());
    constexpr std::array halves{false, true};
    for (const bool upper : halves) {
        const SortTable& table = upper ? *upper_ : *lower_;
        for (std::uint32_t row = 0; row < table.size(); ++row) {
            places.push_back({.key = table.key_of(row), .row = row, .upper = upper});
            co_await pace.step();
        }
    }
    const auto by_criteria = [this](const Place& a, const Place& b) { return comes_before(a, b); };
    for (base::Slices part = sort_in_slices(places, by_criteria, pace); part.go_on();) co_yield base::pause;
    sorted_->reserve(places.size());
    for (const Place& place : places) {
        sorted_->push_back(table_of(place).match_of(place.row));
        co_await pace.step();
    }
}

}  // namespace imap
