// Log-ins to the page are listed and ended as those of mail programs are, and whatever a page reads is checked against
// its log-in: server/README.md "Identity".
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "server/auth/authenticator.h"
#include "server/delivery/directory.h"
#include "server/delivery/intake/intake.h"
#include "server/doors/connection_limit.h"
#include "storage/blobs.h"
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
    server::AccountConnectionLimit limit{1};
    server::delivery::Directory directory{*house.store};
    server::delivery::Intake intake{*house.store, directory, house.log, {}, [this] { return now; }};
    web::Options options;
    int randoms = 0;
    web::Site site{options,
                   {*house.store, authenticator, directory, intake, house.log,
                    [this](const services::Identity& identity, const std::string& address, std::string id,
                           std::function<void()> log_out) -> std::shared_ptr<void> {
                        return limit.enlist(identity, address, std::move(log_out), {std::move(id), "http"});
                    },
                    [this] { return now; }, [this](std::size_t) { return "random" + std::to_string(++randoms); }}};
    std::string cookie;

    web::Response get(const std::string& path, web::Fields query = {}) {
        web::Request request{.method = "GET", .path = path, .query = std::move(query)};
        request.cookie = cookie;
        request.client_address = "192.0.2.1";
        return house.await(site.answer(std::move(request)));
    }
    void log_in(const std::string& password = "hungry") {
        web::Request request{.method = "POST", .path = "/login"};
        request.form = {{"user", "bob"}, {"password", password}};
        request.client_address = "192.0.2.1";
        const web::Response response = house.await(site.answer(std::move(request)));
        for (const auto& [name, value] : response.headers) {
            if (name == "Set-Cookie") cookie = value.substr(0, value.find(';'));
        }
    }
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

TEST_CASE("a browser's session is listed while it lasts, and uses up no connection") {
    Browser browser;
    browser.log_in();
    REQUIRE(browser.is_in());
    CHECK(browser.limit.taken(browser.house.bob) == 0);
    const auto begun = browser.limit.take_news().begun;
    REQUIRE(begun.size() == 1);
    CHECK(begun[0].door == "http");
    CHECK(begun[0].address == "192.0.2.1");
    CHECK(begun[0].account == browser.house.bob);
    browser.now += 13 * 3600;
    browser.site.look_after();  // nobody has used it for long
    CHECK(browser.closed("timeout") == 1);
    CHECK(browser.limit.take_news().over == std::vector{begun[0].id});
}

TEST_CASE("an administrator ends a browser's session") {
    Browser browser;
    browser.log_in();
    const std::string first = browser.cookie;
    browser.log_in();
    const auto begun = browser.limit.take_news().begun;
    REQUIRE(begun.size() == 2);
    const bool in_order = begun[0].id < begun[1].id;
    CHECK(browser.limit.log_out_sessions({begun[in_order ? 0 : 1].id}) == 1);
    CHECK(browser.is_in());
    browser.cookie = first;
    CHECK_FALSE(browser.is_in());
    CHECK(browser.closed("logged-out") == 1);
}

TEST_CASE("once the password has changed the page shows nothing more, told or not") {
    Browser browser;
    browser.log_in();
    REQUIRE(browser.is_in());
    browser.change_password("starving");
    const web::Response response = browser.get("/mail");
    CHECK(response.status == 303);
    CHECK(browser.closed("logged-out") == 1);
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
