// Throttle, remembered passwords, hashes, the pool. server/README.md "Identity".
#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <semaphore>
#include <set>

#include "server/auth/account_name.h"
#include "server/auth/passwords.h"
#include "server/auth/remembered.h"
#include "server/auth/throttle.h"

using namespace server::auth;
using namespace std::chrono_literals;

namespace {

// A clock that moves only when told to.
struct FakeClock {
    std::chrono::steady_clock::time_point now{1000h};
    auto function() {
        return [this] { return now; };
    }
};

constexpr HashCost cheap{.memory_kib = 64, .passes = 1, .scram_iterations = 4096};

}  // namespace

TEST_CASE("different failures slow the answers, then shut the address out") {
    FakeClock clock;
    Throttle throttle({.failures = 6, .window = 30min, .shut_out = 15min, .delay = 1s, .delay_most = 3s},
                      clock.function());
    const std::chrono::seconds delays[] = {1s, 1s, 1s, 2s, 2s, 2s};
    for (std::uint64_t i = 0; i < 6; ++i) {
        CAPTURE(i);
        CHECK_FALSE(throttle.shut_out("192.0.2.1"));
        const auto verdict = throttle.failed("192.0.2.1", i + 1);
        CHECK(verdict.delay == delays[i]);
        CHECK(verdict.shut_out == (i == 5));
    }
    CHECK(throttle.shut_out("192.0.2.1") == 900s);
    CHECK_FALSE(throttle.shut_out("192.0.2.2"));
    CHECK(throttle.failed("192.0.2.1", 77).delay == 3s);  // capped
    clock.now += 15min;
    CHECK_FALSE(throttle.shut_out("192.0.2.1"));
}

TEST_CASE("one wrong password tried in three ways, or a hundred times, is one failure") {
    FakeClock clock;
    Throttle throttle({.failures = 3}, clock.function());
    for (int i = 0; i < 100; ++i) {
        const auto verdict = throttle.failed("192.0.2.1", 42);
        CHECK(verdict.delay == 1s);
        CHECK_FALSE(verdict.shut_out);
    }
    CHECK_FALSE(throttle.failed("192.0.2.1", 43).shut_out);
    CHECK(throttle.failed("192.0.2.1", 44).shut_out);
}

TEST_CASE("failures whose password is not known all count") {
    FakeClock clock;
    Throttle throttle({.failures = 3}, clock.function());
    CHECK_FALSE(throttle.failed("192.0.2.1", std::nullopt).shut_out);
    CHECK_FALSE(throttle.failed("192.0.2.1", std::nullopt).shut_out);
    CHECK(throttle.failed("192.0.2.1", std::nullopt).shut_out);
}

TEST_CASE("a gateway is slowed down like others, but never shut out: everybody may be behind it (CLIENTS.md 26)") {
    FakeClock clock;
    Throttle throttle({.failures = 3, .delay_most = 3s, .gateways = {*parse_address("172.17.0.1")}}, clock.function());
    for (std::uint64_t i = 1; i <= 100; ++i) CHECK_FALSE(throttle.failed("172.17.0.1", i).shut_out);
    CHECK(throttle.failed("::ffff:172.17.0.1", 101).delay == 3s);
    CHECK_FALSE(throttle.shut_out("172.17.0.1"));
    for (std::uint64_t i = 1; i <= 3; ++i) CHECK(throttle.failed("172.17.0.2", i).shut_out == (i == 3));
    CHECK(throttle.shut_out("172.17.0.2"));
}

TEST_CASE("failures are forgotten bit by bit") {
    FakeClock clock;
    Throttle throttle({.failures = 6, .window = 30min}, clock.function());
    for (std::uint64_t i = 1; i <= 100; ++i) {
        CHECK_FALSE(throttle.failed("192.0.2.1", i).shut_out);
        clock.now += 5min;  // exactly as fast as failures are forgotten
    }
}

