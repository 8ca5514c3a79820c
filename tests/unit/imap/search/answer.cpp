// RETURN options: the answer, the value of "$", the MODSEQ. RFC 4731 §3, RFC 5182 §2.4, RFC 9394 §3.
#include "protocols/imap/search/answer.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using imap::answer_search;
using imap::partial_slice;
using imap::PartialSlice;
using imap::SearchAnswer;
using imap::SearchFind;
using imap::wire::PartialRange;
using imap::wire::SearchReturn;
using storage::ModSeq;
using storage::Uid;

// RFC 5182 §2.4's example: 2,10:15,21; MODSEQs as in RFC 4731 §3.2, the highest in the middle.
const std::vector<SearchFind> finds = {
    {2, Uid{102}, ModSeq{917}},  {10, Uid{110}, ModSeq{900}}, {11, Uid{111}, ModSeq{950}}, {12, Uid{112}, ModSeq{900}},
    {13, Uid{113}, ModSeq{900}}, {14, Uid{114}, ModSeq{900}}, {15, Uid{115}, ModSeq{900}}, {21, Uid{121}, ModSeq{907}},
};

std::string text(const std::vector<imap::wire::NumberRange>& ranges) {
    std::string out;
    append_sequence_set(out, ranges);
    return out;
}

std::string text(const storage::UidSet& uids) {
    std::vector<imap::wire::NumberRange> ranges;
    for (const auto& [first, last] : uids.ranges()) ranges.push_back({first.value, last.value});
    return text(ranges);
}

// "MIN 2 COUNT 8 | $ | modseq"
std::string described(const SearchAnswer& answer) {
    std::string out;
    if (answer.min) out += "MIN " + std::to_string(*answer.min) + " ";
    if (answer.max) out += "MAX " + std::to_string(*answer.max) + " ";
    if (answer.count) out += "COUNT " + std::to_string(*answer.count) + " ";
    if (!answer.all.empty()) out += "ALL " + text(answer.all) + " ";
    if (!answer.partial.empty()) out += "PARTIAL " + text(answer.partial) + " ";
    if (!answer.speaks) out += "silent ";
    return out + "| " + text(answer.saved) + " | " + std::to_string(answer.highest_modseq.value);
}

constexpr PartialRange first_two{1, 2, false};
constexpr PartialRange last_two{1, 2, true};

}  // namespace

TEST_CASE("what is returned, what is kept, and whose MODSEQ is told") {
    const struct {
        SearchReturn wanted;
        const char* answer;
    } rows[] = {
        {{.all = true}, "ALL 2,10:15,21 |  | 950"},
        {{.all = true, .save = true}, "ALL 2,10:15,21 | 102,110:115,121 | 950"},
        {{.save = true}, "silent | 102,110:115,121 | 950"},
        {{.min = true, .save = true}, "MIN 2 | 102 | 917"},
        {{.max = true, .save = true}, "MAX 21 | 121 | 907"},
        {{.min = true, .max = true, .save = true}, "MIN 2 MAX 21 | 102,121 | 917"},
        {{.min = true, .max = true, .count = true, .save = true}, "MIN 2 MAX 21 COUNT 8 | 102,110:115,121 | 950"},
        {{.min = true, .all = true, .save = true}, "MIN 2 ALL 2,10:15,21 | 102,110:115,121 | 950"},
        {{.min = true, .count = true}, "MIN 2 COUNT 8 |  | 950"},
        {{.save = true, .partial = first_two}, "PARTIAL 2,10 | 102,110 | 917"},
        {{.min = true, .save = true, .partial = last_two}, "MIN 2 PARTIAL 15,21 | 102,115,121 | 917"},
        {{.max = true, .save = true, .partial = first_two}, "MAX 21 PARTIAL 2,10 | 102,110,121 | 917"},
        {{.min = true, .max = true, .save = true, .partial = PartialRange{3, 3, false}},
         "MIN 2 MAX 21 PARTIAL 11 | 102,111,121 | 950"},
        {{.count = true, .save = true, .partial = first_two}, "COUNT 8 PARTIAL 2,10 | 102,110:115,121 | 950"},
    };
    for (const auto& row : rows) CHECK(described(answer_search(row.wanted, finds, false)) == row.answer);
    const SearchFind scored[] = {{5, Uid{5}, {}, 4}, {1, Uid{1}, {}, 99}, {9, Uid{9}, {}, 42}};
    CHECK(answer_search({.all = true, .relevancy = true}, scored, false).relevancy ==
          std::vector<std::uint8_t>{4, 99, 42});
    CHECK(answer_search({.relevancy = true, .partial = last_two}, scored, false).relevancy ==
          std::vector<std::uint8_t>{99, 42});
    CHECK(answer_search({.relevancy = true}, {}, false).relevancy.empty());
    // RFC 5267 §3.1: in SORT's order; "$" has no order
    CHECK(described(answer_search({.min = true, .max = true, .all = true, .save = true}, scored, true)) ==
          "MIN 5 MAX 9 ALL 5,1,9 | 1,5,9 | 0");
    CHECK(described(answer_search({.min = true, .max = true, .all = true}, finds, true)) ==
          "MIN 102 MAX 121 ALL 102,110:115,121 |  | 950");
    CHECK(described(answer_search({.min = true, .max = true, .all = true, .count = true, .save = true}, {}, true)) ==
          "COUNT 0 |  | 0");
}

TEST_CASE("partial ranges count from either end, and past it there is nothing") {
    const struct {
        PartialRange range;
        std::size_t count;
        std::size_t first;
        std::size_t end;
    } rows[] = {
        {{1, 500, false}, 23764, 0, 500},
        {{500, 400, false}, 23764, 399, 500},  // RFC 9394 §4: the same as 400:500
        {{23500, 24000, false}, 23764, 23499, 23764},
        {{24000, 24500, false}, 23764, 23764, 23764},
        {{1, 100, true}, 23764, 23664, 23764},
        {{100, 1, true}, 23764, 23664, 23764},
        {{3, 9, true}, 5, 0, 3},
        {{6, 9, true}, 5, 0, 0},
        {{1, 4294967295, false}, 0, 0, 0},
    };
    for (const auto& row : rows) {
        const PartialSlice slice = partial_slice(row.range, row.count);
        CHECK(slice.first == row.first);
        CHECK(slice.end == row.end);
    }
}
