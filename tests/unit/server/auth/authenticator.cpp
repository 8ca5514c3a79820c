// Log-ins against a real store: names, wrong passwords, the throttle, changed credentials, SCRAM. server/README.md.
#include "server/auth/authenticator.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "storage/audit.h"
#include "storage/bans.h"
#include "storage/login_networks.h"
#include "storage/store.h"
#include "storage/store_options.h"
#include "tests/unit/server/temporary_house.h"

using namespace server::auth;
using services::LoginAttempt;
using storage::Reason;

namespace {

struct Gate {
    // guesses: how many at one account slow down its strangers; failures: how many ban an address.
    explicit Gate(std::uint32_t guesses = 1000, std::uint32_t failures = 3)
        : guesses_most(guesses), failures_most(failures), authenticator(audited(), house.log, options()) {}
    storage::Store& audited() {
        storage::StoreOptions options = house.store->options();
        options.audit.keep = std::chrono::hours(1);
        house.store.reset();
        house.store = std::make_unique<storage::Store>(options);
        return *house.store;
    }
    AuthenticatorOptions options() const {
        AuthenticatorOptions options{.plaintext_from = {*Network::parse("127.0.0.1")},
                                     .cost = TemporaryHouse::cheap,
                                     .throttle = {.failures = failures_most, .delay = std::chrono::seconds(0)}};
        options.guesses.failures = guesses_most;
        options.guesses.delay = std::chrono::seconds(1);
        options.guesses.delay_most = std::chrono::seconds(1);
        options.checks_waiting.of_one = 100;
        options.login_networks = 2;
        options.scram_secret = "secret";
        return options;
    }
    storage::Result<services::Authenticator::ScramRecord> scram(const std::string& user,
                                                                const std::string& address = "192.0.2.1") {
        return house.await(authenticator.scram_record(attempt(user, address)));
    }
    void finish(services::Authenticator::ScramRecord record, bool succeeded) {
        house.await([](Gate& at, services::Authenticator::ScramRecord of, bool right) -> asio::awaitable<bool> {
            co_await at.authenticator.scram_finished(at.attempt("bob"), std::move(of.exchange), right);
            co_return true;
        }(*this, std::move(record), succeeded));
    }
    // Whether a log-in was slowed down since it was last asked.
    bool slowed() {
        const bool found = std::ranges::any_of(
            house.log.lines, [](const std::string& line) { return line.starts_with("login-slowed "); });
        house.log.lines.clear();
        return found;
    }

