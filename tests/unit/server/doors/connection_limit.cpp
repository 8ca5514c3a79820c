// Connections per account: the limit, who is exempt, slots given back, the end of outdated ones. protocols/README.md
// "Network".
#include "server/doors/connection_limit.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using server::AccountConnectionLimit;
using storage::AccountId;

TEST_CASE("each account has so many places, wherever its clients are; they are given back") {
    AccountConnectionLimit places(2);
    const services::Identity bob{.account = AccountId{1}, .name = "bob@hamburger.edu"};
    const services::Identity janice{.account = AccountId{2}, .name = "janice@hamburger.edu"};
    auto first = places.take(bob, "192.0.2.1", {}, nullptr);
    CHECK(first.value());
    auto second = places.take(bob, "2001:db8::1", {}, nullptr);
    CHECK(second.value());
    const auto third = places.take(bob, "192.0.2.3", {}, nullptr);
    REQUIRE_FALSE(third);
    CHECK(third.error().reason == storage::Reason::too_many);
    CHECK(places.take(janice, "192.0.2.1", {}, nullptr));
    CHECK(places.taken(janice.account) == 0);  // none is held
    first->reset();
    CHECK(places.taken(bob.account) == 1);
    CHECK(places.take(bob, "192.0.2.3", {}, nullptr));
    second->reset();
    CHECK(places.taken(bob.account) == 0);
}

TEST_CASE("clients on this machine are not counted, 127.0.0.2 is the network") {
    AccountConnectionLimit places(1);
    const services::Identity bob{.account = AccountId{1}, .name = "bob@hamburger.edu"};
    std::vector<std::unique_ptr<services::ConnectionSlot>> kept;
    for (const char* here : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
        auto place = places.take(bob, here, {}, nullptr);
        REQUIRE(place);
        kept.push_back(std::move(*place));
    }
    CHECK(places.taken(bob.account) == 0);
    const auto other = places.take(bob, "127.0.0.2", {}, nullptr);
    CHECK(other);
    CHECK(places.taken(bob.account) == 1);
    CHECK_FALSE(places.take(bob, "127.0.0.2", {}, nullptr));
    CHECK(places.take(bob, "127.0.0.1", {}, nullptr));
}

TEST_CASE("a new limit holds for who comes next") {
    AccountConnectionLimit places(0);
    const services::Identity bob{.account = AccountId{1}, .name = "bob@hamburger.edu"};
    CHECK_FALSE(places.take(bob, "192.0.2.1", {}, nullptr));
    places.configure(1);
    const auto place = places.take(bob, "192.0.2.1", {}, nullptr);
    CHECK(place);
    places.configure(0);
    CHECK_FALSE(places.take(bob, "192.0.2.1", {}, nullptr));
    CHECK(places.taken(bob.account) == 1);
}

TEST_CASE("connections that logged in with other credentials than the present ones are ended, once") {
    AccountConnectionLimit places(10);
    std::vector<std::string> ended;
    std::vector<std::unique_ptr<services::ConnectionSlot>> kept;
    const auto connect = [&](std::int64_t account, std::int64_t generation, const char* address, const char* name) {
        auto place = places.take(
            {.account = AccountId{account}, .name = name, .generation = generation}, address,
            [&ended, name] { ended.emplace_back(name); }, nullptr);
        kept.push_back(std::move(place.value()));
    };
    connect(1, 1, "192.0.2.1", "old");
    connect(1, 1, "127.0.0.1", "old, on this machine");
    connect(1, 2, "192.0.2.1", "new");
    connect(2, 7, "192.0.2.1", "other account");
    connect(3, 1, "192.0.2.1", "account that is gone");
    CHECK(places.accounts().size() == 3);
    const std::vector<AccountId> asked{{1}, {2}, {3}, {4}};
    const std::vector<storage::AccountGeneration> present{{AccountId{1}, 2}, {AccountId{2}, 7}};
    CHECK(places.log_out_outdated(asked, present) == 3);
    CHECK(ended == std::vector<std::string>{"old", "old, on this machine", "account that is gone"});
    CHECK(places.log_out_outdated(asked, present) == 0);
    kept.clear();
    CHECK(places.accounts().empty());
}

