// What connections may hold together: by address, network, door and account; who gives way (budgets.h).
#include "server/budget/budgets.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using net::Resource;
using server::budget::Amounts;
using server::budget::Budgets;
using server::budget::Share;

namespace {

// 10,000 octets of memory for strangers: 1,000 belong to each of the five doors, 5,000 to all. One address may hold
// 2,500.
struct House {
    std::chrono::steady_clock::time_point now{};
    Budgets budgets{{.strangers = {10'000, 100'000}, .account = {3'000, 5'000}}, [this] { return now; }};
    std::vector<std::string> crowded_out;

    std::shared_ptr<net::Allowance> admit(const std::string& address, std::uint64_t octets, Share share = Share::smtp) {
        return budgets.admit(address, share, octets, [this, address] { crowded_out.push_back(address); });
    }
};

}  // namespace

TEST_CASE("one address holds a quarter, its /24 half, an IPv6 /64, /56 and /48 one to three quarters") {
    House house;
    const auto first = house.admit("192.0.2.1", 1'500);
    REQUIRE(first);
    CHECK(first->take(Resource::memory, 1'000));
    CHECK_FALSE(first->take(Resource::memory, 1));
    CHECK(first->take(Resource::staging, 25'000));  // counted for itself
    CHECK_FALSE(first->take(Resource::staging, 1));
    CHECK_FALSE(house.admit("192.0.2.1", 1));
    const auto second = house.admit("192.0.2.77", 2'500);
    CHECK(second);
    CHECK_FALSE(house.admit("192.0.2.200", 1));
    CHECK(house.admit("192.0.3.1", 1));
    first->give_back(Resource::memory, 100);
    CHECK(house.admit("192.0.2.1", 100));
    CHECK(house.crowded_out.empty());

    House other;
    std::vector<std::shared_ptr<net::Allowance>> kept;
    const auto fits = [&](const char* address, std::uint64_t octets) {
        kept.push_back(other.budgets.admit(address, Share::imap, octets, {}));
        return kept.back() != nullptr;
    };
    CHECK(fits("2001:db8:0:1::1", 2'499));
    CHECK_FALSE(fits("2001:db8:0:1:ffff::1", 2));  // the same /64
    CHECK(fits("2001:db8:0:2::1", 2'499));
    CHECK_FALSE(fits("2001:db8:0:3::1", 3));  // the same /56
    CHECK_FALSE(fits("2001:db8:0:100::1", 2'501));
    CHECK(fits("2001:db8:0:100::1", 1'001));  // the same /48; of the doors' common part 4,999 are used
    kept.clear();
    CHECK(other.budgets.held_by_strangers() == Amounts{});
}

TEST_CASE("a door's own part stays free for it") {
    House house;
    std::vector<std::shared_ptr<net::Allowance>> kept;
    for (int i = 0; i < 12; ++i) kept.push_back(house.admit("198.51." + std::to_string(i) + ".1", 500));
    CHECK(house.budgets.held_by_strangers()[0] == 6'000);  // its own 1,000, and all that is common
    CHECK_FALSE(house.admit("198.51.99.1", 501));
    const auto imap = house.admit("198.51.99.1", 1'000, Share::imap);
    CHECK(imap);
    CHECK(house.crowded_out.empty());
    CHECK_FALSE(imap->take(Resource::memory, 501));  // more than a connection of the other door holds
    CHECK(imap->take(Resource::memory, 0));
}

TEST_CASE("the network that holds most loses its oldest connection to one that holds less") {
    House house;
    std::vector<std::shared_ptr<net::Allowance>> kept;
    for (int i = 0; i < 4; ++i) kept.push_back(house.admit("203.0.113.1", 500));
    for (int i = 0; i < 40; ++i) kept.push_back(house.admit("198.51." + std::to_string(i) + ".1", 100));
    CHECK(house.budgets.held_by_strangers()[0] == 6'000);
    const auto newcomer = house.admit("192.0.2.1", 100);
    CHECK(newcomer);
    CHECK(house.crowded_out == std::vector<std::string>{"203.0.113.1"});
    CHECK_FALSE(kept[0]->take(Resource::memory, 1));  // it is to end
    CHECK(kept[1]->take(Resource::memory, 0));
    CHECK(house.budgets.held_by_strangers()[0] == 5'600);
    kept[0].reset();
    CHECK(house.budgets.held_by_strangers()[0] == 5'600);

    // What grows makes others give way too, but not those that hold less than it will.
    CHECK(newcomer->take(Resource::memory, 400));
    CHECK(house.crowded_out.size() == 1);
    CHECK(newcomer->take(Resource::memory, 400));
    CHECK(house.crowded_out == std::vector<std::string>{"203.0.113.1", "203.0.113.1"});
    CHECK(house.budgets.held_by_strangers()[0] == 5'900);
    CHECK_FALSE(newcomer->take(Resource::memory, 900));
    CHECK(house.crowded_out.size() == 2);
}

TEST_CASE("once a connection had ten seconds, it gives way to any other") {
    House house;
    std::vector<std::shared_ptr<net::Allowance>> kept;
    for (int i = 0; i < 60; ++i) kept.push_back(house.admit("198.51." + std::to_string(i) + ".1", 100));
    CHECK_FALSE(house.admit("192.0.2.1", 100));
    house.now += std::chrono::seconds(9);
    CHECK_FALSE(house.admit("192.0.2.1", 100));
    house.now += std::chrono::seconds(1);
    const auto newcomer = house.admit("192.0.2.1", 100);
    CHECK(newcomer);
    CHECK(house.crowded_out == std::vector<std::string>{"198.51.0.1"});
}

TEST_CASE("not more is crowded out than can be on its way out") {
    House house;
    std::vector<std::shared_ptr<net::Allowance>> kept;
    for (int i = 0; i < 60; ++i) kept.push_back(house.admit("198.51." + std::to_string(i) + ".1", 100));
    house.now += std::chrono::seconds(10);
    std::vector<std::shared_ptr<net::Allowance>> newcomers;
    for (int i = 0; i < 40; ++i) newcomers.push_back(house.admit("192.0." + std::to_string(i) + ".1", 100));
    CHECK(house.crowded_out.size() == 26);  // 2,500 octets, a quarter of 10,000, and the one that passes it
    CHECK(newcomers[25]);
    CHECK_FALSE(newcomers[26]);
    kept.clear();
    CHECK(house.admit("192.0.77.1", 100));
}

TEST_CASE("with the log-in a connection draws on its account's budget") {
    House house;
    const auto first = house.admit("192.0.2.1", 1'000);
    const auto second = house.admit("127.0.0.1", 1'000);
    first->belong_to(7);
    CHECK(house.budgets.held_by_strangers() == Amounts{});
    CHECK(house.budgets.held_by(7) == Amounts{1'000, 0});
    CHECK(first->take(Resource::memory, 1'000));
    second->belong_to(7);
    CHECK(house.budgets.held_by(7) == Amounts{3'000, 0});
    CHECK_FALSE(second->take(Resource::memory, 1));
    CHECK(second->take(Resource::staging, 5'000));
    CHECK_FALSE(first->take(Resource::staging, 1));
    first->belong_to(0);
    CHECK(house.budgets.held_by(7) == Amounts{1'000, 5'000});
    CHECK(house.budgets.held_by_strangers() == Amounts{2'000, 0});
    second->belong_to(0);
    CHECK(house.budgets.held_by(7) == Amounts{});
    CHECK(house.budgets.held_by_strangers() == Amounts{2'000, 0});  // this machine is no stranger
    CHECK(second->take(Resource::memory, 1'000'000));
}

TEST_CASE("a gateway is no single address") {
    House house;
    house.budgets.configure({.strangers = {8'000, 80'000}, .gateways = {*server::auth::parse_address("172.17.0.1")}});
    const auto many = house.admit("172.17.0.1", 4'000);
    CHECK(many);
    CHECK_FALSE(house.admit("172.17.0.2", 3'000));
}

TEST_CASE("a hold grows and shrinks in steps, and gives back at its end") {
    House house;
    house.budgets.configure({.strangers = {80'000, 80'000}});
    const std::shared_ptr<net::Allowance> allowance = house.admit("192.0.2.1", 0);
    const auto held = [&] { return house.budgets.held_by_strangers()[0]; };
    {
        net::Hold hold(Resource::memory, allowance);
        CHECK(hold.set(1));
        CHECK(held() == 4'096);
        CHECK(hold.set(4'097));
        CHECK(held() == 8'192);
        CHECK_FALSE(hold.set(80'000));
        CHECK(held() == 8'192);
        net::Hold moved(std::move(hold));
        CHECK(held() == 8'192);
        CHECK(moved.set(10));
        CHECK(held() == 4'096);
    }
    CHECK(held() == 0);
    CHECK(net::Hold(Resource::memory).set(UINT64_MAX / 2));  // without an allowance
}
