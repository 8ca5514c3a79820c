// Log-ins against a real store: names, wrong passwords, the throttle, changed credentials, SCRAM. server/README.md.
#include "server/auth/authenticator.h"

#include <doctest/doctest.h>

#include <chrono>

#include "storage/bans.h"
#include "storage/store.h"
#include "tests/unit/server/temporary_house.h"

using namespace server::auth;
using services::LoginAttempt;
using storage::Reason;

namespace {

struct Gate {
    TemporaryHouse house;
    Authenticator authenticator{*house.store,
                                house.log,
                                {.plaintext_from = {*Network::parse("127.0.0.1")},
                                 .cost = TemporaryHouse::cheap,
                                 .throttle = {.failures = 3, .delay = std::chrono::seconds(0)},
                                 .scram_secret = "secret"}};

    LoginAttempt attempt(const std::string& user, const std::string& address = "192.0.2.1") const {
        return {user, address, "1", "imap", "PLAIN"};
    }
    storage::Result<services::Identity> login(const std::string& user, const std::string& password,
                                              const std::string& address = "192.0.2.1") {
        return house.await(authenticator.check_password(attempt(user, address), password));
    }
};

}  // namespace

TEST_CASE("right passwords, by any spelling of the name") {
    Gate gate;
    for (const char* user : {"bob", "BOB", "bob@hamburger.edu", "Bob@Hamburger.EDU"}) {
        CAPTURE(user);
        const auto identity = gate.login(user, "hungry");
        REQUIRE(identity);
        CHECK(identity->account == gate.house.bob);
        CHECK(identity->name == "bob@hamburger.edu");
    }
}

TEST_CASE("wrong passwords and unknown users are refused alike") {
    Gate gate;
    const auto wrong = gate.login("bob", "Hungry");
    const auto unknown = gate.login("nobody", "hungry", "192.0.2.2");
    const auto nonsense = gate.login("a b\r\n", std::string(5000, 'x'), "192.0.2.3");
    REQUIRE_FALSE(wrong);
    REQUIRE_FALSE(unknown);
    REQUIRE_FALSE(nonsense);
    CHECK(wrong.error().reason == Reason::authentication_failed);
    CHECK(wrong.error().text == unknown.error().text);
    CHECK(wrong.error().text == nonsense.error().text);
    for (const std::string& line : gate.house.log.lines) CHECK(line.find("ungry") == std::string::npos);
}

TEST_CASE("a remembered password is forgotten when the credentials change") {
    Gate gate;
    REQUIRE(gate.login("bob", "hungry"));
    REQUIRE(gate.login("bob", "hungry"));
    const auto fresh = make_credentials("thirsty", TemporaryHouse::cheap);
    REQUIRE(gate.house.store->write_now(storage::set_credentials("bob@hamburger.edu", fresh)));
    CHECK_FALSE(gate.login("bob", "hungry"));
    CHECK(gate.login("bob", "thirsty"));
    REQUIRE(gate.house.store->write_now(storage::remove_account("bob@hamburger.edu")));
    CHECK_FALSE(gate.login("bob", "thirsty"));
}

TEST_CASE("different wrong passwords shut the address out, the account stays open to others") {
    Gate gate;
    CHECK_FALSE(gate.login("bob", "1"));
    CHECK_FALSE(gate.login("bob", "1"));
    CHECK_FALSE(gate.login("bob", "1"));
    CHECK(gate.login("bob", "hungry"));
    CHECK_FALSE(gate.login("bob", "2"));
    CHECK_FALSE(gate.login("eve", "3"));
    const auto shut_out = gate.login("bob", "hungry");
    REQUIRE_FALSE(shut_out);
    CHECK(shut_out.error().reason == Reason::throttled);
    CHECK(gate.login("bob", "hungry", "192.0.2.9"));
    const auto scram = gate.house.await(gate.authenticator.scram_record(gate.attempt("bob")));
    REQUIRE_FALSE(scram);
    CHECK(scram.error().reason == Reason::throttled);
}