TEST_CASE("an IPv6 client counts as its /64; this machine is throttled too; the table is bounded") {
    FakeClock clock;
    Throttle throttle({.failures = 1, .addresses = 2}, clock.function());
    throttle.failed("2001:db8::1", 1);
    CHECK(throttle.shut_out("2001:db8::ffff:1"));
    CHECK_FALSE(throttle.shut_out("2001:db8:0:1::1"));
    throttle.failed("127.0.0.1", 1);
    CHECK(throttle.shut_out("127.0.0.1"));
    throttle.failed("192.0.2.9", 1);  // the least recent one is forgotten
    CHECK_FALSE(throttle.shut_out("2001:db8::1"));
    CHECK(throttle.shut_out("127.0.0.1"));
}

TEST_CASE("attempts under way count as failures until they are judged") {
    FakeClock clock;
    Throttle throttle({.failures = 3}, clock.function());
    for (int i = 0; i < 3; ++i) CHECK(throttle.reserve("192.0.2.1"));
    CHECK_FALSE(throttle.reserve("192.0.2.1"));
    CHECK(throttle.reserve("192.0.2.2"));
    throttle.release("192.0.2.1");
    CHECK(throttle.reserve("192.0.2.1"));
    throttle.release("192.0.2.1");
    throttle.failed("192.0.2.1", 1);
    CHECK_FALSE(throttle.reserve("192.0.2.1"));
}

TEST_CASE("an address that has only succeeded is not remembered in place of one that has failed") {
    FakeClock clock;
    Throttle throttle({.failures = 2, .addresses = 2}, clock.function());
    throttle.failed("192.0.2.1", 1);
    for (const char* address : {"192.0.2.2", "192.0.2.3", "192.0.2.4"}) {
        CHECK(throttle.reserve(address));
        throttle.release(address);
    }
    CHECK(throttle.failed("192.0.2.1", 2).shut_out);
}

TEST_CASE("the delay of the next failure, and a ban that is to be stored once") {
    FakeClock clock;
    Throttle throttle({.failures = 10, .delay = 1s}, clock.function());
    CHECK(throttle.delay("192.0.2.1") == 1s);
    for (std::uint64_t i = 1; i <= 4; ++i) throttle.failed("192.0.2.1", i);
    CHECK(throttle.delay("192.0.2.1") == 2s);
    CHECK_FALSE(throttle.ban_pending("192.0.2.1"));
    CHECK_FALSE(throttle.take_owed_ban("192.0.2.1"));
    for (std::uint64_t i = 5; i <= 10; ++i) throttle.failed("192.0.2.1", i);
    CHECK(throttle.ban_pending("192.0.2.1"));
    CHECK(throttle.take_owed_ban("192.0.2.1"));
    CHECK_FALSE(throttle.take_owed_ban("192.0.2.1"));
    CHECK(throttle.ban_pending("192.0.2.1"));
    throttle.ban_stored("192.0.2.1");
    CHECK_FALSE(throttle.ban_pending("192.0.2.1"));
}

TEST_CASE("attempts that were given up are forgiven when the client logs in to that account after all") {
    FakeClock clock;
    Throttle throttle({.failures = 3}, clock.function());
    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(throttle.given_up("192.0.2.1", 7).shut_out);
        CHECK_FALSE(throttle.given_up("192.0.2.1", 7).shut_out);
        throttle.forgive("192.0.2.1", 7);
    }
    throttle.given_up("192.0.2.1", 8);
    throttle.given_up("192.0.2.1", 9);
    throttle.forgive("192.0.2.1", 7);
    throttle.forgive("192.0.2.2", 8);
    CHECK(throttle.given_up("192.0.2.1", 7).shut_out);
}

