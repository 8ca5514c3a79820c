// When to renew, and when to try again.
#include "server/acme/renewal.h"

#include <doctest/doctest.h>

using namespace server::acme;

namespace {

constexpr std::int64_t one_day = 86'400;

}  // namespace

TEST_CASE("acme renewal: at two thirds of the lifetime, a little later by chance") {
    const Lifetime ninety{.not_before = 1'000, .not_after = 1'000 + 90 * one_day};
    CHECK(renewal_time(ninety, std::nullopt, 0) == 1'000 + 60 * one_day);
    CHECK(renewal_time(ninety, std::nullopt, 0.5) == 1'000 + 61 * one_day + one_day / 2);
    const Lifetime six{.not_before = 0, .not_after = 6 * one_day};
    CHECK(renewal_time(six, std::nullopt, 0.999) < 5 * one_day);
    CHECK(renewal_time({.not_before = 500, .not_after = 400}, std::nullopt, 0.5) == 500);
}

TEST_CASE("acme renewal: in the server's window, whatever the lifetime (RFC 9773 §4.2)") {
    const Lifetime ninety{.not_before = 0, .not_after = 90 * one_day};
    const RenewalWindow window{.start = 10 * one_day, .end = 12 * one_day, .explanation = {}};
    CHECK(renewal_time(ninety, window, 0) == 10 * one_day);
    CHECK(renewal_time(ninety, window, 0.5) == 11 * one_day);
    CHECK(renewal_time(ninety, window, 0.9999) < 12 * one_day);
    CHECK(renewal_time({.not_before = 20 * one_day, .not_after = 110 * one_day}, window, 0) == 21 * one_day);
    CHECK(renewal_time({.not_before = 20 * one_day, .not_after = 25 * one_day}, window, 0) ==
          20 * one_day + one_day / 2);
    CHECK(window_counts_for(0) == 6 * 3'600);
    CHECK(window_counts_for(5) == 60);
    CHECK(window_counts_for(7'200) == 7'200);
    CHECK(window_counts_for(30 * one_day) == one_day);
}

TEST_CASE("acme renewal: a failure is followed by a pause, twice as long each time, as the server wishes at least") {
    CHECK(back_off({.failures = 1}, 0) == 300);
    CHECK(back_off({.failures = 2}, 0) == 600);
    CHECK(back_off({.failures = 3}, 0.5) == 1'260);
    CHECK(back_off({.failures = 1'000'000}, 0.9) == longest_back_off);
    CHECK(back_off({.failures = 1, .retry_after = 5'000}, 0) == 5'000);
    CHECK(back_off({.failures = 1, .retry_after = 7 * one_day}, 0) == longest_back_off);
    CHECK(back_off({.failures = 1, .rate_limited = true}, 0) == 3'600);
    CHECK(back_off({.failures = 1, .retry_after = 7'200, .rate_limited = true}, 0) == 7'200);
    // Never more than five failures an hour for a name.
    std::int64_t spent = 0;
    for (std::uint32_t failures = 1; failures < 5; ++failures) spent += back_off({.failures = failures}, 0);
    CHECK(spent > 3'600);
}
