// Names that lead back to an address. RFC 8601 §3 and §2.7.3; of many, ten are looked at: RFC 7208 §4.6.4.
#include "protocols/mailauth/iprev.h"

#include <doctest/doctest.h>

#include "tests/unit/mailauth/dns_table.h"

using mailauth::IprevResult;
using mailauth::IprevVerdict;

namespace {

IprevResult iprev(DnsTable& table, const std::string& address) {
    return run(mailauth::check_iprev(table, asio::ip::make_address(address)));
}

}  // namespace

TEST_CASE("iprev: the five ways it ends") {
    DnsTable table;
    table.add_ptr("192.0.2.1", "other.example").add_ptr("192.0.2.1", "Mail.example");
    table.add_address("mail.example", "192.0.2.9").add_address("mail.example", "192.0.2.1");
    table.add_address("other.example", "192.0.2.3");
    table.add_ptr("192.0.2.2", "other.example").add_ptr("192.0.2.2", "nowhere.example");
    table.add_ptr("192.0.2.4", "other.example").add_ptr("192.0.2.4", "dead.example").fail("dead.example");
    table.add_ptr("192.0.2.5", "dead.example").add_ptr("192.0.2.5", "live.example");
    table.add_address("live.example", "192.0.2.5");
    table.fail_ptr("192.0.2.6");
    table.add_ptr("2001:db8::1", "six.example").add_address("six.example", "2001:db8::1");
    struct Row {
        std::string address;
        IprevVerdict verdict;
        std::string name;
    };
    for (const Row& row : {Row{"192.0.2.1", IprevVerdict::pass, "mail.example"},
                           {"::ffff:192.0.2.1", IprevVerdict::pass, "mail.example"},
                           {"192.0.2.2", IprevVerdict::fail, ""},
                           {"192.0.2.3", IprevVerdict::permerror, ""},
                           {"192.0.2.4", IprevVerdict::temperror, ""},
                           {"192.0.2.5", IprevVerdict::pass, "live.example"},
                           {"192.0.2.6", IprevVerdict::temperror, ""},
                           {"2001:db8::1", IprevVerdict::pass, "six.example"},
                           {"2001:db8::2", IprevVerdict::permerror, ""}}) {
        CAPTURE(row.address);
        const IprevResult result = iprev(table, row.address);
        CHECK(result.verdict == row.verdict);
        CHECK(result.name == row.name);
        CHECK_FALSE(result.reason.empty());
    }
}

TEST_CASE("iprev: a forged answer is no answer") {
    DnsTable table;
    table.add_ptr("192.0.2.1", "mail.example").add_address("mail.example", "192.0.2.1").forge("mail.example");
    CHECK(iprev(table, "192.0.2.1").verdict == IprevVerdict::temperror);
}

TEST_CASE("iprev: of many names, ten are looked at") {
    DnsTable table;
    for (int i = 0; i < 11; ++i) table.add_ptr("192.0.2.1", "n" + std::to_string(i) + ".example");
    table.add_address("n10.example", "192.0.2.1");
    CHECK(iprev(table, "192.0.2.1").verdict == IprevVerdict::fail);
    CHECK(table.questions.size() == 11);
    table.add_address("n9.example", "192.0.2.1");
    CHECK(iprev(table, "192.0.2.1").name == "n9.example");
}

TEST_CASE("iprev: names that cannot be asked for are passed over") {
    DnsTable table;
    table.add_ptr("192.0.2.1", "").add_ptr("192.0.2.1", "a..b").add_ptr("192.0.2.1", "good.example");
    table.add_address("good.example", "192.0.2.1");
    CHECK(iprev(table, "192.0.2.1").name == "good.example");
    CHECK(table.questions.size() == 2);
}
