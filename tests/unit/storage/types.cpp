// UID sets and keyword bitmaps: RFC 9051 §2.3, §9 (sequence-set).
#include "storage/types.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

using namespace storage;

namespace {

std::string text(const UidSet& set) {
    std::string out;
    for (const auto& [first, last] : set.ranges()) {
        if (!out.empty()) out += ',';
        out += std::to_string(first.value);
        if (first != last) out += ':' + std::to_string(last.value);
    }
    return out;
}

}  // namespace

TEST_CASE("ranges are sorted, disjoint and not adjacent") {
    struct Row {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> inserted;
        const char* expected;
    };
    const Row rows[] = {
        {{{1, 1}, {2, 2}, {3, 3}}, "1:3"},
        {{{3, 3}, {1, 1}, {2, 2}}, "1:3"},
        {{{5, 9}, {1, 2}}, "1:2,5:9"},
        {{{5, 9}, {1, 4}}, "1:9"},
        {{{5, 9}, {10, 12}}, "5:12"},
        {{{5, 9}, {20, 22}, {11, 11}, {7, 30}}, "5:30"},
        {{{9, 5}}, "5:9"},
        {{{1, 1}, {3, 3}, {5, 5}, {7, 7}, {2, 6}}, "1:7"},
        {{{4294967295U, 4294967295U}, {4294967294U, 4294967294U}}, "4294967294:4294967295"},
        {{{1, 4294967295U}, {5, 6}}, "1:4294967295"},
    };
    for (const Row& row : rows) {
        UidSet set;
        for (const auto& [first, last] : row.inserted) set.insert(Uid{first}, Uid{last});
        CHECK(text(set) == row.expected);
    }
    CHECK(text(UidSet::all()) == "1:4294967295");
    CHECK(UidSet::all().count() == 4294967295U);

    UidSet ends;
    ends.insert(Uid{1}, Uid{4});
    ends.insert(Uid{7}, Uid{4294967295U});
    ends.merge({Uid{2}, Uid{5}, Uid{4294967295U}});
    CHECK(text(ends) == "1:5,7:4294967295");
}

TEST_CASE("a UID set behaves as a set, whatever the order") {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        UidSet set;
        UidSet other;
        std::set<std::uint32_t> plain;
        std::set<std::uint32_t> plain_other;
        for (int step = 0; step < 40; ++step) {
            const std::uint32_t uid = 1 + random() % 50;
            if (random() % 3 == 0) {
                set.erase(Uid{uid});
                plain.erase(uid);
            } else {
                set.insert(Uid{uid});
                plain.insert(uid);
            }
            other.insert(Uid{1 + uid / 2});
            plain_other.insert(1 + uid / 2);
        }
        const UidSet common = set.intersected(other);
        UidSet both = set;
        both.merge(other);
        CHECK(set.count() == plain.size());
        for (std::uint32_t uid = 1; uid <= 51; ++uid) {
            CHECK(set.contains(Uid{uid}) == plain.contains(uid));
            CHECK(common.contains(Uid{uid}) == (plain.contains(uid) && plain_other.contains(uid)));
            CHECK(both.contains(Uid{uid}) == (plain.contains(uid) || plain_other.contains(uid)));
        }
        for (const UidSet* one : {&set, &both}) {
            for (std::size_t i = 1; i < one->ranges().size(); ++i) {
                CHECK(one->ranges()[i - 1].last.value + 1 < one->ranges()[i].first.value);
            }
        }
    }
}

TEST_CASE("keywords are bits without trailing zero octets") {
    KeywordSet set;
    set.insert(0);
    set.insert(17);
    CHECK(set.octets() == std::string("\x01\x00\x02", 3));
    CHECK(set.contains(17));
    CHECK_FALSE(set.contains(16));
    CHECK_FALSE(set.contains(1000));
    CHECK(set.numbers() == std::vector<std::uint32_t>{0, 17});
    CHECK(set.numbers_end() == 18);
    CHECK(KeywordSet().numbers_end() == 0);
    KeywordSet high;
    high.insert(17);
    set.subtract(high);
    CHECK(set.octets() == std::string("\x01", 1));
    CHECK(set.numbers_end() == 1);
    set.merge(high);
    CHECK(set.contains(17));
    CHECK(KeywordSet(std::string("\x01\x00\x00", 3)).octets().size() == 1);
}
