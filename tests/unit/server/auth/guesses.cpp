// Guesses at one account: how many are free, how strangers get slower, how it is forgotten.
#include "server/auth/guesses.h"

#include <doctest/doctest.h>

using namespace server::auth;
using namespace std::chrono_literals;

namespace {

struct FakeTime {
    std::chrono::steady_clock::time_point now{1000h};
    auto function() {
        return [this] { return now; };
    }
};

}  // namespace

TEST_CASE("strangers of an account get slower from its n-th failure on, others' accounts do not") {
    FakeTime time;
    Guesses guesses({.failures = 3, .window = 30min, .delay = 1s, .delay_most = 3s}, time.function());
    CHECK(guesses.delay(7) == 0s);
    CHECK_FALSE(guesses.failed(7));
    CHECK_FALSE(guesses.failed(7));
    CHECK(guesses.delay(7) == 0s);
    CHECK(guesses.failed(7));
    CHECK(guesses.delay(7) == 1s);
    for (int i = 0; i < 3; ++i) CHECK_FALSE(guesses.failed(7));
    CHECK(guesses.delay(7) == 2s);
    for (int i = 0; i < 100; ++i) guesses.failed(7);
    CHECK(guesses.delay(7) == 3s);  // never longer: nobody is locked out
    CHECK(guesses.delay(8) == 0s);
}

TEST_CASE("guesses are forgotten bit by bit") {
    FakeTime time;
    Guesses guesses({.failures = 3, .window = 30min}, time.function());
    for (int i = 0; i < 3; ++i) guesses.failed(7);
    CHECK(guesses.delay(7) == 1s);
    time.now += 10min;
    CHECK(guesses.delay(7) == 0s);
    CHECK(guesses.failed(7));
    time.now += 40min;
    CHECK_FALSE(guesses.failed(7));
}

TEST_CASE("the table of guessed accounts is bounded") {
    FakeTime time;
    Guesses guesses({.failures = 1, .accounts = 2}, time.function());
    for (std::uint64_t account = 1; account <= 3; ++account) CHECK(guesses.failed(account));
    CHECK(guesses.delay(1) == 0s);
    CHECK(guesses.delay(2) == 1s);
    CHECK(guesses.delay(3) == 1s);
}
