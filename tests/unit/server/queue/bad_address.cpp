// Which failures say that the address is bad.
#include "server/queue/bad_address.h"

#include <doctest/doctest.h>

#include <string_view>

TEST_CASE("a failure counts against the address if its code says that the address is bad, for good") {
    const struct {
        std::string_view status;
        bool bad;
    } rows[] = {
        {"5.1.0", false},  // RFC 3463 §3.2: unspecified
        {"5.1.1", true},   // bad destination mailbox address
        {"5.1.2", true},   // bad destination system address
        {"5.1.3", true},   // bad destination mailbox address syntax
        {"5.1.4", true},   // ambiguous
        {"5.1.6", true},   // mailbox has moved
        {"5.1.7", false},  // the sender's address
        {"5.1.8", false},  // the sender's system
        {"5.1.10", true},  // RFC 7505 §4.2: null MX
        {"5.2.1", true},   // RFC 3463 §3.3: mailbox disabled
        {"5.2.2", false},  // mailbox full
        {"5.2.3", false},  // message too long for it
        {"5.3.4", false},  // RFC 3463 §3.4: message too big
        {"5.4.6", false},  // RFC 3463 §3.5: a loop
        {"5.4.7", false},  // given up
        {"5.6.1", false},  // RFC 3463 §3.7: the content
        {"5.7.1", false},  // RFC 3463 §3.8: a policy
        {"5.0.0", false},  // no code was given
        {"4.1.1", false},  // it may get better
        {"", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.status);
        CHECK(server::queue::says_address_is_bad(row.status) == row.bad);
    }
}
