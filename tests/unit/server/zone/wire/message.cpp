// Messages against the layouts of RFC 1035 §4.1 and RFC 2136 §2, and against octets that dnspython writes.
#include "server/zone/wire/message.h"

#include <doctest/doctest.h>

#include "tests/unit/server/zone/wire/hex.h"

using namespace server;
using namespace std::string_literals;

TEST_CASE("names in messages: labels with their lengths; too long ones are cut, so that nothing malformed is sent") {
    CHECK(zone::wire_name("") == "\0"s);
    CHECK(zone::wire_name("mail.example") == "\4mail\7example\0"s);
    CHECK(zone::wire_name(std::string(70, 'a')) == "\x3f" + std::string(63, 'a') + "\0"s);
}

TEST_CASE("a question without recursion") {
    CHECK(zone::query_message(0x1234, "example.org", 6) ==
          from_hex("123400000001000000000000 076578616d706c65036f726700 00060001"));
}

TEST_CASE("an update: the zone, what must be as it was, what goes, what comes") {
    // RFC 2136 §2.3, §2.4.3, §2.4.2, §2.5.4, §2.5.1.
    const std::string a = zone::wire_name("a.b");
    const zone::Update update{.zone = "b",
                              .prerequisites = {{.name = "a.b", .type = 1, .record_class = zone::class_none},
                                                {.name = "a.b", .type = 16, .rdata = "\1x"}},
                              .changes = {{.name = "a.b", .type = 16, .record_class = zone::class_none, .rdata = "\1x"},
                                          {.name = "a.b", .type = 1, .ttl = 3600, .rdata = "\xc0\0\2\1"s}}};
    CHECK(zone::update_message(0x4321, update) == from_hex("4321 2800 0001 0002 0002 0000 016200 0006 0001") +  //
                                                      a + from_hex("0001 00fe 00000000 0000") +                 //
                                                      a + from_hex("0010 0001 00000000 0002 0178") +            //
                                                      a + from_hex("0010 00fe 00000000 0002 0178") +            //
                                                      a + from_hex("0001 0001 00000e10 0004 c0000201"));
}

TEST_CASE("an answer: names are decompressed, also inside of records") {
    const std::string octets = from_hex(
        "1234 8400 0001 0002 0001 0001 076578616d706c65036f726700 000f 0001"  // example.org, MX
        "c00c 000f 0001 00000e10 0009 000a 044d61496c c00c"                   // 10 MaIl.example.org
        "c00c 0010 0001 00000e10 0004 03c00c2e"                               // TXT: no name inside
        "c00c 0006 0001 00000e10 001b 026e73c00c c04e 00000007 00000e10 00000258 00015180 00000000"
        "00 0029 1000 00000000 0000");
    const auto message = zone::parse_message(octets);
    REQUIRE(message);
    CHECK(message->id == 0x1234);
    CHECK(message->is_answer);
    CHECK(message->is_authoritative);
    CHECK_FALSE(message->is_truncated);
    CHECK(message->opcode == 0);
    CHECK(message->code == zone::ResponseCode::no_error);
    REQUIRE(message->answers.size() == 2);
    CHECK(message->answers[0].name == "example.org");
    CHECK(message->answers[0].ttl == 3600);
    CHECK(message->answers[0].begin == 29);
    CHECK(message->answers[0].rdata == "\0\x0a\4MaIl\7example\3org\0"s);
    CHECK(message->answers[1].rdata == "\3\xc0\x0c."s);
    REQUIRE(message->authority.size() == 1);
    CHECK(message->authority[0].rdata.size() == 2 * "\2ns\7example\3org\0"s.size() + 20);
    REQUIRE(message->additional.size() == 1);
    CHECK(message->additional[0].name.empty());

    for (std::size_t size = 0; size < octets.size(); ++size) CHECK_FALSE(zone::parse_message(octets.substr(0, size)));
    CHECK_FALSE(zone::parse_message(octets + "x"));
}

TEST_CASE("malformed answers are nothing") {
    const std::string header = from_hex("1234 8400 0000 0001 0000 0000");
    const std::string rest = from_hex("0001 0001 00000000 0004 7f000001");
    CHECK(zone::parse_message(header + "\0"s + rest));
    CHECK(zone::parse_message(header + "\1.\0"s + rest)->answers[0].name == "\\046");
    CHECK_FALSE(zone::parse_message(header + from_hex("c00c") + rest));    // to itself
    CHECK_FALSE(zone::parse_message(header + from_hex("c00e00") + rest));  // forwards
    CHECK_FALSE(zone::parse_message(header + from_hex("4100") + rest));    // no kind of label
    std::string longest;
    for (int i = 0; i < 127; ++i) longest += "\1a";
    CHECK(zone::parse_message(header + longest + "\0"s + rest));
    CHECK_FALSE(zone::parse_message(header + "\1a" + longest + "\0"s + rest));
    // A name in RDATA goes no farther than this.
    CHECK(zone::parse_message(header + "\0"s + from_hex("0005 0001 00000000 0003 016100")));
    CHECK_FALSE(zone::parse_message(header + "\0"s + from_hex("0005 0001 00000000 0002 016100")));
}