TEST_CASE("which credentials are made anew") {
    const storage::Credentials now = make_credentials("hungry", cheap);
    CHECK_FALSE(needs_renewal(now, cheap));
    for (const HashCost& raised : {HashCost{.memory_kib = 128, .passes = 1, .scram_iterations = 4096},
                                   HashCost{.memory_kib = 64, .passes = 2, .scram_iterations = 4096},
                                   HashCost{.memory_kib = 64, .passes = 1, .scram_iterations = 4097},
                                   HashCost{.memory_kib = 64, .passes = 1, .scram = false}}) {
        CHECK(needs_renewal(now, raised));
        CHECK_FALSE(needs_renewal(make_credentials("hungry", raised), raised));
        if (raised.scram) CHECK_FALSE(needs_renewal(make_credentials("hungry", raised), cheap));
    }
    const storage::Credentials without = make_credentials("hungry", {.memory_kib = 64, .passes = 1, .scram = false});
    CHECK(without.scram_sha_256.stored_key.empty());
    CHECK(needs_renewal(without, cheap));
}

TEST_CASE("remembered wrong passwords: of these credentials, the most recent ones, for good") {
    FakeClock clock;
    RememberedPasswords remembered(5min, 2, clock.function());
    CHECK_FALSE(remembered.knows_wrong("bob@x", "h1", "Hungry"));
    remembered.remember_wrong("bob@x", "h1", "Hungry");
    clock.now += 24h;
    CHECK(remembered.knows_wrong("bob@x", "h1", "Hungry"));
    CHECK_FALSE(remembered.knows("bob@x", "h1", "Hungry"));
    CHECK_FALSE(remembered.knows_wrong("bob@x", "h2", "Hungry"));
    remembered.remember_wrong("bob@x", "h1", "2");
    CHECK(remembered.knows_wrong("bob@x", "h1", "Hungry"));
    remembered.remember_wrong("bob@x", "h1", "3");  // in the place of the one not asked for
    CHECK(remembered.knows_wrong("bob@x", "h1", "Hungry"));
    CHECK_FALSE(remembered.knows_wrong("bob@x", "h1", "2"));
}

TEST_CASE("remembered passwords") {
    FakeClock clock;
    RememberedPasswords remembered(5min, 2, clock.function());
    CHECK_FALSE(remembered.knows("bob@x", "h1", "hungry"));
    remembered.remember("bob@x", "h1", "hungry");
    CHECK(remembered.knows("bob@x", "h1", "hungry"));
    CHECK_FALSE(remembered.knows("bob@x", "h1", "Hungry"));
    CHECK_FALSE(remembered.knows("bob@x", "h2", "hungry"));  // the credentials have changed
    CHECK_FALSE(remembered.knows("bob@", "xh1", "hungry"));  // the parts are separated

    SUBCASE("they expire") {
        clock.now += 5min;
        CHECK_FALSE(remembered.knows("bob@x", "h1", "hungry"));
    }
    SUBCASE("they are bounded: the oldest goes") {
        remembered.remember("a@x", "h", "p");
        remembered.remember("b@x", "h", "p");
        CHECK_FALSE(remembered.knows("bob@x", "h1", "hungry"));
        CHECK(remembered.knows("a@x", "h", "p"));
        CHECK(remembered.knows("b@x", "h", "p"));
    }
    SUBCASE("none are kept where none may be") {
        remembered.configure(5min, 0);
        remembered.remember("a@x", "h", "p");
        CHECK_FALSE(remembered.knows("a@x", "h", "p"));
    }
}

