// What the sender of a message to many hosts is told, and how often. With fake clock, peers and DNS.
#include "server/queue/conclusion.h"

#include <algorithm>
#include <set>

#include "storage/failing_addresses.h"
#include "storage/store.h"
#include "tests/unit/server/queue/queue_house.h"

using namespace queue_test;

namespace {

constexpr int sixty = 60;

std::string recipient(int n) { return "x@d" + std::to_string(n) + ".test"; }

// A next hop of its own for each domain; one peer is behind them all.
std::vector<std::string> many_hosts(QueueHouse& house, int count, PeerBehaviour behaviour) {
    std::vector<std::string> recipients;
    for (int n = 0; n < count; ++n) {
        house.address("d" + std::to_string(n) + ".test", 2);
        recipients.push_back(recipient(n));
    }
    house.peer(2, std::move(behaviour));
    return recipients;
}

std::ptrdiff_t naming(const std::vector<std::string>& notices, int n, const char* action) {
    return std::ranges::count_if(notices, [&](const std::string& notice) {
        return notice.contains("Final-Recipient: rfc822; " + recipient(n) + "\r\nAction: " + action);
    });
}

}  // namespace

TEST_CASE("a message that many hosts put off makes one delay notice, which names all of them") {
    QueueHouse house;
    house.options.schedule.delay_notice_after = 1s;
    house.put(many_hosts(house, sixty, {.rcpt = [](const std::string&) { return "451 4.3.0 later"; }}));
    house.clock += 2;
    house.start();
    house.until([&] { return house.log.deferred.size() == sixty; }, "all are put off");
    house.turn(50ms);
    REQUIRE(house.bounces().size() == 1);
    for (int n = 0; n < sixty; ++n) CHECK(naming(house.bounces(), n, "delayed") == 1);
    house.advance_until([&] { return house.log.deferred[recipient(0)] > 2; }, "again");
    CHECK(house.bounces().size() == 1);
}

TEST_CASE("a message that many hosts refuse makes one report, which names all of them") {
    for (const bool submitted : {true, false}) {
        CAPTURE(submitted);
        QueueHouse house;
        house.submitted = submitted;
        house.put(many_hosts(house, sixty, {.rcpt = [](const std::string&) { return "550 5.1.1 nobody"; }}));
        house.start();
        house.until([&] { return house.log.final.size() == sixty && house.queue_is_empty(); }, "all have failed");
        REQUIRE(house.bounces().size() == 1);
        for (int n = 0; n < sixty; ++n) CHECK(naming(house.bounces(), n, "failed") == 1);
    }
}

TEST_CASE("hosts that fail one after the other: a sender from outside hears thrice at most, and each failure once") {
    constexpr int waves = 6;
    for (const bool submitted : {true, false}) {
        CAPTURE(submitted);
        QueueHouse house;
        house.submitted = submitted;
        house.options.schedule.waits = {60s};
        std::set<std::string> refused;
        house.put(many_hosts(house, waves, {.rcpt = [&](const std::string& line) {
                                 const std::string to = line.substr(9, line.rfind('>') - 9);
                                 return refused.contains(to) ? "550 5.1.1 nobody" : "451 4.3.0 later";
                             }}));
        house.start();
        for (int wave = 0; wave < waves; ++wave) {
            house.until(
                [&] {
                    for (int n = wave; n < waves; ++n) {
                        if (house.log.deferred[recipient(n)] != wave + 1) return false;
                    }
                    return true;
                },
                "the others are put off");
            if (wave == 3) house.crash();  // what has not been told is not forgotten
            refused.insert(recipient(wave));
            house.advance(60);
            house.until([&] { return house.log.final.contains(recipient(wave)); }, "one fails");
        }
        house.until([&] { return house.queue_is_empty(); }, "none is left");
        const std::vector<std::string> notices = house.bounces();
        REQUIRE(notices.size() == (submitted ? waves : 3));
        for (int n = 0; n < waves; ++n) CHECK(naming(notices, n, "failed") == 1);
        CHECK(notices[0].contains("Content-Type: message/rfc822\r\n"));
        for (std::size_t i = 1; i < notices.size(); ++i) CHECK(notices[i].contains("text/rfc822-headers"));
        CHECK(notices.back().contains("Diagnostic-Code: smtp; 550 5.1.1 nobody"));
    }
}

TEST_CASE(
    "an account's mail to an address that has failed for good three times is suppressed; a policy is no failure") {
    QueueHouse house;
    house.address("far.test", 2);
    house.peer(2, {.rcpt = [](const std::string& line) {
                   if (line.contains("gone@")) return "550 5.1.1 nobody";
                   return line.contains("full@") ? "552 5.2.2 full" : "550 5.7.1 not from you";
               }});
    house.submitted = true;
    house.start();
    const auto suppressed = [&] { return *house.store->read_now(storage::list_suppressed({}, house.clock)); };
    const storage::AccountId account = house.store->read_now(storage::list_accounts())->front().id;
    for (int n = 0; n < 3; ++n) {
        CHECK(suppressed().empty());
        house.put({"gone@far.test", "full@far.test", "you@far.test"}, "hello", "alice@here.test", account.value);
        house.until([&] { return house.queue_is_empty(); }, "all have failed");
    }
    REQUIRE(suppressed().size() == 1);
    CHECK(suppressed()[0].address == "gone@far.test");
    CHECK(suppressed()[0].last_reply == "550 5.1.1 nobody");
    CHECK(suppressed()[0].until == house.clock + 180 * 86'400);
}
