// What clients take. RFC 9110 §12.4.2, §12.5.
#include "protocols/http/wire/accept.h"

#include <doctest/doctest.h>

#include <array>

namespace wire = http::wire;

TEST_CASE("weights, in thousandths (RFC 9110 §12.4.2)") {
    CHECK(wire::parse_qvalue("1") == 1'000);
    CHECK(wire::parse_qvalue("1.") == 1'000);
    CHECK(wire::parse_qvalue("1.000") == 1'000);
    CHECK(wire::parse_qvalue("0") == 0);
    CHECK(wire::parse_qvalue("0.") == 0);
    CHECK(wire::parse_qvalue("0.5") == 500);
    CHECK(wire::parse_qvalue("0.05") == 50);
    CHECK(wire::parse_qvalue("0.123") == 123);
    for (const char* text : {"", ".5", "00", "2", "0.1234", "1.001", "1.1", "-1", "0,5", "0.x", "0. 5", "1.0000"}) {
        CAPTURE(text);
        CHECK(wire::parse_qvalue(text) == std::nullopt);
    }
}

TEST_CASE("the content coding to send") {
    using wire::Coding;
    constexpr std::array ours = {Coding::br, Coding::zstd, Coding::gzip};
    struct Row {
        wire::Fields fields;
        const char* expected;
    };
    const auto accepts = [](const char* value) { return wire::Fields{{"accept-encoding", value}}; };
    const Row rows[] = {
        {{}, "identity"},
        {accepts(""), "identity"},
        {accepts("gzip, deflate, br, zstd"), "br"},
        {accepts("gzip, deflate, zstd"), "zstd"},
        {accepts("gzip, deflate"), "gzip"},
        {accepts("GZIP"), "gzip"},
        {accepts("x-gzip"), "gzip"},
        {accepts("deflate, compress"), "identity"},
        {accepts("*"), "br"},
        {accepts("br;q=0, *"), "zstd"},
        {accepts("br;q=0.5, gzip;q=1.0"), "gzip"},
        {accepts("br;q=0.5, gzip;Q=0.8"), "gzip"},
        {accepts("br;q=0.5 , gzip ; q=0.5"), "br"},
        {accepts("br ; q=0.4,gzip ; q=0.5"), "gzip"},
        {accepts("gzip;q=0.001"), "gzip"},
        {accepts("gzip;q=0"), "identity"},
        {accepts("gzip;q=0.3, identity;q=0.5"), "identity"},
        {accepts("gzip;q=0.5, identity;q=0.5"), "gzip"},
        {accepts("gzip;q=1.0, identity; q=0.5, *;q=0"), "gzip"},
        {accepts("identity;q=0, gzip"), "gzip"},
        {accepts("identity;q=0"), "identity"},
        {accepts("*;q=0"), "identity"},
        {accepts("gzip;q=2, br;q=x, zstd;q"), "identity"},
        {accepts("gzip br"), "identity"},
        {{{"accept-encoding", "gzip"}, {"accept-encoding", "br"}}, "br"},
    };
    for (const Row& row : rows) {
        if (!row.fields.empty()) CAPTURE(row.fields.front().value);
        CHECK(wire::name_of(wire::choose_coding(row.fields, ours)) == row.expected);
    }
    CHECK(wire::choose_coding(accepts("gzip, br"), std::array{Coding::gzip}) == Coding::gzip);
    CHECK(wire::choose_coding(accepts("br"), std::array{Coding::gzip}) == Coding::identity);
    CHECK(wire::choose_coding(accepts("br"), {}) == Coding::identity);
}

TEST_CASE("how much a type is wanted: RFC 9110 §12.5.1, table 5") {
    const auto weight = [](const char* accept, const char* type) {
        return wire::accept_weight({{"accept", accept}}, wire::parse_media_type(type).value());
    };
    const char* const accept =
        "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5";
    CHECK(weight(accept, "text/plain;format=flowed") == 1'000);
    CHECK(weight(accept, "text/plain;Format=\"FLOWED\"") == 1'000);
    CHECK(weight(accept, "text/plain") == 700);
    CHECK(weight(accept, "text/html") == 300);
    CHECK(weight(accept, "image/jpeg") == 500);
    CHECK(weight(accept, "text/plain;format=fixed") == 400);
    CHECK(weight("text/html", "application/json") == 0);
    CHECK(weight("application/*", "application/json") == 1'000);
    CHECK(weight("*/*", "application/json") == 1'000);
    CHECK(weight("*/*;q=0", "application/json") == 0);
    CHECK(weight("application/json;q=0, */*", "application/json") == 0);
    CHECK(weight("application/json;q=0.1;x=y", "application/json;x=y") == 100);
    CHECK(weight("application/json;q=0.1;x=y", "application/json") == 0);
    CHECK(weight("*/json", "application/json") == 0);
    CHECK(weight("json, ;, application/json;q=2", "application/json") == 0);
    CHECK(weight("application/json;q=0.2, application/json;q=0.9", "application/json") == 200);
    CHECK(weight("", "application/json") == 1'000);
    CHECK(wire::accept_weight({}, {.type = "a", .subtype = "b"}) == 1'000);
}
