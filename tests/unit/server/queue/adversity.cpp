// What peers, the DNS, administrators and our own store may do in the midst of it. Every recipient still comes to one
// outcome, and no message is sent twice.
#include <algorithm>

#include "server/queue/runner.h"
#include "tests/unit/server/queue/queue_house.h"

using namespace queue_test;

namespace {

void host_of_there(QueueHouse& house, PeerBehaviour behaviour) {
    house.address("there.test", 2);
    house.peer(2, std::move(behaviour));
}

std::vector<std::string> numbered(int count) {
    std::vector<std::string> recipients;
    for (int i = 0; i < count; ++i) recipients.push_back("u" + std::to_string(i) + "@there.test");
    return recipients;
}

}  // namespace

TEST_CASE("a greeting of five megabytes is not taken in: another host gets the mail") {
    std::string lines;
    while (lines.size() < 5'000'000) lines += "220-and so on\r\n";
    for (const std::string& greeting : {"220 " + std::string(5'000'000, 'x'), lines + "220 at last"}) {
        QueueHouse house;
        house.mx("there.test", 10, "a.test");
        house.mx("there.test", 20, "b.test");
        house.address("a.test", 2);
        house.address("b.test", 3);
        house.peer(2, {.greeting = greeting});
        house.peer(3);
        house.put({"x@there.test"});
        house.start();
        house.until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
        CHECK(house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
        CHECK(house.last_peer().saw().taken.size() == 1);
        // The log quotes none of it.
        for (const std::string& line : house.log.lines) CHECK(line.size() < 10'000);
    }
}

TEST_CASE("a peer that is slow with each recipient gets the message for those that it has accepted, then the rest") {
    QueueHouse house;
    house.options.outbound.timeouts.envelope = 100ms;
    host_of_there(house, {.ehlo = "250-peer\r\n250 8BITMIME", .rcpt_delay_ms = 40});
    const std::vector<std::string> recipients = numbered(9);
    house.put(recipients);
    house.start();
    house.until([&] { return house.log.final.size() == 9; }, "all have an outcome");
    CHECK(house.log.deferred.empty());
    CHECK(house.last_peer().saw().taken.size() > 1);
    CHECK(house.last_peer().saw().connections == 1);
    for (const std::string& recipient : recipients) CHECK(house.taken(recipient) == 1);
}

TEST_CASE("a peer that is as slow with recipients named at once is given up, and nobody gets the message twice") {
    QueueHouse house;
    house.options.outbound.timeouts.envelope = 100ms;
    host_of_there(house, {.rcpt_delay_ms = 40});
    const std::vector<std::string> recipients = numbered(9);
    house.put(recipients);
    house.start();
    house.until([&] { return house.log.deferred.size() == 9; }, "all are put off");
    CHECK(house.last_peer().saw().taken.empty());
    house.last_peer().does().rcpt_delay_ms = 0;
    house.advance_until([&] { return house.log.final.size() == 9; }, "all have an outcome");
    for (const std::string& recipient : recipients) CHECK(house.taken(recipient) == 1);
}

TEST_CASE("routes that change while messages are on their way lose none and repeat none") {
    QueueHouse house;
    FakePeer& before = house.peer(2, {.delay_ms = 20});
    FakePeer& after = house.peer(3);
    const auto route_to = [&](const char* host) {
        house.options.outbound.routes = {{"*", host, house.port, server::RouteTls::none, "", ""}};
    };
    route_to("127.0.0.2");
    const std::vector<std::string> recipients = numbered(60);
    for (const std::string& recipient : recipients) house.put({recipient});
    house.start();
    house.until([&] { return before.saw().taken.size() >= 3; }, "some are out");
    route_to("127.0.0.3");
    house.advance(0);
    house.until([&] { return house.log.final.size() == 60; }, "all have an outcome");
    CHECK(before.saw().taken.size() + after.saw().taken.size() == 60);
    CHECK(after.saw().taken.size() > 0);
    for (const std::string& recipient : recipients) CHECK(house.taken(recipient) == 1);
    house.until([&] { return house.queue_is_empty(); }, "the queue is empty");
}

TEST_CASE("a host that has moved is found where it is now") {
    QueueHouse house;
    house.options.schedule.lifetime = 10h;
    house.names.forbid_caching();
    house.address("there.test", 77);  // nobody listens there
    house.put({"x@there.test", "y@there.test"});
    house.start();
    house.until([&] { return house.log.deferred.size() == 2; }, "put off");
    house.names.replace(wire_name("there.test"), 1, std::string("\x7f\0\0\x03", 4));
    house.peer(3);
    house.advance_until([&] { return house.log.final.size() == 2; }, "an outcome");
    CHECK(house.taken("x@there.test") == 1);
    CHECK(house.taken("y@there.test") == 1);
    CHECK(house.last_peer().saw().taken.size() == 1);
}

TEST_CASE("an outcome that cannot be written down at once is written down once") {
    QueueHouse house;
    host_of_there(house, {.rcpt = [](const std::string&) { return "550 5.1.1 nobody"; }});
    house.addresses.faults = 2;  // who is to be told of it?
    house.put({"x@there.test"});
    house.start();
    house.until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
    CHECK(std::ranges::count_if(house.log.lines, [](const auto& line) { return line.starts_with("not-recorded"); }) ==
          2);
    CHECK(house.last_peer().saw().connections == 1);
    CHECK(house.bounces().size() == 1);
    CHECK(house.queue_is_empty());
}

TEST_CASE("what the log counts are numbers") {
    QueueHouse house;
    host_of_there(house, {});
    const auto id = house.put({"x@there.test"});
    house.start();
    house.until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
    const auto relayed =
        std::ranges::find_if(house.log.written, [](const auto& event) { return event.name == "relayed"; });
    REQUIRE(relayed != house.log.written.end());
    std::map<std::string, services::LogValue> fields(relayed->fields.begin(), relayed->fields.end());
    CHECK(fields.at("queue").is_number());
    CHECK(fields.at("queue").text() == std::to_string(id.value));
    CHECK(fields.at("attempt").is_number());
    CHECK(fields.at("ms").is_number());
    CHECK(fields.at("address").text() == "127.0.0.2");
}

TEST_CASE("a server that is told to stop awaits the answer to a message sent whole, and does not send it again") {
    QueueHouse house;
    host_of_there(house, {.delay_ms = 50, .at = [&](const std::string& step) {
                              if (step == "DOT") house.begin_to_stop();
                          }});
    house.put({"x@there.test"});
    house.start();
    house.until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
    CHECK(house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
    CHECK(house.queue_is_empty());
    house.last_peer().does().at = [](const std::string&) {};
    house.crash();  // and another start
    house.turn(100ms);
    CHECK(house.taken("x@there.test") == 1);
}

// RFC 5321 §3.8: a connection that is lost in the midst of a message is no word about it, nor about other mail.
TEST_CASE("a message that breaks every connection does not stop the other mail to its host") {
    QueueHouse house;
    house.options.connections_per_destination = 1;
    host_of_there(house, {.rcpt = [](const std::string& line) {
                      return line.contains("bad@") ? std::string("RESET") : std::string("250 ok");
                  }});
    house.put({"bad@there.test"});
    for (int i = 0; i < 3; ++i) house.put({"u" + std::to_string(i) + "@there.test"});
    house.start();
    house.until([&] { return house.log.final.size() == 3; }, "the others are out");
    for (int i = 0; i < 3; ++i) CHECK(house.log.deferred["u" + std::to_string(i) + "@there.test"] == 0);
    house.until([&] { return house.log.deferred["bad@there.test"] == 1; }, "the one is put off");
}

TEST_CASE("a window that grows is used at once") {
    QueueHouse house;
    host_of_there(house, {.delay_ms = 100});
    for (int i = 0; i < 3; ++i) house.put({"u" + std::to_string(i) + "@there.test"});
    house.start();
    house.until([&] { return house.log.final.size() == 3; }, "all are out");
    CHECK(house.last_peer().saw().peak > 1);
}
