// Signatures against those of dnspython, another implementation of RFC 8945.
#include "server/zone/wire/tsig.h"

#include <doctest/doctest.h>

#include "server/zone/wire/message.h"
#include "tests/unit/server/zone/wire/hex.h"

using namespace server;

namespace {

constexpr std::int64_t signed_at = 1'790'000'000;
const zone::TsigKey signing_key{.name = "mailstead", .secret = "a secret of 32 octets, no fewer!"};
constexpr const char* signed_question = "123400000001000000000001 076578616d706c65036f726700 00060001";
constexpr const char* signed_question_mac = "5b9feaf6876cc114cfdd77a77cfefb7914f6ea4b44fb463dfa54acfb3445c4f1";
constexpr const char* signed_answer =
    "123484000001000100000001076578616d706c65036f72670000060001c00c0006000100000e100026026e73c00c0a686f73746d"
    "6173746572c00c0000000700000e10000002580001518000000000096d61696c73746561640000fa00ff00000000003d0b686d61"
    "632d7368613235360000006ab13b80012c002000e434e5058ecc1ae671b5f5bbb7af9557cea919a8e4b192782fcf4a5c9857e912"
    "3400000000";

}  // namespace

TEST_CASE("a signed question, octet by octet") {
    const zone::SignedMessage with_256 =
        zone::sign(zone::query_message(0x1234, "example.org", 6), signing_key, signed_at);
    // RFC 8945 §4.2: name, type 250, class ANY, TTL 0, then algorithm, time, fudge, MAC, original ID, error, other.
    CHECK(with_256.octets == from_hex(signed_question) +
                                 from_hex("096d61696c737465616400 00fa 00ff 00000000 003d"
                                          "0b686d61632d73686132353600 00006ab13b80 012c 0020") +
                                 from_hex(signed_question_mac) + from_hex("1234 0000 0000"));
    CHECK(with_256.mac == from_hex(signed_question_mac));

    zone::TsigKey with = signing_key;
    with.algorithm = zone::TsigAlgorithm::hmac_sha512;
    CHECK(zone::sign(zone::query_message(0x1234, "example.org", 6), with, signed_at).octets ==
          from_hex(signed_question) +
              from_hex("096d61696c73746561640000fa00ff00000000005d0b686d61632d7368613531320000006ab13b80"
                       "012c004006cd21e4acdf8913c1decec4a0aff8a529e4d2a66e68428159effe28cc1e8dade52e16"
                       "b784fd66d04c861790666643e4e999eed1b78c7346089a77fda8f8fcf7123400000000"));
}

TEST_CASE("an answer is believed if it is signed with our key, for our question, in our time") {
    const std::string mac = from_hex(signed_question_mac);
    const auto read = [&](const std::string& octets, const zone::TsigKey& with, std::string_view request,
                          std::int64_t at) { return zone::read_tsig(octets, with, request, at); };
    const std::string whole = from_hex(signed_answer);
    const auto good = read(whole, signing_key, mac, signed_at + 300);
    REQUIRE(good);
    CHECK(good->is_signed);
    CHECK(good->is_in_time);
    CHECK(good->error == 0);
    CHECK(good->time == signed_at);
    CHECK_FALSE(read(whole, signing_key, mac, signed_at + 301)->is_in_time);
    CHECK_FALSE(read(whole, signing_key, mac, signed_at - 301)->is_in_time);
    CHECK(read(whole, signing_key, mac, signed_at - 300)->is_in_time);

    CHECK_FALSE(read(whole, signing_key, mac.substr(1) + "x", signed_at)->is_signed);
    CHECK_FALSE(read(whole, signing_key, "", signed_at)->is_signed);
    zone::TsigKey other = signing_key;
    other.name = "mailsteat";
    CHECK_FALSE(read(whole, other, mac, signed_at)->is_signed);
    other = signing_key;
    other.secret = "another";
    CHECK_FALSE(read(whole, other, mac, signed_at)->is_signed);
    other = signing_key;
    other.algorithm = zone::TsigAlgorithm::hmac_sha512;
    CHECK_FALSE(read(whole, other, mac, signed_at)->is_signed);
    // Whatever octet is changed: malformed, without a TSIG record, or not signed.
    for (std::size_t i = 2; i < whole.size(); ++i) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 0x41);
        const auto verdict = read(changed, signing_key, mac, signed_at);
        CHECK((!verdict || !verdict->is_signed));
    }
    CHECK_FALSE(read(from_hex("123484000000000000000000"), signing_key, mac, signed_at));
}

TEST_CASE("what a server says about our signature, which it may not sign itself") {
    const auto with = [](const char* error, const char* other) {
        return from_hex("1234 8009 0000 0000 0000 0001 096d61696c737465616400 00fa 00ff 00000000") +
               from_hex(std::string_view(other).empty() ? "001d" : "0023") +
               from_hex("0b686d61632d73686132353600 00006ab13b80 012c 0000 1234") + from_hex(error) +
               from_hex(std::string_view(other).empty() ? "0000" : "0006") + from_hex(other);
    };
    const auto bad_key = zone::read_tsig(with("0011", ""), signing_key, "mac", signed_at);
    REQUIRE(bad_key);
    CHECK(bad_key->error == zone::tsig_bad_key);
    CHECK_FALSE(bad_key->is_signed);
    const auto bad_time = zone::read_tsig(with("0012", "00006ab14990"), signing_key, "mac", signed_at);
    REQUIRE(bad_time);
    CHECK(bad_time->error == zone::tsig_bad_time);
    CHECK(bad_time->time == signed_at + 3600);  // RFC 8945 §5.2.3: the server's
}

TEST_CASE("algorithms by their names") {
    for (const char* name : {"hmac-sha256", "hmac-sha384", "hmac-sha512"}) {
        REQUIRE(zone::tsig_algorithm_named(name));
        CHECK(zone::name_of(*zone::tsig_algorithm_named(name)) == name);
    }
    CHECK(zone::tsig_algorithm_named("HMAC-SHA256."));
    CHECK_FALSE(zone::tsig_algorithm_named("hmac-md5"));
}
