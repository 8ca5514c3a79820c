// Log-ins in the audit: what is noted, folded, and when it is written.
#include "server/auth/login_audit.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "storage/store_await.h"
#include "tests/unit/server/temporary_house.h"

using namespace server::auth;
using services::Identity;
using services::LoginAttempt;
using storage::AuditKind;
using storage::Reason;
using storage::Result;

namespace {

// Passwords say what becomes of them.
struct Judge : services::Authenticator {
    asio::awaitable<Result<Identity>> check_password(LoginAttempt attempt, std::string password) override {
        if (password == "right") {
            co_return Identity{.account = {1}, .name = attempt.user + "@hamburger.edu"};
        }
        const Reason reason = password == "shut out" ? Reason::throttled
                              : password == "busy"   ? Reason::unavailable
                                                     : Reason::authentication_failed;
        co_return storage::refuse(reason, "no");
    }
    asio::awaitable<Result<ScramRecord>> scram_record(LoginAttempt) override {
        co_return ScramRecord{.identity = Identity{.account = {1}, .name = "bob@hamburger.edu"}, .keys = {}};
    }
    asio::awaitable<void> scram_finished(LoginAttempt, std::unique_ptr<ScramExchange>, bool) override { co_return; }
    bool plaintext_allowed(const std::string&) const override { return true; }
};

struct Office {
    TemporaryHouse house;
    Judge judge;
    std::int64_t now = 1'700'000'000;
    LoginAudit audit;

    Office() : audit(judge, reopened(), [this] { return now; }) {}

    storage::Store& reopened() {
        storage::StoreOptions options = house.store->options();
        house.store.reset();
        options.audit.keep = std::chrono::hours(1);
        house.store = std::make_unique<storage::Store>(options);
        return *house.store;
    }
    static LoginAttempt attempt(const std::string& user, const std::string& address = "192.0.2.1") {
        return {user, address, "1", "imap", "PLAIN"};
    }
    void try_password(const LoginAttempt& attempt, const std::string& password) {
        static_cast<void>(house.await(audit.check_password(attempt, password)));
    }
    void finish_scram(const LoginAttempt& attempt, bool succeeded) {
        house.await([](LoginAudit& told, LoginAttempt whose, bool well) -> asio::awaitable<int> {
            Result<services::Authenticator::ScramRecord> record = co_await told.scram_record(whose);
            co_await told.scram_finished(std::move(whose), std::move(record->exchange), well);
            co_return 0;
        }(audit, attempt, succeeded));
    }
    void write_down() {
        house.await([](LoginAudit& told) -> asio::awaitable<int> {
            co_await told.write_down();
            co_return 0;
        }(audit));
    }
    std::vector<std::string> lines() {
        std::vector<std::string> all;
        for (const auto& entry : house.store->read_now(storage::read_audit({.most = 10'000})).value()) {
            all.push_back(entry.action + " " + entry.subject + " " + entry.address + " " + entry.detail + " " +
                          std::to_string(entry.count));
        }
        return all;
    }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("log-ins are written together, by the account's name; the same again is folded") {
    Office office;
    office.try_password(Office::attempt("bob"), "right");
    ++office.now;
    office.try_password(Office::attempt("bob"), "right");
    office.try_password(Office::attempt("bob", "192.0.2.2"), "right");
    CHECK(office.lines().empty());
    office.write_down();
    CHECK(office.lines() ==
          Lines{"login bob@hamburger.edu 192.0.2.1 imap PLAIN 2", "login bob@hamburger.edu 192.0.2.2 imap PLAIN 1"});
    office.write_down();
    CHECK(office.lines().size() == 2);
    office.try_password(Office::attempt("bob"), "right");
    office.audit.write_down_now();
    CHECK(office.lines().size() == 3);
}

TEST_CASE("failures are noted with what was given; being too busy is none of the client's") {
    Office office;
    office.try_password(Office::attempt("eve"), "wrong");
    office.try_password(Office::attempt("eve"), "also wrong");
    office.try_password(Office::attempt("eve"), "shut out");
    office.try_password(Office::attempt("eve"), "busy");
    office.write_down();
    CHECK(office.lines() ==
          Lines{"login-failed eve 192.0.2.1 imap PLAIN 2", "login-shut-out eve 192.0.2.1 imap PLAIN 1"});
}

TEST_CASE("SCRAM is noted when it is over, by the name of the account") {
    Office office;
    office.finish_scram(Office::attempt("Bob"), true);
    office.finish_scram(Office::attempt("bob"), false);
    office.write_down();
    CHECK(office.lines() ==
          Lines{"login bob@hamburger.edu 192.0.2.1 imap PLAIN 1", "login-failed bob 192.0.2.1 imap PLAIN 1"});
}

TEST_CASE("a SCRAM exchange that is given up is noted, too") {
    Office office;
    static_cast<void>(office.house.await(office.audit.scram_record(Office::attempt("bob"))));
    office.write_down();
    CHECK(office.lines() == Lines{"login-given-up bob 192.0.2.1 imap PLAIN 1"});
}

TEST_CASE("a guesser that changes its names is one entry beyond a thousand") {
    Office office;
    for (int i = 0; i < 1'500; ++i)
        office.try_password(Office::attempt(std::string(1'000, 'x') + std::to_string(i)), "wrong");
    office.write_down();
    CHECK(office.lines() == Lines{"login-failed " + std::string(320, 'x') + " 192.0.2.1 imap PLAIN 1500"});
    for (int i = 0; i < 1'500; ++i) office.try_password(Office::attempt("guess " + std::to_string(i)), "wrong");
    office.write_down();
    CHECK(office.lines().size() == 1 + 1'001);
    CHECK(std::ranges::count(office.lines(), "login-failed (many)  imap 500") == 1);
}

TEST_CASE("where nothing is kept nothing is collected") {
    TemporaryHouse house;
    Judge judge;
    LoginAudit audit(judge, *house.store, [] { return 1; });
    static_cast<void>(house.await(audit.check_password(Office::attempt("bob"), "right")));
    audit.write_down_now();
    CHECK(house.store->read_now(storage::read_audit({})).value().empty());
}