// storage/README.md "Growing": no state exists in one process only.
TEST_CASE("a shut-out lies in the store: another server knows it, its end is the clock's, and it can be lifted") {
    Gate gate;
    std::int64_t now = 1'000'000;
    AuthenticatorOptions options{.cost = TemporaryHouse::cheap,
                                 .throttle = {.failures = 3, .shut_out = std::chrono::minutes(15), .delay = {}},
                                 .now = [&now] { return now; }};
    Authenticator one(*gate.house.store, gate.house.log, options);
    Authenticator other(*gate.house.store, gate.house.log, options);
    const auto login = [&](Authenticator& at, const std::string& password, const std::string& address) {
        return gate.house.await(at.check_password(gate.attempt("bob", address), password)).has_value();
    };
    for (const char* wrong : {"1", "2", "3"}) CHECK_FALSE(login(one, wrong, "2001:db8::1"));
    CHECK_FALSE(login(one, "hungry", "2001:db8::1"));
    CHECK_FALSE(login(other, "hungry", "2001:db8::ffff"));  // of the same /64
    CHECK(login(other, "hungry", "2001:db8:0:1::1"));
    const auto bans = gate.house.store->read_now(storage::list_bans(now)).value();
    REQUIRE(bans.size() == 1);
    CHECK(bans[0].address == "2001:db8::/64");
    CHECK(bans[0].until == now + 900);

    SUBCASE("its end") {
        now += 899;
        CHECK_FALSE(login(one, "hungry", "2001:db8::1"));
        now += 1;
        CHECK(login(one, "hungry", "2001:db8::1"));
    }
    SUBCASE("lifted, and what failed before is forgotten") {
        CHECK(gate.house.store->write_now(storage::lift_bans("2001:db8::/64", now)).value() == 1);
        CHECK(login(one, "hungry", "2001:db8::1"));
        CHECK_FALSE(login(one, "4", "2001:db8::1"));
        CHECK(login(one, "hungry", "2001:db8::1"));
    }
    one.stop();
    other.stop();
}

TEST_CASE("an identity says which credentials it has proved to know") {
    Gate gate;
    const auto before = gate.login("bob", "hungry");
    REQUIRE(before);
    const auto fresh = make_credentials("thirsty", TemporaryHouse::cheap);
    REQUIRE(gate.house.store->write_now(storage::set_credentials("bob@hamburger.edu", fresh)));
    const auto after = gate.login("bob", "thirsty");
    REQUIRE(after);
    CHECK(after->generation == before->generation + 1);
    const auto scram = gate.house.await(gate.authenticator.scram_record(gate.attempt("bob"))).value();
    REQUIRE(scram.identity);
    CHECK(scram.identity->generation == after->generation);
}

TEST_CASE("SCRAM keys: real ones, and steady made-up ones for whom nobody knows") {
    Gate gate;
    const auto real = gate.house.await(gate.authenticator.scram_record(gate.attempt("Bob"))).value();
    REQUIRE(real.identity);
    CHECK(real.identity->account == gate.house.bob);
    const auto made_up = gate.house.await(gate.authenticator.scram_record(gate.attempt("nobody"))).value();
    const auto again = gate.house.await(gate.authenticator.scram_record(gate.attempt("nobody"))).value();
    CHECK_FALSE(made_up.identity);
    CHECK(made_up.keys.salt == again.keys.salt);
    CHECK(made_up.keys.salt.size() == real.keys.salt.size());
    CHECK(made_up.keys.iterations == real.keys.iterations);
}

TEST_CASE("failed SCRAM exchanges count, too") {
    Gate gate;
    for (int i = 0; i < 3; ++i) {
        gate.house.await([](Gate& at) -> asio::awaitable<bool> {
            LoginAttempt attempt = at.attempt("bob");
            co_await at.authenticator.scram_finished(std::move(attempt), false);
            co_return true;
        }(gate));
    }
    CHECK_FALSE(gate.login("bob", "hungry"));
}

TEST_CASE("plain-text log-ins only from where the config says") {
    Gate gate;
    CHECK(gate.authenticator.plaintext_allowed("127.0.0.1"));
    CHECK_FALSE(gate.authenticator.plaintext_allowed("127.0.0.2"));
    CHECK_FALSE(gate.authenticator.plaintext_allowed("192.0.2.1"));
}
