// QRESYNC's match data against a mailbox. RFC 7162 §3.2.5.2.
#include <doctest/doctest.h>

#include <string>

#include "protocols/imap/mailbox/quick_resync.h"

namespace {

using imap::MessageNumbers;
using imap::wire::QuickResync;
using storage::Uid;
using storage::UidSet;

QuickResync with_match(std::string_view numbers, std::string_view uids) {
    QuickResync resync;
    resync.match = {*imap::wire::parse_sequence_set(numbers, 100), *imap::wire::parse_sequence_set(uids, 100)};
    return resync;
}

// UIDs divisible by three, as in the RFC's example.
MessageNumbers thirds(std::uint32_t last) {
    UidSet uids;
    for (std::uint32_t uid = 3; uid <= last; uid += 3) uids.insert(Uid{uid});
    return MessageNumbers(uids);
}

}  // namespace

TEST_CASE("the last pair that holds says up to where the client knows of every expunge") {
    const MessageNumbers mailbox = thirds(30009);
    CHECK(mailbox.size() == 10003);
    const struct {
        const char* numbers;
        const char* uids;
        std::uint32_t known;
    } rows[] = {
        {"5000,7500,9000,9990:9999", "15000,22500,27000,29970,29973,29976,29979,29982,29985,29988,29991,29994,29997",
         29997},
        {"4,12", "12,37", 12},      // the second pair no longer agrees
        {"4,12", "13,36", 36},      // a later pair that agrees is enough
        {"1", "4", 0},              // no pair agrees
        {"1:4", "3:6", 3},          // 1 is 3; 2 is not 4
        {"1:3,9", "3,6,9,27", 27},  // ranges split differently
        {"20000", "60000", 0},      // beyond the mailbox
        {"1:4000000000", "2:4000000001", 0},
        {"10003,10004", "30009,30012", 30009},
    };
    for (const auto& row : rows) {
        INFO(std::string(row.numbers), " ", std::string(row.uids));
        CHECK(known_up_to(with_match(row.numbers, row.uids), mailbox) == Uid{row.known});
    }
    CHECK(known_up_to(QuickResync(), mailbox) == Uid{});
    CHECK(known_up_to(with_match("1", "3"), MessageNumbers()) == Uid{});
}

TEST_CASE("what lies behind a UID") {
    UidSet uids;
    uids.insert(Uid{1}, Uid{9});
    uids.insert(Uid{20}, Uid{30});
    UidSet expected;
    expected.insert(Uid{5}, Uid{9});
    expected.insert(Uid{20}, Uid{30});
    CHECK(imap::behind(uids, Uid{4}) == expected);
    CHECK(imap::behind(uids, Uid{}) == uids);
    CHECK(imap::behind(uids, Uid{UINT32_MAX}).empty());
}
