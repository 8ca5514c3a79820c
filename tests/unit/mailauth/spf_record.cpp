// SPF records: the grammar of RFC 7208 §4.5, §4.6.1, §5 and §6.
#include "protocols/mailauth/spf_record.h"

#include <doctest/doctest.h>

#include <string>

using mailauth::is_spf_record;
using mailauth::parse_spf_record;
using mailauth::SpfMechanism;
using mailauth::SpfVerdict;

TEST_CASE("SPF records are known by their version, RFC 7208 §4.5") {
    for (const std::string& text : {"v=spf1", "v=spf1 ", "V=SPF1 -all", "v=spf1 %"}) CHECK(is_spf_record(text));
    for (const std::string& text : {"", "v=spf10", "v=spf1\t-all", "v=spf", " v=spf1", "v=spf1;-all"}) {
        CHECK_FALSE(is_spf_record(text));
    }
}

TEST_CASE("SPF records: mechanisms and modifiers") {
    const auto record = parse_spf_record(
        "v=spf1  A:Mail.example/24//64 -mx ~include:%{d2}.example ?ptr ip4:192.0.2.0/24 ip6:2001:DB8::/32 "
        "exists:%{ir}.example all moo.cow-1_=man:dog/cat%{c} exp=a.example REDIRECT=b.example. ");
    REQUIRE(record.has_value());
    const auto& mechanisms = record->mechanisms;
    REQUIRE(mechanisms.size() == 8);
    CHECK(mechanisms[0].kind == SpfMechanism::Kind::a);
    CHECK(mechanisms[0].term == "A:Mail.example/24//64");
    CHECK(mechanisms[0].prefix4 == 24);
    CHECK(mechanisms[0].prefix6 == 64);
    REQUIRE(mechanisms[0].domain.size() == 1);
    CHECK(mechanisms[0].domain[0].text == "Mail.example");
    CHECK(mechanisms[1].kind == SpfMechanism::Kind::mx);
    CHECK(mechanisms[1].qualifier == SpfVerdict::fail);
    CHECK(mechanisms[1].domain.empty());
    CHECK(mechanisms[1].prefix4 == 32);
    CHECK(mechanisms[1].prefix6 == 128);
    CHECK(mechanisms[2].kind == SpfMechanism::Kind::include);
    CHECK(mechanisms[2].qualifier == SpfVerdict::softfail);
    CHECK(mechanisms[3].kind == SpfMechanism::Kind::ptr);
    CHECK(mechanisms[3].qualifier == SpfVerdict::neutral);
    CHECK(mechanisms[4].network == asio::ip::make_address("192.0.2.0"));
    CHECK(mechanisms[4].prefix4 == 24);
    CHECK(mechanisms[5].network == asio::ip::make_address("2001:db8::"));
    CHECK(mechanisms[5].prefix6 == 32);
    CHECK(mechanisms[6].kind == SpfMechanism::Kind::exists);
    CHECK(mechanisms[7].kind == SpfMechanism::Kind::all);
    CHECK(mechanisms[7].qualifier == SpfVerdict::pass);
    CHECK(record->explanation.has_value());
    CHECK(record->redirect.has_value());
    CHECK(record->redirect_term == "REDIRECT=b.example.");
}

TEST_CASE("SPF records: what is well-formed") {
    for (const std::string& text :
         {"v=spf1", "v=spf1 +all", "v=spf1 a/0", "v=spf1 a//0", "v=spf1 a/32//128", "v=spf1 mx:x.example/8",
          "v=spf1 a:foo:bar/baz.example", "v=spf1 ip4:0.0.0.0/0", "v=spf1 ip6:::1", "v=spf1 ip6:::1.2.3.4/0",
          "v=spf1 default=", "v=spf1 x=a y=b x=c", "v=spf1 a:%{d/}/24", "v=spf1 exists:%{i}"}) {
        CAPTURE(text);
        CHECK(parse_spf_record(text).has_value());
    }
}

