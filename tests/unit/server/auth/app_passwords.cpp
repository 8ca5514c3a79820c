// App passwords: how they are typed, their scopes, and log-ins with them. server/README.md "Identity".
#include "server/auth/app_passwords.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "server/auth/authenticator.h"
#include "server/auth/login_audit.h"
#include "storage/audit.h"
#include "storage/log_in.h"
#include "tests/unit/server/temporary_house.h"

using namespace server::auth;
using services::LoginAttempt;
using storage::AppPasswordScope;
using storage::Reason;

namespace {

// Bob has an app password, "phone".
struct AppPasswordGate {
    TemporaryHouse house;
    std::int64_t now = 1'700'000'000;
    storage::Store& store = audited(house);
    Authenticator judge{store, house.log, options()};
    LoginAudit authenticator{judge, store, [this] { return now; }};
    const std::string phone = add("phone");

    static storage::Store& audited(TemporaryHouse& house) {
        storage::StoreOptions options = house.store->options();
        options.audit.keep = std::chrono::hours(1);
        house.store.reset();
        house.store = std::make_unique<storage::Store>(options);
        return *house.store;
    }
    AuthenticatorOptions options() {
        return {.cost = TemporaryHouse::cheap,
                .throttle = {.failures = 6, .delay = std::chrono::seconds(0)},
                .checks_waiting = {.in_all = 100, .of_one = 100},
                .now = [this] { return now; },
                .scram_secret = "secret"};
    }
    std::string add(const std::string& label, AppPasswordScope scope = AppPasswordScope::all,
                    std::optional<std::int64_t> expires_at = std::nullopt) {
        std::string password = generate_app_password();
        storage::NewAppPassword made = make_app_password(password, label, scope, TemporaryHouse::cheap);
        made.expires_at = expires_at;
        REQUIRE(store.write_now(storage::add_app_password("bob@hamburger.edu", made, 10)));
        return password;
    }
    storage::Result<services::Identity> login(const std::string& user, const std::string& password,
                                              const std::string& area = "imap", const std::string& mechanism = "PLAIN",
                                              const std::string& address = "192.0.2.1") {
        return house.await(authenticator.check_password({user, address, "1", area, mechanism}, password));
    }
    services::Authenticator::ScramRecord scram(const std::string& user, const std::string& area = "imap") {
        return house.await(authenticator.scram_record({user, "192.0.2.1", "1", area, "SCRAM-SHA-256"})).value();
    }
    void finish(services::Authenticator::ScramRecord record, const std::string& user, bool right) {
        house.await([](AppPasswordGate& at, services::Authenticator::ScramRecord of, std::string name,
                       bool succeeded) -> asio::awaitable<bool> {
            co_await at.authenticator.scram_finished({name, "192.0.2.1", "1", "imap", "SCRAM-SHA-256"},
                                                     std::move(of.exchange), succeeded);
            co_return true;
        }(*this, std::move(record), user, right));
    }
    std::vector<storage::AuditEntry> audit() {
        authenticator.write_down_now();
        return store.read_now(storage::read_audit({})).value();
    }
    std::vector<storage::AppPassword> listed() { return store.read_now(storage::app_passwords_of(house.bob)).value(); }
    void look_after() {
        house.await([](AppPasswordGate& at) -> asio::awaitable<bool> {
            co_await at.judge.look_after_app_passwords();
            co_return true;
        }(*this));
    }
};

}  // namespace