TEST_CASE("argon2id hashes") {
    const storage::Credentials credentials = make_credentials("hungry", cheap);
    CHECK(credentials.argon2id.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    CHECK(verify_password(credentials.argon2id, "hungry"));
    CHECK_FALSE(verify_password(credentials.argon2id, "hungry "));
    CHECK_FALSE(verify_password("", "hungry"));
    CHECK_FALSE(verify_password("nonsense", "hungry"));
    CHECK(credentials.scram_sha_256.iterations == 4096);
    CHECK(credentials.scram_sha_256.stored_key.size() == 32);
    // RFC 4013 §3: a soft hyphen is mapped to nothing, U+2168 becomes "IX".
    CHECK(verify_password(make_credentials("I\u00ADX", cheap).argon2id, "\u2168"));

    const std::string nobody = argon2_parameters(cheap) + unmatchable_salt_and_hash();
    CHECK(nobody.size() == credentials.argon2id.size());
    CHECK(parameters_of(credentials.argon2id) == argon2_parameters(cheap));
    CHECK(parameters_of("").empty());
    CHECK(parameters_of("nonsense").empty());
    CHECK_FALSE(verify_password(nobody, "hungry"));
}

TEST_CASE("generated passwords") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string password = generate_password();
        CHECK(password.size() == 23);
        CHECK(seen.insert(password).second);
    }
}

TEST_CASE("names of accounts") {
    using Name = std::optional<std::string>;
    CHECK(account_name("bob", "hamburger.edu") == Name("bob@hamburger.edu"));
    CHECK(account_name(" Bob@Hamburger.EDU ", "x.org") == Name("bob@hamburger.edu"));
    CHECK(account_name("j\u00fcrgen@xn--mller-kva.example", "") == Name("j\u00fcrgen@m\u00fcller.example"));
    CHECK(account_name("bob", "") == std::nullopt);
    CHECK(account_name("", "x.org") == std::nullopt);
    CHECK(account_name("a b", "x.org") == std::nullopt);
    CHECK(account_name("a@", "x.org") == std::nullopt);
}

TEST_CASE("what could not be judged slows an address down, and never bans it") {
    FakeClock clock;
    Throttle throttle({.failures = 20, .window = 30min, .delay = 1s, .delay_most = 15s}, clock.function());
    CHECK(throttle.delay("192.0.2.1") == 1s);
    for (int i = 0; i < 13; ++i) throttle.not_judged("192.0.2.1");
    CHECK(throttle.delay("192.0.2.1") == 1s);
    for (int i = 0; i < 2; ++i) throttle.not_judged("192.0.2.1");
    CHECK(throttle.delay("192.0.2.1") == 2s);
    for (int i = 0; i < 1'000; ++i) throttle.not_judged("192.0.2.1");
    CHECK(throttle.delay("192.0.2.1") == 8s);
    CHECK_FALSE(throttle.shut_out("192.0.2.1"));
    CHECK(throttle.reserve("192.0.2.1"));
    CHECK(throttle.delay("192.0.2.2") == 1s);
}

TEST_CASE("strangers take turns by wide networks, and by narrower ones within these") {
    const auto shared = [](std::string_view one, std::string_view other) {
        const auto a = networks_in_turn(parse_address(one).value());
        const auto b = networks_in_turn(parse_address(other).value());
        REQUIRE(a.size() == b.size());
        std::size_t same = 0;
        while (same < a.size() && a[same] == b[same]) ++same;
        return same;
    };
    CHECK(shared("192.0.2.1", "192.0.2.255") == 3);
    CHECK(shared("192.0.2.1", "192.0.3.1") == 2);
    CHECK(shared("192.0.2.1", "192.1.2.1") == 1);
    CHECK(shared("192.0.2.1", "193.0.2.1") == 0);
    CHECK(shared("2001:db8:1::1", "2001:db8:1:ffff::1") == 2);
    CHECK(shared("2001:db8:1::1", "2001:db8:2::1") == 1);
    CHECK(shared("2001:db8:1::1", "2001:db9:1::1") == 0);
}

TEST_CASE("a wide network is one that a mobile client may move in") {
    CHECK(wide_network_name("192.0.2.1") == "192.0.0.0/16");
    CHECK(wide_network_name("::ffff:192.0.200.1") == "192.0.0.0/16");
    CHECK(wide_network_name("2001:db8:1:2::3") == "2001:db8::/32");
    CHECK(wide_network_name("nowhere") == "nowhere");
}