TEST_CASE("SPF records: what is not, with the term that is wrong") {
    struct Row {
        std::string text, term;
    };
    for (const Row& row : {Row{"v=spf1 moo -all", "moo"},  // §4.6.1: no such mechanism
                           {"v=spf1 -all moo", "moo"},     // §4.6: wherever it stands
                           {"v=spf1 redirect:a.example", "redirect:a.example"},
                           {"v=spf1 all=x a", ""},  // a modifier that nobody knows
                           {"v=spf1 =all", "=all"},
                           {"v=spf1 1up=foo", "1up=foo"},
                           {"v=spf1 --all", "--all"},
                           {"v=spf1 -", "-"},
                           {"v=spf1 -exp=a.example", "-exp=a.example"},
                           {"v=spf1 all:", "all:"},  // §5.1
                           {"v=spf1 all/8", "all/8"},
                           {"v=spf1 include", "include"},  // §5.2
                           {"v=spf1 include:", "include:"},
                           {"v=spf1 include:a.example/24", "include:a.example/24"},
                           {"v=spf1 a:", "a:"},  // §5.3
                           {"v=spf1 a/", "a/"},
                           {"v=spf1 a/33", "a/33"},
                           {"v=spf1 a//129", "a//129"},
                           {"v=spf1 a/024", "a/024"},
                           {"v=spf1 a/24/64", "a/24/64"},
                           {"v=spf1 a///64", "a///64"},
                           {"v=spf1 a:museum", "a:museum"},  // §7.1: no dot before the top label
                           {"v=spf1 a:192.0.2.1", "a:192.0.2.1"},
                           {"v=spf1 a:%{c}.example", "a:%{c}.example"},
                           {"v=spf1 mx:a.example/4294967328", "mx:a.example/4294967328"},
                           {"v=spf1 ptr/0", "ptr/0"},  // §5.5
                           {"v=spf1 ptr:", "ptr:"},
                           {"v=spf1 ip4", "ip4"},  // §5.6
                           {"v=spf1 ip4:", "ip4:"},
                           {"v=spf1 ip4/24", "ip4/24"},
                           {"v=spf1 ip4:192.0.2", "ip4:192.0.2"},
                           {"v=spf1 ip4:192.0.2.01", "ip4:192.0.2.01"},
                           {"v=spf1 ip4:192.0.2.256", "ip4:192.0.2.256"},
                           {"v=spf1 ip4:192.0.2.1:25", "ip4:192.0.2.1:25"},
                           {"v=spf1 ip4:192.0.2.0//24", "ip4:192.0.2.0//24"},
                           {"v=spf1 ip4:192.0.2.0/33", "ip4:192.0.2.0/33"},
                           {"v=spf1 ip4:2001:db8::1", "ip4:2001:db8::1"},
                           {"v=spf1 ip6:192.0.2.1", "ip6:192.0.2.1"},
                           {"v=spf1 ip6:2001:db8::/129", "ip6:2001:db8::/129"},
                           {"v=spf1 ip6::cafe::", "ip6::cafe::"},
                           {"v=spf1 ip6:fe80::1%eth0", "ip6:fe80::1%eth0"},
                           {"v=spf1 exists", "exists"},  // §5.7
                           {"v=spf1 exists:a.example/24", "exists:a.example/24"},
                           {"v=spf1 redirect=", "redirect="},  // §6.1
                           {"v=spf1 redirect=a.example redirect=a.example", "redirect=a.example"},
                           {"v=spf1 exp=", "exp="},  // §6.2
                           {"v=spf1 exp=-all", "exp=-all"},
                           {"v=spf1 exp=a.example exp=b.example", "exp=b.example"},
                           {"v=spf1 x=%abc", "x=%abc"},  // §4.6.1: macro-string
                           {"v=spf1 a\r-all", "a?-all"},
                           {"v=spf1 \x80"
                            "a",
                            "?a"}}) {
        CAPTURE(row.text);
        const auto record = parse_spf_record(row.text);
        REQUIRE(record.has_value() == row.term.empty());
        if (!record) CHECK(record.error().starts_with("\"" + row.term + "\": "));
    }
}

TEST_CASE("SPF records: NUL is no end") {
    using namespace std::string_literals;
    CHECK_FALSE(parse_spf_record("v=spf1 ip6:::1\0"s).has_value());
    CHECK_FALSE(parse_spf_record("v=spf1 ip4:192.0.2.1\0 -all"s).has_value());
    CHECK_FALSE(parse_spf_record("v=spf1 a:a.example\0"s).has_value());
}

TEST_CASE("text for a line: bounded, printable") {
    CHECK(mailauth::printable("a\r\nb\x80~", 100) == "a??b?~");
    CHECK(mailauth::printable("abcdef", 3) == "abc");
}