    const std::uint32_t guesses_most;
    const std::uint32_t failures_most;
    TemporaryHouse house;
    Authenticator authenticator;

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
    const auto audit = gate.house.store->read_now(storage::read_audit({})).value();
    REQUIRE(audit.size() == 1);
    CHECK(audit[0].action == "ban.set");
    CHECK(audit[0].subject == "2001:db8::/64");
    CHECK(audit[0].kind == storage::AuditKind::failure);

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
    for (int i = 0; i < 3; ++i) gate.finish(gate.scram("bob").value(), false);
    CHECK_FALSE(gate.login("bob", "hungry"));
    CHECK(gate.house.store->read_now(storage::list_bans(0)).value().size() == 1);
}

TEST_CASE("SCRAM exchanges that are given up count, too, and right ones do not") {
    Gate gate;
    for (int i = 0; i < 10; ++i) gate.finish(gate.scram("bob").value(), true);
    for (int i = 0; i < 3; ++i) CHECK(gate.scram("nobody"));
    const auto shut_out = gate.scram("bob");
    REQUIRE_FALSE(shut_out);
    CHECK(shut_out.error().reason == Reason::throttled);
    CHECK(gate.house.store->read_now(storage::list_bans(0)).value().size() == 1);
    CHECK_FALSE(gate.login("bob", "hungry"));
}

TEST_CASE("a made-up salt follows the name, not its spelling, and its iterations those of stored accounts") {
    Gate gate;
    for (const char* spelling : {"NOBODY", " nobody ", "Nobody@Hamburger.edu"}) {
        CHECK(gate.scram(spelling, "192.0.2.2").value().keys.salt == gate.scram("nobody").value().keys.salt);
    }
    CHECK(gate.scram("noone", "192.0.2.3").value().keys.salt != gate.scram("nobody", "192.0.2.3").value().keys.salt);
    AuthenticatorOptions options = gate.options();
    options.cost.scram_iterations = 5000;  // of no account yet
    Authenticator raised(*gate.house.store, gate.house.log, options);
    const auto record = gate.house.await(raised.scram_record(gate.attempt("nobody", "192.0.2.4"))).value();
    CHECK(record.keys.iterations == 4096);
}

TEST_CASE("a hundred wrong passwords at once are not judged more often than one after the other") {
    Gate gate;
    int judged = 0;
    int shut_out = 0;
    std::vector<std::string> passwords;
    for (int i = 0; i < 99; ++i) passwords.push_back("wrong" + std::to_string(i));
    passwords.emplace_back("hungry");
    for (const std::string& password : passwords) {
        asio::co_spawn(
            gate.house.loop,
            [](Gate& at, std::string guess, int& judged_so_far, int& refused) -> asio::awaitable<void> {
                const auto outcome = co_await at.authenticator.check_password(at.attempt("bob"), std::move(guess));
                const bool away = !outcome && outcome.error().reason == Reason::throttled;
                ++(away ? refused : judged_so_far);
            }(gate, password, judged, shut_out),
            [](const std::exception_ptr& fault) { CHECK_FALSE(fault); });
    }
    gate.house.loop.restart();
    gate.house.loop.run();
    CHECK(judged == 3);
    CHECK(shut_out == 97);
}

TEST_CASE("a hundred right passwords at once all pass") {
    Gate gate;
    int passed = 0;
    for (int i = 0; i < 100; ++i) {
        asio::co_spawn(
            gate.house.loop,
            [](Gate& at, int& so_far) -> asio::awaitable<void> {
                const auto outcome = co_await at.authenticator.check_password(at.attempt("bob"), "hungry");
                if (outcome) ++so_far;
            }(gate, passed),
            [](const std::exception_ptr& fault) { CHECK_FALSE(fault); });
    }
    gate.house.loop.restart();
    gate.house.loop.run();
    CHECK(passed == 100);
}

namespace {

// An authenticator of which one thread hashes, slowly, and which remembers no password yet.
struct BusyGate : Gate {
    explicit BusyGate(std::uint32_t failures = 1000) : Gate(1000, failures) {
        const HashCost slow{.memory_kib = 8192, .passes = 4, .scram_iterations = 4096};
        REQUIRE(
            house.store->write_now(storage::set_credentials("bob@hamburger.edu", make_credentials("hungry", slow))));
    }
    void begin(const locking::QueueBounds& waiting) {
        AuthenticatorOptions busy_options = options();
        busy_options.hash_threads = 1;
        busy_options.checks_waiting = waiting;
        busy.emplace(*house.store, house.log, busy_options);
    }
    // With run(), at once with others.
    void log_in(const std::string& address, const std::string& password, bool& passed) {
        asio::co_spawn(
            house.loop,
            [](Gate& at, Authenticator& judge, std::string from, std::string guess,
               bool& right) -> asio::awaitable<void> {
                const auto outcome = co_await judge.check_password(at.attempt("bob", from), std::move(guess));
                right = outcome.has_value();
            }(*this, *busy, address, password, passed),
            [](const std::exception_ptr& fault) { CHECK_FALSE(fault); });
    }
    void run() {
        house.loop.restart();
        house.loop.run();
    }
    std::optional<Authenticator> busy;
};

}  // namespace

TEST_CASE_FIXTURE(BusyGate, "who has logged in from there before is judged though strangers around fill their places") {
    REQUIRE(login("bob", "hungry", "198.51.100.7"));
    begin({.in_all = 200, .of_one = 1});
    bool stranger = false;
    bool known = false;
    for (int i = 10; i < 50; ++i) log_in("198.51.100." + std::to_string(i), "wrong" + std::to_string(i), stranger);
    log_in("198.51.100.7", "hungry", known);
    run();
    CHECK(known);
    CHECK_FALSE(stranger);
}

TEST_CASE_FIXTURE(BusyGate, "strangers from many networks that lie together do not keep out who comes from elsewhere") {
    begin({.in_all = 20, .of_one = 5});
    std::function<std::string(int)> attacker;
    SUBCASE("of one /16") {
        attacker = [](int i) { return "198.51." + std::to_string(i) + ".7"; };
    }
    SUBCASE("of one /8") {
        attacker = [](int i) { return "198." + std::to_string(i) + ".3.7"; };
    }
    SUBCASE("of one /32 of IPv6") {
        attacker = [](int i) { return "2001:db8:" + std::to_string(i) + "::7"; };
    }
    bool stranger = false;
    bool honest = false;
    bool also = false;
    for (int i = 10; i < 60; ++i) log_in(attacker(i), "wrong" + std::to_string(i), stranger);
    log_in("203.0.113.5", "hungry", honest);
    log_in("2001:db9::5", "hungry", also);
    run();
    CHECK(honest);
    CHECK(also);
    CHECK_FALSE(stranger);
}

TEST_CASE_FIXTURE(BusyGate, "strangers from everywhere do not keep out who has logged in from there before") {
    REQUIRE(login("bob", "hungry", "198.51.100.7"));
    begin({.in_all = 20, .of_one = 5});
    bool stranger = false;
    bool known = false;
    for (int i = 10; i < 60; ++i) log_in(std::to_string(i) + ".2.3.7", "wrong" + std::to_string(i), stranger);
    log_in("198.51.100.7", "hungry", known);
    run();
    CHECK(known);
    CHECK_FALSE(stranger);
}

TEST_CASE("an attempt that could not be judged counts a little") {
    BusyGate gate(3);
    gate.begin({.in_all = 200, .of_one = 1});
    std::array<bool, 20> passed{};
    for (bool& one : passed) gate.log_in("192.0.2.1", "hungry", one);
    gate.run();
    CHECK(std::ranges::count(passed, false) >= 17);  // two at once, and one that waits
    const auto wrong = [&](const char* password) {
        return gate.house.await(gate.busy->check_password(gate.attempt("bob"), password)).error().reason;
    };
    CHECK(wrong("a") == Reason::authentication_failed);
    CHECK(wrong("b") == Reason::authentication_failed);
    CHECK(wrong("c") == Reason::throttled);  // two failures, and half of those that ban an address
}

TEST_CASE("a wrong password that is known is refused without a hash, by the same words") {
    Gate gate;
    const auto first = gate.login("bob", "Hungry");
    gate.authenticator.stop();  // there are no more hashes
    const auto again = gate.login("bob", "Hungry");
    REQUIRE_FALSE(first);
    REQUIRE_FALSE(again);
    CHECK(again.error().reason == first.error().reason);
    CHECK(again.error().text == first.error().text);
    CHECK(gate.login("bob", "other").error().reason == Reason::unavailable);
}

TEST_CASE("hashes are renewed at a log-in when the costs were raised: the log-in stays valid, SCRAM keys come and go") {
    Gate gate;
    const auto before = gate.login("bob", "hungry").value();
    const auto stored = [&] {
        return gate.house.store->read_now(storage::find_credentials("bob@hamburger.edu")).value();
    };
    const std::string old_hash = stored().credentials.argon2id;
    AuthenticatorOptions options = gate.options();
    options.cost.passes = 2;
    options.cost.scram = false;
    Authenticator raised(*gate.house.store, gate.house.log, options);
    CHECK_FALSE(raised.scram_offered());
    const auto log_in = [&](Authenticator& at, const std::string& password) {
        return gate.house.await(at.check_password(gate.attempt("bob"), password));
    };
    CHECK_FALSE(log_in(raised, "Hungry"));
    CHECK(stored().credentials.argon2id == old_hash);
    const auto after = log_in(raised, "hungry");
    REQUIRE(after);
    CHECK(after->generation == before.generation);
    CHECK(stored().generation == before.generation);
    CHECK(stored().credentials.argon2id.starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
    CHECK(stored().credentials.scram_sha_256.stored_key.empty());
    const std::string new_hash = stored().credentials.argon2id;
    CHECK(log_in(raised, "hungry"));
    CHECK(stored().credentials.argon2id == new_hash);
    CHECK(verify_password(new_hash, "hungry"));

    Authenticator with_scram(*gate.house.store, gate.house.log, gate.options());
    CHECK(log_in(with_scram, "hungry"));
    CHECK(stored().credentials.scram_sha_256.iterations == 4096);
}

TEST_CASE("while an account is guessed at from everywhere, strangers wait, and networks that it came from do not") {
    Gate gate(2);
    gate.authenticator.end_delays();  // they are logged, but take no time
    REQUIRE(gate.login("bob", "hungry", "198.51.100.7"));
    CHECK_FALSE(gate.login("bob", "1", "192.0.2.1"));
    CHECK_FALSE(gate.login("bob", "1", "198.51.100.7"));  // no stranger's failure
    CHECK_FALSE(gate.slowed());
    CHECK_FALSE(gate.login("bob", "2", "192.0.2.2"));
    CHECK(gate.login("bob", "hungry", "198.51.100.7"));
    CHECK_FALSE(gate.slowed());
    CHECK(gate.login("bob", "hungry", "192.0.2.3"));  // slower, but not locked out
    CHECK(gate.slowed());
    CHECK(gate.login("bob", "hungry", "192.0.2.3"));  // known now
    CHECK_FALSE(gate.slowed());
    CHECK(gate.login("eve", "secret-eve", "192.0.2.4"));
    CHECK_FALSE(gate.slowed());
    for (const char* address : {"192.0.2.5", "192.0.2.6"}) CHECK_FALSE(gate.login("nobody", "x", address));
    CHECK_FALSE(gate.login("nobody", "y", "192.0.2.7"));
    CHECK(gate.slowed());
}

TEST_CASE("log-ins from more networks than one person has are told of; from one network or this machine they are not") {
    Gate gate;
    for (const char* address : {"192.0.2.1", "192.0.3.1", "192.0.200.9", "127.0.0.1", "198.51.100.1"})
        CHECK(gate.login("bob", "hungry", address));
    CHECK(gate.authenticator.take_spread_accounts().empty());
    CHECK_FALSE(gate.login("bob", "wrong", "203.0.113.1"));
    CHECK(gate.authenticator.take_spread_accounts().empty());
    CHECK(gate.login("bob", "hungry", "2001:db8::1"));
    const std::vector<storage::Account> spread = gate.authenticator.take_spread_accounts();
    REQUIRE(spread.size() == 1);
    CHECK(spread[0].name == "bob@hamburger.edu");
    CHECK(gate.authenticator.take_spread_accounts().empty());
    CHECK(gate.login("bob", "hungry", "2001:db8:9::1"));
    CHECK(gate.authenticator.take_spread_accounts().empty());
    CHECK(std::ranges::any_of(gate.house.log.lines, [](const std::string& line) {
        return line.contains("many-networks") && line.contains("networks=3");
    }));
    CHECK(gate.house.store->read_now(storage::login_networks_of(gate.house.bob, std::time(nullptr)))->size() == 3);
}

TEST_CASE("repeated failures are folded in the log") {
    Gate gate(30, 100);
    for (int i = 0; i < 25; ++i) CHECK_FALSE(gate.login("bob", std::to_string(i)));
    const auto failures = std::ranges::count_if(
        gate.house.log.lines, [](const std::string& line) { return line.starts_with("login-failed "); });
    CHECK(failures == 10);
}

TEST_CASE("of a name that no account can have, the log has a beginning") {
    Gate gate;
    CHECK_FALSE(gate.login(std::string(8'000, '\x1b'), "x"));
    const auto failed = std::ranges::find_if(gate.house.log.lines,
                                             [](const std::string& line) { return line.starts_with("login-failed "); });
    REQUIRE(failed != gate.house.log.lines.end());
    CHECK(std::ranges::count(*failed, '\x1b') == 320);
}

TEST_CASE("a suspended account is answered like one that does not exist, whatever is remembered of its password") {
    Gate gate;
    REQUIRE(gate.login("bob", "hungry"));
    const storage::ScramKeys before = gate.scram("bob").value().keys;
    REQUIRE(gate.house.store->write_now(storage::suspend_account("bob@hamburger.edu", true)));
    const auto suspended = gate.login("bob", "hungry");
    const auto unknown = gate.login("nobody", "hungry", "192.0.2.2");
    REQUIRE_FALSE(suspended);
    CHECK(suspended.error().reason == unknown.error().reason);
    CHECK(suspended.error().text == unknown.error().text);
    const auto record = gate.scram("bob", "192.0.2.3");
    REQUIRE(record);
    CHECK_FALSE(record->identity);
    CHECK(record->keys.salt == before.salt);
    CHECK(record->keys.iterations == before.iterations);
    CHECK(record->keys.stored_key != before.stored_key);  // what the right password proves is of no use
    REQUIRE(gate.house.store->write_now(storage::suspend_account("bob@hamburger.edu", false)));
    CHECK(gate.login("bob", "hungry"));
}

TEST_CASE("plain-text log-ins only from where the config says") {
    Gate gate;
    CHECK(gate.authenticator.plaintext_allowed("127.0.0.1"));
    CHECK_FALSE(gate.authenticator.plaintext_allowed("127.0.0.2"));
    CHECK_FALSE(gate.authenticator.plaintext_allowed("192.0.2.1"));
}
