// Log-ins to the page are listed and ended as those of mail programs are, and whatever a page reads is checked against
// its log-in: server/README.md "Identity".
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "server/auth/authenticator.h"
#include "server/delivery/directory.h"
#include "server/delivery/intake/intake.h"
#include "server/web_sessions.h"
#include "storage/blobs.h"
#include "storage/web_sessions.h"
#include "tests/unit/server/temporary_house.h"
#include "web/routes.h"

namespace {

// The page, with one user's browser.
struct Browser {
    TemporaryHouse house;
    std::int64_t now = 1'700'000'000;
    server::auth::Authenticator authenticator{
        *house.store,
        house.log,
        {.plaintext_from = {*server::auth::Network::parse("192.0.2.0/24")}, .cost = TemporaryHouse::cheap}};
    server::delivery::Directory directory{*house.store};
    server::delivery::Intake intake{*house.store, directory, house.log, {}, [this] { return now; }};
    web::Options options;
    int randoms = 0;
    std::unique_ptr<web::Site> site = make();
    std::string cookie;
    bool tls = false;

    std::unique_ptr<web::Site> make() {
        return std::make_unique<web::Site>(
            options, web::Services{*house.store, authenticator, directory, intake, house.log, [this] { return now; },
                                   [this](std::size_t) { return "random" + std::to_string(++randoms); }});
    }

    web::Response ask(web::Request request) {
        request.cookie = cookie;
        request.client_address = "192.0.2.1";
        request.user_agent = "a browser";
        request.tls = tls;
        return house.await(site->answer(std::move(request)));
    }
    web::Response get(const std::string& path, web::Fields query = {}) {
        return ask({.method = "GET", .path = path, .query = std::move(query)});
    }
    web::Response post(const std::string& path, web::Fields form) {
        return ask({.method = "POST", .path = path, .form = std::move(form)});
    }
    void log_in(const std::string& password = "hungry", const std::string& user = "bob") {
        cookie.clear();
        const web::Response response = post("/login", {{"user", user}, {"password", password}});
        const std::string set = header(response, "Set-Cookie");
        cookie = set.substr(0, set.find(';'));
    }
    static std::string header(const web::Response& response, const std::string& wanted) {
        for (const auto& [name, value] : response.headers)
            if (name == wanted) return value;
        return "";
    }
    // Of the session, as its forms have it.
    std::string form_token() {
        const std::string body = get("/compose").body;
        const std::size_t from = body.find("name=\"token\" value=\"") + 20;
        return body.substr(from, body.find('"', from) - from);
    }
    std::vector<storage::OpenWebSession> listed() {
        return house.store->read_now(storage::list_web_sessions(now)).value();
    }
    void restart() { site = make(); }
    bool is_in() { return get("/mail").status == 200; }
    std::size_t closed(const std::string& reason) const {
        return static_cast<std::size_t>(std::ranges::count_if(house.log.lines, [&](const std::string& line) {
            return line.starts_with("close reason=" + reason + " account=bob@hamburger.edu");
        }));
    }
    void change_password(const std::string& password) {
        const auto credentials = server::auth::make_credentials(password, TemporaryHouse::cheap);
        REQUIRE(house.store->write_now(storage::set_credentials("bob@hamburger.edu", credentials)));
    }
};

}  // namespace

TEST_CASE("a browser's session is listed while it lasts; its time begins anew when it is used") {
    Browser browser;
    browser.log_in();
    REQUIRE(browser.is_in());
    const auto listed = browser.listed();
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].account == "bob@hamburger.edu");
    CHECK(listed[0].session.address == "192.0.2.1");
    CHECK(listed[0].session.user_agent == "a browser");
    browser.now += 11 * 3600;
    CHECK(browser.is_in());
    browser.now += 11 * 3600;
    CHECK(browser.is_in());
    CHECK(browser.listed()[0].session.used_at == browser.now);
    browser.now += 12 * 3600;
    CHECK_FALSE(browser.is_in());
    CHECK(browser.listed().empty());
    browser.house.await([](Browser& of) -> asio::awaitable<bool> {
        co_await server::look_after_web_sessions(*of.house.store, of.house.log, of.now);
        co_return true;
    }(browser));
    CHECK(browser.closed("timeout") == 1);
}

TEST_CASE("a browser's session outlives the server; the store knows its cookie by a hash alone") {
    Browser browser;
    browser.log_in();
    browser.restart();
    CHECK(browser.is_in());
    const std::string token = browser.cookie.substr(browser.cookie.find('=') + 1);
    CHECK_FALSE(browser.house.store->read_now(storage::find_web_session(token, browser.now)).value());
}