TEST_CASE("a log-in that read its credentials before a change and comes behind it is doubted") {
    AccountConnectionLimit places(10);
    std::vector<AccountId> doubted;
    places.on_doubt([&](AccountId account) { doubted.push_back(account); });
    const auto before = std::chrono::steady_clock::now();
    const auto take = [&](std::chrono::steady_clock::time_point read_at) {
        return places.take({.account = AccountId{1}, .name = "bob", .read_at = read_at}, "192.0.2.1", {}, nullptr)
            .has_value();
    };
    CHECK(take(before));
    CHECK(doubted.empty());  // nothing has changed
    places.credentials_may_have_changed();
    CHECK(take(before));
    CHECK(doubted == std::vector<AccountId>{{1}});
    CHECK(take(std::chrono::steady_clock::now() + std::chrono::seconds(1)));
    CHECK(doubted.size() == 1);
}

namespace {

services::LoggedInSession imap(const std::string& id) { return {.id = id, .door = "imap"}; }

}  // namespace

TEST_CASE("which sessions have begun and are over since the last time; a short one is never told") {
    AccountConnectionLimit places(10, [] { return 1'700'000'000; });
    const services::Identity bob{.account = AccountId{1}, .name = "bob@hamburger.edu"};
    auto long_one = places.take(bob, "192.0.2.1", {}, nullptr, imap("long")).value();
    auto short_one = places.take(bob, "192.0.2.2", {}, nullptr, imap("short")).value();
    short_one.reset();
    AccountConnectionLimit::News news = places.take_news();
    REQUIRE(news.begun.size() == 1);
    CHECK(news.begun[0].id == "long");
    CHECK(news.begun[0].account == AccountId{1});
    CHECK(news.begun[0].door == "imap");
    CHECK(news.begun[0].address == "192.0.2.1");
    CHECK(news.begun[0].since == 1'700'000'000);
    CHECK(news.over.empty());

    SUBCASE("what could not be written is told again") {
        places.give_back_news(std::move(news));
        CHECK(places.take_news().begun.size() == 1);
    }
    SUBCASE("unless it is over by then") {
        long_one.reset();
        places.give_back_news(std::move(news));
        const AccountConnectionLimit::News later = places.take_news();
        CHECK(later.begun.empty());
        CHECK(later.over.empty());
    }
    SUBCASE("over") {
        long_one.reset();
        CHECK(places.take_news().over == std::vector<std::string>{"long"});
        CHECK(places.take_news().over.empty());
    }
    SUBCASE("another user of the same connection (RFC 8437)") {
        long_one.reset();
        const services::Identity eve{.account = AccountId{2}, .name = "eve@hamburger.edu"};
        const auto again = places.take(eve, "192.0.2.1", {}, nullptr, imap("long")).value();
        news = places.take_news();
        CHECK(news.over.empty());
        REQUIRE(news.begun.size() == 1);
        CHECK(news.begun[0].account == AccountId{2});
    }
}

TEST_CASE("sessions are ended by their ids, once") {
    AccountConnectionLimit places(10);
    std::vector<std::string> ended;
    std::vector<std::unique_ptr<services::ConnectionSlot>> kept;
    for (const char* id : {"one", "two", "three"}) {
        kept.push_back(places
                           .take(
                               {.account = AccountId{1}, .name = "bob"}, "192.0.2.1",
                               [&ended, id] { ended.emplace_back(id); }, nullptr, imap(id))
                           .value());
    }
    CHECK(places.log_out_sessions({"two", "four"}) == 1);
    CHECK(places.log_out_sessions({"two", "four"}) == 0);
    CHECK(ended == std::vector<std::string>{"two"});
}
