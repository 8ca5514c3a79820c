// Records from the wire, and malformed ones of every kind. RFC 1035 §3.1, §3.3; RFC 3596 §2.2; RFC 6698 §2.1.
#include "protocols/dns/rdata.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/dns/name_server.h"

using namespace std::string_literals;

namespace {

using Address4 = asio::ip::address_v4;
using Address6 = asio::ip::address_v6;

const std::string root(1, '\0');

std::string text(const std::optional<dns::Mx>& mx) {
    return mx ? std::to_string(mx->preference) + " " + mx->exchange : "malformed";
}
std::string text(const std::optional<dns::Txt>& txt) { return txt ? "\"" + txt->text + "\"" : "malformed"; }
std::string text(const std::optional<dns::Ptr>& ptr) { return ptr ? ptr->name + "." : "malformed"; }
std::string text(const std::optional<dns::Tlsa>& tlsa) {
    if (!tlsa) return "malformed";
    return std::to_string(tlsa->usage) + " " + std::to_string(tlsa->selector) + " " +
           std::to_string(tlsa->matching_type) + " " + tlsa->data;
}
template <class Address>
std::string text(const std::optional<Address>& address) {
    return address ? address->to_string() : "malformed";
}

template <class Record>
std::string read(const std::string& rdata) {
    return text(dns::parse_rdata<Record>(rdata));
}

// Each shorter one is malformed.
template <class Record>
void cut(const std::string& rdata) {
    for (std::size_t size = 0; size < rdata.size(); ++size) {
        CAPTURE(size);
        CHECK(read<Record>(rdata.substr(0, size)) == "malformed");
    }
}

std::string long_name(std::size_t last_label) {
    std::string name;
    for (int i = 0; i < 3; ++i) name += "\x3f" + std::string(63, 'a');
    return name + static_cast<char>(last_label) + std::string(last_label, 'b') + root;
}

}  // namespace

TEST_CASE("MX: a preference and a name") {
    const std::string good = "\x01\x0a"s + wire_name("mx.EXAMPLE.org") + root;
    CHECK(read<dns::Mx>(good) == "266 mx.example.org");
    cut<dns::Mx>(good);
    CHECK(read<dns::Mx>("\x00\x00\x00"s) == "0 ");  // RFC 7505: the root
    CHECK(read<dns::Mx>(good + "x") == "malformed");
}

TEST_CASE("names: labels within their bounds, none that would be read otherwise elsewhere") {
    const std::string good = wire_name("a.b-c_d.1/2.example") + root;
    CHECK(read<dns::Ptr>(good) == "a.b-c_d.1/2.example.");
    cut<dns::Ptr>(good);
    CHECK(read<dns::Ptr>(root) == ".");
    const std::vector<std::string> bad = {
        good + root,  // more after it
        "\xc0\x0c"s,  // compressed: libunbound has undone that
        "\x01"
        "a\xc0\x0c"s,
        "\x40"s + std::string(64, 'a') + root,  // a label too long
        "\x80"s + std::string(128, 'a') + root,
        "\x05mx\x00"s,  // longer than the record
        "\x03"
        "a.b"
        "\x00"s,  // a dot in a label
        "\x03"
        "a b"
        "\x00"s,
        "\x03"
        "a\0b"
        "\x00"s,
        "\x03"
        "a\nb"
        "\x00"s,
        "\x03"
        "a\\b"
        "\x00"s,
        "\x03"
        "a\x7f"
        "b\x00"s,
        "\x02\xc3\xa9\x00"s,  // UTF-8
        long_name(62),        // 256 octets
    };
    for (const std::string& rdata : bad) {
        CAPTURE(rdata);
        CHECK(read<dns::Ptr>(rdata) == "malformed");
        CHECK(read<dns::Mx>("\x00\x01"s + rdata) == "malformed");
    }
    CHECK(read<dns::Ptr>(long_name(61)).size() == 3 * 64 + 61 + 1);  // 255 octets
}

TEST_CASE("TXT: character-strings without anything between them") {
    CHECK(read<dns::Txt>("\x02"
                         "ab\x00\x03"
                         "c d"s) == "\"abc d\"");
    CHECK(read<dns::Txt>(root) == "\"\"");
    CHECK(read<dns::Txt>("\xff"s + std::string(255, 'x') + "\x01y") == "\"" + std::string(255, 'x') + "y\"");
    CHECK(read<dns::Txt>("\x02\xff\x00"s) == "\"\xff\x00\""s);  // any octets
    CHECK(read<dns::Txt>("") == "malformed");
    CHECK(read<dns::Txt>("\x03"
                         "ab"s) == "malformed");
    CHECK(read<dns::Txt>("\x02"
                         "ab\x01"s) == "malformed");
    cut<dns::Txt>(
        "\x05"
        "abcde"s);
}

TEST_CASE("TLSA: three numbers and data") {
    const std::string good = "\x03\x01\x02x"s;
    CHECK(read<dns::Tlsa>(good) == "3 1 2 x");
    CHECK(read<dns::Tlsa>("\xff\xfe\xfdyz"s) == "255 254 253 yz");
    cut<dns::Tlsa>(good);
}

TEST_CASE("addresses: of exactly their size") {
    CHECK(read<Address4>("\xc0\x00\x02\x01"s) == "192.0.2.1");
    cut<Address4>("\xc0\x00\x02\x01"s);
    CHECK(read<Address4>("\xc0\x00\x02\x01\x00"s) == "malformed");
    const std::string six = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01";
    CHECK(read<Address6>(six) == "2001:db8::1");
    cut<Address6>(six);
    CHECK(read<Address6>(six + "x") == "malformed");
}

TEST_CASE("malformed records are left out, and an answer without others has no data") {
    using Raw = dns::Found<std::string>;
    const auto some = dns::parse_answer<Address4>(
        Raw{.records = {"bad", "\x7f\x00\x00\x01"s, ""}, .proof = dns::Proof::secure, .name = "a.test"});
    const auto* found = std::get_if<dns::Found<Address4>>(&some);
    REQUIRE(found != nullptr);
    CHECK(found->records == std::vector{Address4::loopback()});
    CHECK(found->proof == dns::Proof::secure);
    CHECK(found->name == "a.test");
    const auto none = dns::parse_answer<Address4>(Raw{.records = {"bad"}, .proof = dns::Proof::secure, .name = "a"});
    CHECK(std::holds_alternative<dns::NoData>(none));
    CHECK(dns::is_secure(none));
}

TEST_CASE("what is no answer stays what it is") {
    using Answer = dns::Answer<dns::Txt>;
    CHECK(std::holds_alternative<dns::NoData>(Answer(dns::parse_answer<dns::Txt>(dns::NoData{}))));
    const auto none = dns::parse_answer<dns::Txt>(dns::NoSuchName{dns::Proof::secure});
    CHECK(std::holds_alternative<dns::NoSuchName>(none));
    CHECK(dns::is_secure(none));
    CHECK(dns::why_not(none) == nullptr);
    const auto bogus = dns::parse_answer<dns::Txt>(dns::Bogus{"forged"});
    CHECK(std::holds_alternative<dns::Bogus>(bogus));
    CHECK_FALSE(dns::is_secure(bogus));
    CHECK(*dns::why_not(bogus) == "forged");
    const auto later = dns::parse_answer<dns::Txt>(dns::Unavailable{"silence"});
    CHECK(std::holds_alternative<dns::Unavailable>(later));
    CHECK(*dns::why_not(later) == "silence");
}
