// Sessions end when their account's credentials change, or when an administrator ends them, whichever process did it.
#include "server/doors/login_watch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <asio/executor_work_guard.hpp>

#include "storage/app_passwords.h"
#include "storage/open_sessions.h"
#include "tests/unit/server/temporary_house.h"

using namespace std::chrono_literals;

namespace {

// Bob's sessions "one" and "two", and Eve's "three", on the server "here".
struct Watched {
    TemporaryHouse house;
    server::AccountConnectionLimit limit{10};
    server::LoginWatch watch{*house.store, limit, house.log, "here"};
    std::vector<std::string> ended;
    std::vector<std::unique_ptr<services::ConnectionSlot>> slots;

    Watched() {
        watch.start(house.loop.get_executor());
        open("one", house.bob);
        open("two", house.bob);
        open("three", house.eve);
        REQUIRE(house.store->write_now(storage::write_sessions("here", limit.take_news().begun, {})));
    }
    ~Watched() {
        watch.stop();
        house.loop.restart();
        house.loop.poll();
    }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void open(const char* id, storage::AccountId account, storage::AppPasswordId app_password = {}) {
        services::Identity identity{.account = account, .name = "name", .generation = 1};
        identity.app_password = app_password;
        slots.push_back(
            limit.take(identity, "192.0.2.1", [this, id] { ended.emplace_back(id); }, nullptr, {id, "imap"}).value());
    }
    // Runs until so many have ended, and what is under way; not for ever.
    std::vector<std::string> until(std::size_t count) {
        const auto guard = asio::make_work_guard(house.loop);
        for (int i = 0; i < 500 && ended.size() < count; ++i) {
            house.loop.restart();
            house.loop.run_one_for(10ms);
        }
        std::ranges::sort(ended);
        return ended;
    }
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a session that is ended by its id goes, and no other") {
    Watched watched;
    REQUIRE(watched.house.store->write_now(storage::end_session("two")));
    CHECK(watched.until(1) == Ids{"two"});
    REQUIRE(watched.house.store->write_now(storage::end_session("three")));
    CHECK(watched.until(2) == Ids{"three", "two"});
}

TEST_CASE("a removed app password ends the sessions that logged in with it, and no others") {
    Watched watched;
    storage::Store& store = *watched.house.store;
    const auto add = [&](const char* label) {
        return store.write_now(storage::add_app_password("bob@hamburger.edu", {.label = label, .sha256 = label}, 9))
            .value();
    };
    const storage::AppPasswordId phone = add("phone");
    watched.open("with phone", watched.house.bob, phone);
    watched.open("with pad", watched.house.bob, add("pad"));
    watched.open("with phone, too", watched.house.bob, phone);
    REQUIRE(store.write_now(storage::remove_app_password("bob@hamburger.edu", "phone")));
    CHECK(watched.until(2) == Ids{"with phone", "with phone, too"});
    REQUIRE(store.write_now(storage::end_session("three")));
    CHECK(watched.until(3) == Ids{"three", "with phone", "with phone, too"});
}

TEST_CASE("a suspension, and the end of its log-ins, end an account's sessions, and no other's") {
    for (const bool suspended : {true, false}) {
        CAPTURE(suspended);
        Watched watched;
        if (suspended) {
            REQUIRE(watched.house.store->write_now(storage::suspend_account("bob@hamburger.edu", true)));
        } else {
            REQUIRE(watched.house.store->write_now(storage::end_log_ins("bob@hamburger.edu")));
        }
        CHECK(watched.until(2) == Ids{"one", "two"});
    }
}