TEST_CASE("app passwords: six groups of four, and typed in many ways") {
    std::set<std::string> made;
    for (int i = 0; i < 100; ++i) made.insert(generate_app_password());
    CHECK(made.size() == 100);
    for (const std::string& one : made) {
        REQUIRE(one.size() == 29);
        CHECK(std::ranges::count(one, '-') == 5);
        CHECK(one.find_first_of("lo10 ") == std::string::npos);
    }
    const auto hash = app_password_hash("abcd-efgh-2345-mnpq-rstu-vwxy");
    REQUIRE(hash);
    CHECK(hash->size() == 32);
    CHECK(app_password_hash("abcdefgh2345mnpqrstuvwxy") == hash);
    CHECK(app_password_hash(" ABCD efgh 2345 MNPQ rstu vwxy ") == hash);
    CHECK(app_password_hash("abcd-efgh-2345-mnpq-rstu-vwxz") != hash);
    CHECK_FALSE(app_password_hash(""));
    CHECK_FALSE(app_password_hash("abcd-efgh-2345-mnpq-rstu-vwx"));
    CHECK_FALSE(app_password_hash("abcd-efgh-2345-mnpq-rstu-vwxyz"));
    CHECK_FALSE(app_password_hash("abcd-efgh-2345-mnpq-rstu-vwx!"));
    CHECK_FALSE(app_password_hash(generate_password()));
    CHECK_FALSE(app_password_hash(std::string(100'000, 'a')));
}

TEST_CASE("a scope lets pass the doors that it names; none opens the page") {
    const auto within = [](AppPasswordScope scope) {
        std::string doors;
        for (const char* area : {"imap", "pop3", "smtp", "submission"})
            if (is_within(scope, {.area = area, .mechanism = "PLAIN"})) doors += std::string(area) + " ";
        if (is_within(scope, {.area = "http", .mechanism = "Basic"})) doors += "http ";
        if (is_within(scope, {.area = "http", .mechanism = "form"})) doors += "page ";
        return doors;
    };
    CHECK(within(AppPasswordScope::all) == "imap pop3 smtp submission http ");
    CHECK(within(AppPasswordScope::mail) == "imap pop3 smtp submission ");
    CHECK(within(AppPasswordScope::receive) == "imap pop3 ");
    CHECK(within(AppPasswordScope::send) == "smtp submission ");
    for (const char* word : {"all", "mail", "receive", "send"}) CHECK(word_of(scope_of(word).value()) == word);
    CHECK_FALSE(scope_of("none"));
}

TEST_CASE("a log-in's name can say which app password is meant") {
    const auto said = [](std::string_view name) {
        const auto named = labelled_name(name);
        return named ? named->account + " " + named->label : "none";
    };
    CHECK(said("bob%phone@example.org") == "bob@example.org phone");
    CHECK(said("bob%phone") == "bob phone");
    CHECK(said("bob%my phone@example.org") == "bob@example.org my phone");
    CHECK(said("bob@example.org") == "none");
    CHECK(said("%phone@example.org") == "none");
    CHECK(said("bob%@example.org") == "none");
    CHECK(said("bob%a%b@example.org") == "none");
    CHECK(said("bob@example.org%phone") == "none");
    CHECK(said("bob%" + std::string(65, 'x')) == "none");
}

TEST_CASE("a log-in with an app password costs no argon2id, and says which it was") {
    AppPasswordGate gate;
    gate.judge.stop();  // nobody can hash any more
    const auto identity = gate.login("bob", gate.phone);
    REQUIRE(identity);
    CHECK(identity->account == gate.house.bob);
    CHECK(identity->name == "bob@hamburger.edu");
    CHECK(identity->log_in().app_password == gate.listed()[0].id);
    CHECK(gate.store.read_now(storage::valid_log_in(identity->log_in())));
    CHECK(gate.login("bob%phone@hamburger.edu", gate.phone));
    CHECK(gate.login("BOB%Phone", gate.phone));
    CHECK_FALSE(gate.login("bob", "hungry"));
}

TEST_CASE("an app password is the account's alone, until it expires or is removed; the account's own stays right") {
    AppPasswordGate gate;
    const std::string week = gate.add("week", AppPasswordScope::all, gate.now + 10);
    CHECK(gate.login("bob", week));
    CHECK_FALSE(gate.login("eve", gate.phone));
    CHECK_FALSE(gate.login("bob%week", gate.phone));
    CHECK(gate.login("bob", "hungry"));
    CHECK(gate.login("bob", "hungry")->log_in().app_password.value == 0);
    gate.now += 10;
    CHECK_FALSE(gate.login("bob", week, "imap", "PLAIN", "192.0.2.2"));
    REQUIRE(gate.store.write_now(storage::remove_app_password("bob@hamburger.edu", "phone")));
    CHECK_FALSE(gate.login("bob", gate.phone, "imap", "PLAIN", "192.0.2.3"));
    for (const std::string& line : gate.house.log.lines) CHECK(line.find(gate.phone) == std::string::npos);
}

TEST_CASE("a name with a label is no name for the account's own password") {
    AppPasswordGate gate;
    CHECK_FALSE(gate.login("bob%phone", "hungry"));
    CHECK_FALSE(gate.login("bob%pad", "hungry"));
    CHECK(gate.login("bob", "hungry"));
}

TEST_CASE("wrong app passwords count like wrong passwords; one for another door does not, and is told") {
    AppPasswordGate gate;
    const std::string send = gate.add("out", AppPasswordScope::send);
    for (int i = 0; i < 7; ++i) {
        const auto refused = gate.login("bob", send);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::out_of_scope);
        CHECK(refused.error().text == "the app password \"out\" is not for this: its scope is send");
    }
    CHECK(gate.login("bob", send, "submission"));
    CHECK(gate.login("bob", gate.phone, "http", "form").error().reason == Reason::out_of_scope);
    const std::vector<storage::AuditEntry> before = gate.audit();
    CHECK(std::ranges::count(before, "login-barred", &storage::AuditEntry::action) == 2);
    CHECK(std::ranges::count(before, "submission PLAIN app password out", &storage::AuditEntry::detail) == 1);
    for (int i = 0; i < 6; ++i) CHECK_FALSE(gate.login("bob", generate_app_password()));
    CHECK(gate.login("bob", gate.phone).error().reason == Reason::throttled);
}

TEST_CASE("a suspended account's app passwords are none") {
    AppPasswordGate gate;
    REQUIRE(gate.store.write_now(storage::suspend_account("bob@hamburger.edu", true)));
    const auto refused = gate.login("bob", gate.phone);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == Reason::authentication_failed);
    CHECK_FALSE(gate.scram("bob%phone").identity);
}

TEST_CASE("SCRAM: by the account's name its own password; by a name with a label that app password") {
    AppPasswordGate gate;
    const auto own = gate.scram("bob");
    CHECK(own.identity->app_password.value == 0);
    auto phone = gate.scram("bob%phone@hamburger.edu");
    REQUIRE(phone.identity);
    CHECK(phone.identity->app_password == gate.listed()[0].id);
    CHECK(phone.keys.salt != own.keys.salt);
    CHECK_FALSE(phone.barred);
    const auto unknown = gate.scram("bob%pad");
    CHECK_FALSE(unknown.identity);
    CHECK(unknown.keys.salt != own.keys.salt);
    CHECK(unknown.keys.salt == gate.scram("BOB%pad@hamburger.edu").keys.salt);
    CHECK(unknown.keys.salt != gate.scram("bob%desk").keys.salt);  // as those of names that nobody has
    CHECK(unknown.keys.iterations == own.keys.iterations);
    gate.finish(std::move(phone), "bob%phone", true);
    const std::vector<storage::AuditEntry> entries = gate.audit();
    const auto login = std::ranges::find(entries, "login", &storage::AuditEntry::action);
    REQUIRE(login != entries.end());
    CHECK(login->subject == "bob@hamburger.edu");
    CHECK(login->detail == "imap SCRAM-SHA-256 app password phone");
}

TEST_CASE("SCRAM with an app password for other doors is refused once the proof is right, and is no failure") {
    AppPasswordGate gate;
    gate.add("out", AppPasswordScope::send);
    for (int i = 0; i < 7; ++i) {
        auto record = gate.scram("bob%out");
        REQUIRE(record.barred);
        CHECK(record.barred->reason == Reason::out_of_scope);
        gate.finish(std::move(record), "bob%out", true);
    }
    CHECK(gate.login("bob", "hungry"));
    CHECK_FALSE(gate.scram("bob%out", "submission").barred);
}

TEST_CASE("when and from where it was used is written now and then; what has expired is removed") {
    AppPasswordGate gate;
    gate.add("week", AppPasswordScope::all, gate.now + 10);
    REQUIRE(gate.login("bob", gate.phone));
    CHECK(gate.listed()[0].used_at == 0);
    gate.look_after();
    CHECK(gate.listed()[0].used_at == gate.now);
    CHECK(gate.listed()[0].used_from == "192.0.2.1");
    CHECK(gate.listed().size() == 2);
    gate.now += 20;
    REQUIRE(gate.login("bob", gate.phone));
    gate.look_after();
    CHECK(gate.listed()[0].used_at == gate.now - 20);  // known well enough
    CHECK(gate.listed().size() == 1);
    CHECK(std::ranges::count(gate.house.log.lines, "app-password-expired account=bob@hamburger.edu label=week") == 1);
    gate.now += 3'600;
    REQUIRE(gate.login("bob", gate.phone));
    gate.judge.write_app_password_uses_now();
    CHECK(gate.listed()[0].used_at == gate.now);
}
