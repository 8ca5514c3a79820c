// Log-ins with a second factor: the password alone opens nothing, a code works once, guesses are counted, others use
// app passwords. server/README.md "Identity".
#include <doctest/doctest.h>

#include <algorithm>

#include "server/auth/app_passwords.h"
#include "server/auth/authenticator.h"
#include "server/auth/login_audit.h"
#include "server/auth/totp.h"
#include "storage/audit.h"
#include "storage/second_factors.h"
#include "tests/unit/server/temporary_house.h"

using namespace server::auth;
using services::Identity;
using services::LoginAttempt;
using storage::Reason;
using storage::Result;

namespace {

constexpr std::string_view code_secret = "12345678901234567890";

// Bob's second factor is on.
struct CodeGate {
    TemporaryHouse house;
    std::int64_t now = 1'700'000'000;
    storage::Store& store = audited(house);
    Authenticator judge{store, house.log, options()};
    LoginAudit authenticator{judge, store, [this] { return now; }};

    CodeGate() {
        REQUIRE(store.write_now(storage::begin_second_factor("bob@hamburger.edu", std::string(code_secret))));
        REQUIRE(store.write_now(storage::confirm_second_factor(
            "bob@hamburger.edu", std::string(code_secret), totp_step(now) - 2, {*recovery_code_hash(recovery)}, now)));
    }
    static storage::Store& audited(TemporaryHouse& house) {
        storage::StoreOptions options = house.store->options();
        options.audit.keep = std::chrono::hours(1);
        house.store.reset();
        house.store = std::make_unique<storage::Store>(options);
        return *house.store;
    }
    AuthenticatorOptions options() {
        return {.cost = TemporaryHouse::cheap,
                .throttle = {.failures = 8, .delay = std::chrono::seconds(0)},
                .codes = {.most = 3},
                .now = [this] { return now; },
                .scram_secret = "secret"};
    }
    static LoginAttempt attempt(const std::string& user, bool page = true, const std::string& address = "192.0.2.1") {
        if (page) return {user, address, "1", "http", "form", true};
        return {user, address, "1", "imap", "PLAIN"};
    }
    Result<Identity> password(const std::string& given, bool page = true, const std::string& user = "bob") {
        return house.await(authenticator.check_password(attempt(user, page), given));
    }
    Result<Identity> code(const std::string& given, const std::string& address = "192.0.2.1") {
        const Result<Identity> known = password("hungry");
        return house.await(authenticator.check_code(attempt("bob", true, address), known.value(), given));
    }
    std::string code_of(std::int64_t at) const { return hotp(code_secret, static_cast<std::uint64_t>(totp_step(at))); }
    std::ptrdiff_t audited_as(std::string_view action) {
        authenticator.write_down_now();
        return std::ranges::count(store.read_now(storage::read_audit({})).value(), action,
                                  &storage::AuditEntry::action);
    }

    static constexpr const char* recovery = "abcd-efgh-2345-mnpq";
};

}  // namespace

TEST_CASE("with a second factor the password is refused where no code can be asked for, to whoever knows it") {
    CodeGate gate;
    const auto refused = gate.password("hungry", false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == Reason::app_password_needed);
    CHECK(gate.password("wrong", false).error().reason == Reason::authentication_failed);
    CHECK(gate.password("secret-eve", false, "eve"));
    CHECK(gate.audited_as("login-barred") == 1);
    CHECK(gate.audited_as("login") == 1);
    const std::string app = generate_app_password();
    REQUIRE(gate.store.write_now(storage::add_app_password(
        "bob@hamburger.edu", make_app_password(app, "phone", storage::AppPasswordScope::mail, TemporaryHouse::cheap),
        9)));
    const auto phone = gate.password(app, false);
    REQUIRE(phone);
    CHECK_FALSE(phone->code_needed);
}

TEST_CASE("by SCRAM it is refused once the proof is right") {
    CodeGate gate;
    auto record =
        gate.house.await(gate.authenticator.scram_record({"bob", "192.0.2.1", "1", "imap", "SCRAM-SHA-256"})).value();
    REQUIRE(record.identity);
    REQUIRE(record.barred);
    CHECK(record.barred->reason == Reason::app_password_needed);
}

TEST_CASE("the page gets an identity that needs a code; a code opens once, and so does a recovery code") {
    CodeGate gate;
    const auto known = gate.password("hungry");
    REQUIRE(known);
    CHECK(known->code_needed);
    CHECK(gate.audited_as("login") == 0);
    CHECK(gate.code("000000").error().reason == Reason::authentication_failed);
    const auto open = gate.code(gate.code_of(gate.now));
    REQUIRE(open);
    CHECK_FALSE(open->code_needed);
    CHECK(open->account == gate.house.bob);
    CHECK(gate.audited_as("login") == 1);
    CHECK_FALSE(gate.code(gate.code_of(gate.now)));
    CHECK_FALSE(gate.code(gate.code_of(gate.now - 30)));
    CHECK(gate.code("ABCD efgh 2345 mnpq"));
    CHECK_FALSE(gate.code(CodeGate::recovery));
    gate.now += 30;
    CHECK(gate.code(gate.code_of(gate.now)));
    CHECK_FALSE(gate.code(gate.code_of(gate.now + 60)));
}

TEST_CASE("codes of one account may be tried so often within an hour, from wherever; the password opens no more") {
    CodeGate gate;
    for (const char* address : {"192.0.2.1", "198.51.100.1", "203.0.113.1"})
        CHECK(gate.code("000000", address).error().reason == Reason::authentication_failed);
    CHECK(gate.code(gate.code_of(gate.now), "203.0.113.9").error().reason == Reason::throttled);
    gate.now += 3'600;
    CHECK(gate.code(gate.code_of(gate.now), "203.0.113.9"));
    CHECK(gate.password("secret-eve", false, "eve"));
}

TEST_CASE("wrong codes ban their address like wrong passwords") {
    CodeGate gate;
    for (int i = 0; i < 8; ++i) {
        gate.now += 3'600;  // the account's own limit is another one
        CHECK_FALSE(gate.code("00000" + std::to_string(i)));
    }
    CHECK(gate.password("hungry").error().reason == Reason::throttled);
}

TEST_CASE("a second factor that waits for its first code asks nothing") {
    CodeGate gate;
    REQUIRE(gate.store.write_now(storage::begin_second_factor("eve@hamburger.edu", "x")));
    CHECK(gate.password("secret-eve", false, "eve"));
    CHECK_FALSE(gate.password("secret-eve", true, "eve")->code_needed);
    REQUIRE(gate.store.write_now(storage::remove_second_factor("bob@hamburger.edu")));
    CHECK(gate.password("hungry", false));
}
