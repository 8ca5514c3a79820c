// What is held for recipients of this server: RFC 4865. It leaves the queue for their mailboxes, by the intake.
#include <algorithm>

#include "storage/queue.h"
#include "tests/unit/server/queue/queue_house.h"

using namespace queue_test;

namespace {

constexpr std::int64_t hour = 3600;

// A house with mail that is due in an hour.
struct HeldHouse : QueueHouse {
    HeldHouse() {
        has_intake = true;
        submitted = true;
        release_at = clock + hour;
    }
    void wait_an_hour() {
        advance(hour);
        until([&] { return queue_is_empty(); }, "nothing waits");
    }
};

}  // namespace

TEST_CASE("what is held for an address here comes to its mailbox when it is due, not before") {
    HeldHouse house;
    house.put({"bob@here.test"}, "later");
    house.start();
    house.turn(50ms);
    CHECK(house.bounces().empty());  // all that has come to the one mailbox
    house.wait_an_hour();
    const std::vector<std::string> come = house.bounces();
    REQUIRE(come.size() == 1);
    CHECK(come[0].starts_with("Return-Path: <alice@here.test>\r\nReceived: by mail.here.test"));
    CHECK(come[0].ends_with("Subject: later\r\n\r\nlater\r\n"));
    const auto told = [](const std::string& line) {
        return line.starts_with("delivered ") && line.contains(" to=bob@here.test ");
    };
    house.until([&] { return std::ranges::any_of(house.log.lines, told); }, "the log says so");
}

TEST_CASE("who wants to hear of success hears that it was delivered") {
    HeldHouse house;
    house.notify = storage::dsn_notify::success;
    house.put({"bob@here.test"}, "later");
    house.start();
    house.wait_an_hour();
    const std::vector<std::string> come = house.bounces();
    REQUIRE(come.size() == 2);
    CHECK(come[1].contains("\r\nAction: delivered\r\n"));
    CHECK(come[1].contains("\r\nFinal-Recipient: rfc822; bob@here.test\r\n"));
}

TEST_CASE("of a held message those elsewhere get it from the queue, those here from the intake") {
    HeldHouse house;
    house.address("there.test", 2);
    FakePeer& peer = house.peer(2, {});
    house.put({"bob@here.test", "x@there.test"}, "later");
    house.start();
    house.wait_an_hour();
    CHECK(house.bounces().size() == 1);
    REQUIRE(peer.saw().taken.size() == 1);
    CHECK(peer.saw().taken[0].recipients.size() == 1);
}

TEST_CASE("a mailbox that is full when the message is due is tried again; one that is gone fails") {
    HeldHouse house;
    house.addresses.full = true;
    house.put({"bob@here.test"}, "later");
    house.start();
    house.advance(hour);
    house.until([&] { return house.log.deferred["bob@here.test"] == 1; }, "the first attempt fails for now");
    CHECK(house.bounces().empty());
    house.addresses.full = false;
    house.addresses.gone = "bob@here.test";
    house.advance_until([&] { return house.log.final.contains("bob@here.test"); }, "an outcome");
    CHECK(house.log.final["bob@here.test"] == std::vector<std::string>{"failed"});
    REQUIRE(house.bounces().size() == 1);
    CHECK(house.bounces()[0].contains("\r\nStatus: 5.1.1\r\n"));
}

TEST_CASE("an address that the directory refuses for now is tried again here, and not sent out") {
    HeldHouse house;
    house.addresses.busy = true;
    house.put({"bob@here.test"}, "later");
    house.start();
    house.advance(hour);
    house.until([&] { return house.log.deferred["bob@here.test"] == 1; }, "the first attempt fails for now");
    house.addresses.busy = false;
    house.advance_until([&] { return house.queue_is_empty(); }, "it is delivered");
    CHECK(house.log.final.empty());
    REQUIRE(house.bounces().size() == 1);
    CHECK(house.bounces()[0].ends_with("Subject: later\r\n\r\nlater\r\n"));
}

TEST_CASE("a directory that fails delays what is held, and loses nothing") {
    HeldHouse house;
    house.addresses.faults = 1;
    house.put({"bob@here.test"}, "later");
    house.start();
    house.advance(hour);
    const auto failed = [](const std::string& line) { return line.starts_with("not-dispatched"); };
    house.until([&] { return std::ranges::any_of(house.log.lines, failed); }, "it fails");
    house.advance_until([&] { return house.queue_is_empty(); }, "it is delivered when its lease has ended");
    CHECK(house.bounces().size() == 1);
}