TEST_CASE("an administrator ends a browser's session") {
    Browser browser;
    browser.log_in();
    const std::string first = browser.cookie;
    ++browser.now;
    browser.log_in();
    REQUIRE(browser.listed().size() == 2);
    REQUIRE(browser.house.store->write_now(storage::end_web_session(browser.listed()[0].session.id)));
    CHECK(browser.is_in());
    browser.cookie = first;
    CHECK_FALSE(browser.is_in());
}

TEST_CASE("many log-ins of one account end its own least recently used ones, and nobody else's") {
    Browser browser;
    browser.options.sessions_per_account = 3;
    browser.restart();
    browser.log_in("secret-eve", "eve");
    const std::string eve = browser.cookie;
    browser.log_in();
    const std::string first = browser.cookie;
    for (int i = 0; i < 200; ++i) {
        ++browser.now;
        browser.log_in();
    }
    CHECK(browser.is_in());
    CHECK(browser.listed().size() == 4);
    CHECK(browser.closed("turned-away") == 198);
    browser.cookie = first;
    CHECK_FALSE(browser.is_in());
    browser.cookie = eve;
    CHECK(browser.is_in());
}

TEST_CASE("logging out ends the session, and clears what the browser has kept") {
    Browser browser;
    browser.log_in();
    const web::Response response = browser.post("/logout", {{"token", browser.form_token()}});
    CHECK(response.status == 303);
    CHECK(browser.header(response, "Clear-Site-Data") == R"("cache", "cookies", "storage")");
    CHECK(browser.closed("quit") == 1);
    CHECK_FALSE(browser.is_in());
    CHECK(browser.listed().empty());
}

TEST_CASE("nothing private is kept by caches; over TLS the cookie is this host's alone") {
    Browser browser;
    browser.tls = true;
    browser.log_in();
    CHECK(browser.cookie.starts_with("__Host-mailstead="));
    for (const char* path : {"/mail", "/compose", "/password", "/message", "/part"}) {
        CAPTURE(path);
        CHECK(browser.header(browser.get(path), "Cache-Control") == "no-store");
    }
    browser.cookie = browser.cookie.substr(7);  // without the prefix it is not taken over TLS
    CHECK_FALSE(browser.is_in());
}

TEST_CASE("a new password asks for the old one, keeps this session, and ends the others") {
    Browser browser;
    browser.log_in();
    const std::string other = browser.cookie;
    browser.log_in();
    const auto change = [&](const std::string& old, const std::string& fresh, const std::string& again) {
        return browser.post("/password",
                            {{"token", browser.form_token()}, {"password", old}, {"new", fresh}, {"again", again}});
    };
    CHECK(change("thirsty", "starving", "starving").status == 403);
    CHECK(change("hungry", "starving", "starvink").status == 403);
    CHECK(change("hungry", "short", "short").status == 403);
    CHECK(change("secret-eve", "starving", "starving").status == 403);
    CHECK(browser.post("/password", {{"password", "hungry"}, {"new", "starving"}, {"again", "starving"}}).status ==
          403);
    CHECK(change("hungry", "starving", "starving").status == 303);
    CHECK(browser.is_in());
    CHECK(browser.listed().size() == 1);
    browser.cookie = other;
    CHECK_FALSE(browser.is_in());
    browser.log_in("hungry");
    CHECK_FALSE(browser.is_in());
    browser.log_in("starving");
    CHECK(browser.is_in());
}

TEST_CASE("once the password has changed the page shows nothing more") {
    Browser browser;
    browser.log_in();
    REQUIRE(browser.is_in());
    browser.change_password("starving");
    CHECK(browser.get("/mail").status == 303);
    CHECK(browser.get("/").status == 200);  // the form to log in
    browser.log_in("starving");
    CHECK(browser.is_in());
}

TEST_CASE("a page that is being sent ends where the log-in does") {
    for (const bool changes : {false, true}) {
        CAPTURE(changes);
        Browser browser;
        const std::string content = "Subject: x\r\n\r\nfor bob alone\r\n";
        services::IntakeEnvelope envelope;
        envelope.recipients.push_back(
            {browser.house.await(browser.directory.resolve("bob@hamburger.edu")).value(), 0, ""});
        const auto message = browser.intake.begin(std::move(envelope));
        REQUIRE(browser.house.await(message->write(content)));
        REQUIRE(browser.house.await(message->finish()));
        browser.log_in();
        const auto inbox = browser.house.store->read_now(storage::find_mailbox(browser.house.bob, "INBOX")).value();
        web::Response part =
            browser.get("/part", {{"mailbox", std::to_string(inbox.id.value)}, {"uid", "1"}, {"part", "1"}});
        REQUIRE(part.status == 200);
        if (changes) browser.change_password("starving");
        const std::optional<std::string> piece = browser.house.await(part.stream());
        CHECK(piece.value_or("") == (changes ? "" : "for bob alone\r\n"));
    }
}
