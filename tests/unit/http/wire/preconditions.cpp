// Conditional requests, in the order of RFC 9110 §13.2.2.
#include "protocols/http/wire/preconditions.h"

#include <doctest/doctest.h>

namespace wire = http::wire;

namespace {

constexpr std::int64_t now = 1'780'000'000;
const char* const before = "Sun, 06 Nov 1994 08:49:36 GMT";
const char* const exactly = "Sun, 06 Nov 1994 08:49:37 GMT";
const char* const after = "Sun, 06 Nov 1994 08:49:38 GMT";
const wire::Representation strong{.tag = wire::EntityTag{"1", false}, .last_modified = 784'111'777};
const wire::Representation weak{.tag = wire::EntityTag{"1", true}, .last_modified = 784'111'777};
const wire::Representation untagged{.last_modified = 784'111'777};
const wire::Representation undated{.tag = wire::EntityTag{"1", false}};
const wire::Representation missing{.exists = false};

}  // namespace

TEST_CASE("preconditions") {
    using wire::Verdict;
    struct Row {
        const char* method;
        wire::Fields fields;
        const wire::Representation& present;
        Verdict expected;
    };
    const Row rows[] = {
        {"GET", {}, strong, Verdict::perform},
        // 1: If-Match, compared strongly.
        {"PUT", {{"if-match", "\"1\""}}, strong, Verdict::perform},
        {"PUT", {{"if-match", "\"0\", \"1\""}}, strong, Verdict::perform},
        {"PUT", {{"if-match", "\"0\""}, {"if-match", "\"1\""}}, strong, Verdict::perform},
        {"PUT", {{"if-match", "\"2\""}}, strong, Verdict::failed},
        {"GET", {{"if-match", "\"2\""}}, strong, Verdict::failed},
        {"PUT", {{"if-match", "W/\"1\""}}, strong, Verdict::failed},
        {"PUT", {{"if-match", "\"1\""}}, weak, Verdict::failed},
        {"PUT", {{"if-match", "\"1\""}}, untagged, Verdict::failed},
        {"PUT", {{"if-match", "\"1\", x"}}, strong, Verdict::failed},
        {"PUT", {{"if-match", ""}}, strong, Verdict::failed},
        {"PUT", {{"if-match", "*"}}, untagged, Verdict::perform},
        {"PUT", {{"if-match", "*"}}, missing, Verdict::failed},
        {"PUT", {{"if-match", "\"1\""}}, missing, Verdict::failed},
        // 2: If-Unmodified-Since, unless there is If-Match.
        {"PUT", {{"if-unmodified-since", exactly}}, strong, Verdict::perform},
        {"PUT", {{"if-unmodified-since", after}}, strong, Verdict::perform},
        {"PUT", {{"if-unmodified-since", before}}, strong, Verdict::failed},
        {"GET", {{"if-unmodified-since", before}}, strong, Verdict::failed},
        {"PUT", {{"if-unmodified-since", before}}, undated, Verdict::perform},
        {"PUT", {{"if-unmodified-since", "never"}}, strong, Verdict::perform},
        {"PUT", {{"if-unmodified-since", before}, {"if-unmodified-since", before}}, strong, Verdict::perform},
        {"PUT", {{"if-match", "\"1\""}, {"if-unmodified-since", before}}, strong, Verdict::perform},
        // 3: If-None-Match, compared weakly.
        {"GET", {{"if-none-match", "\"1\""}}, strong, Verdict::not_modified},
        {"HEAD", {{"if-none-match", "\"1\""}}, strong, Verdict::not_modified},
        {"PUT", {{"if-none-match", "\"1\""}}, strong, Verdict::failed},
        {"GET", {{"if-none-match", "W/\"1\""}}, strong, Verdict::not_modified},
        {"GET", {{"if-none-match", "\"1\""}}, weak, Verdict::not_modified},
        {"GET", {{"if-none-match", "\"0\", \"1\""}}, weak, Verdict::not_modified},
        {"GET", {{"if-none-match", "\"2\""}}, strong, Verdict::perform},
        {"GET", {{"if-none-match", "1"}}, strong, Verdict::perform},
        {"GET", {{"if-none-match", "*"}}, strong, Verdict::not_modified},
        {"PUT", {{"if-none-match", "*"}}, strong, Verdict::failed},
        {"PUT", {{"if-none-match", "*"}}, missing, Verdict::perform},
        {"GET", {{"if-none-match", "\"1\""}}, untagged, Verdict::perform},
        // 4: If-Modified-Since, of GET and HEAD, unless there is If-None-Match.
        {"GET", {{"if-modified-since", exactly}}, strong, Verdict::not_modified},
        {"HEAD", {{"if-modified-since", after}}, strong, Verdict::not_modified},
        {"GET", {{"if-modified-since", before}}, strong, Verdict::perform},
        {"POST", {{"if-modified-since", exactly}}, strong, Verdict::perform},
        {"GET", {{"if-modified-since", exactly}}, undated, Verdict::perform},
        {"GET", {{"if-modified-since", "x"}}, strong, Verdict::perform},
        {"GET", {{"if-modified-since", exactly}, {"if-modified-since", exactly}}, strong, Verdict::perform},
        {"GET", {{"if-none-match", "\"2\""}, {"if-modified-since", exactly}}, strong, Verdict::perform},
        // Those that must hold come before those that spare a transfer.
        {"GET", {{"if-match", "\"2\""}, {"if-none-match", "\"1\""}}, strong, Verdict::failed},
        {"GET", {{"if-match", "\"1\""}, {"if-none-match", "\"1\""}}, strong, Verdict::not_modified},
        {"GET", {{"if-unmodified-since", exactly}, {"if-modified-since", exactly}}, strong, Verdict::not_modified},
    };
    for (const Row& row : rows) {
        CAPTURE(row.method);
        if (!row.fields.empty()) CAPTURE(row.fields.front().name + ": " + row.fields.front().value);
        CHECK(wire::judge_preconditions(row.method, row.fields, row.present, now) == row.expected);
    }
}

TEST_CASE("whether Range counts (RFC 9110 §13.1.5, §14.2)") {
    const wire::Field range{.name = "range", .value = "bytes=0-1"};
    const auto with = [&](const char* condition) { return wire::Fields{range, {"if-range", condition}}; };
    CHECK(wire::wanted_range("GET", {range}, strong) == "bytes=0-1");
    CHECK(wire::wanted_range("HEAD", {range}, strong) == std::nullopt);
    CHECK(wire::wanted_range("POST", {range}, strong) == std::nullopt);
    CHECK(wire::wanted_range("GET", {}, strong) == std::nullopt);
    CHECK(wire::wanted_range("GET", {range, range}, strong) == std::nullopt);
    CHECK(wire::wanted_range("GET", with("\"1\""), strong) == "bytes=0-1");
    CHECK(wire::wanted_range("GET", with("\"2\""), strong) == std::nullopt);
    CHECK(wire::wanted_range("GET", with("W/\"1\""), strong) == std::nullopt);
    CHECK(wire::wanted_range("GET", with("\"1\""), weak) == std::nullopt);
    CHECK(wire::wanted_range("GET", with("\"1\""), untagged) == std::nullopt);
    CHECK(wire::wanted_range("GET", with(exactly), strong) == std::nullopt);
    CHECK(wire::wanted_range("GET", with("\"1\", \"1\""), strong) == std::nullopt);
    CHECK(wire::wanted_range("GET", {range, {"if-range", "\"1\""}, {"if-range", "\"1\""}}, strong) == std::nullopt);
}
