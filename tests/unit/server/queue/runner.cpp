// Stories of the queue, each to its end: every recipient gets exactly one outcome, and no peer gets a message twice,
// except where RFC 5321 §4.5.3.2.6 and §4.1.1.4 make it unavoidable. With fake clock, peers and DNS.
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <latch>
#include <set>
#include <thread>

#include "storage/store.h"
#include "storage/store_await.h"
#include "tests/unit/server/queue/queue_house.h"

using namespace queue_test;

namespace {

constexpr std::size_t each_attempt = SIZE_MAX;

struct Story {
    const char* name;
    std::function<void(QueueHouse&)> scene;  // peers and DNS, for mail to x@there.test
    const char* outcome;                     // relayed or failed
    std::size_t taken = 1;                   // by all peers together
    const char* reply = "";                  // contained in the log or the bounce
    int deferred_at_least = 0;
};

void two_hosts(QueueHouse& house, PeerBehaviour first, PeerBehaviour second) {
    house.mx("there.test", 10, "a.test");
    house.mx("there.test", 20, "b.test");
    house.address("a.test", 2);
    house.address("b.test", 3);
    house.peer(2, std::move(first));
    house.peer(3, std::move(second));
}

void one_host(QueueHouse& house, PeerBehaviour behaviour) {
    house.address("there.test", 2);  // no MX: the domain itself (RFC 5321 §5.1)
    house.peer(2, std::move(behaviour));
}

// Behaves one way at first, and another from the nth connection on.
PeerBehaviour at_first(PeerBehaviour behaviour, std::size_t connections, std::function<void(PeerBehaviour&)> then,
                       std::shared_ptr<PeerBehaviour*> self) {
    auto count = std::make_shared<std::size_t>(0);
    behaviour.at = [=](const std::string& step) {
        if (step == "GREETING" && ++*count > connections) then(**self);
    };
    return behaviour;
}

PeerBehaviour greeting(const char* text) { return {.greeting = text}; }

const Story stories[] = {
    {"all is well", [](QueueHouse& house) { one_host(house, {}); }, "relayed"},
    {"the greeting never comes, at the last host", [](QueueHouse& house) { one_host(house, greeting("")); }, "failed",
     0, "did not answer in time", 1},
    {"the greeting never comes, and another host is well",
     [](QueueHouse& house) { two_hosts(house, greeting(""), {}); }, "relayed"},
    {"421 for a greeting, and another host is well",
     [](QueueHouse& house) { two_hosts(house, greeting("421 4.3.2 busy"), {}); }, "relayed"},
    {"554 for a greeting, and another host is well",
     [](QueueHouse& house) { two_hosts(house, greeting("554 5.3.2 no service"), {}); }, "relayed"},
    {"554 everywhere", [](QueueHouse& house) { two_hosts(house, greeting("554 5.3.2 no"), greeting("554 5.3.2 no")); },
     "failed", 0, "554 5.3.2 no"},
    {"421 everywhere", [](QueueHouse& house) { one_host(house, greeting("421 4.3.2 busy")); }, "failed", 0,
     "given up after", 1},
    {"554 at the backup while the primary is busy: a temporary failure of any host wins",
     [](QueueHouse& house) { two_hosts(house, greeting("421 4.3.2 busy"), greeting("554 5.3.2 no")); }, "failed", 0,
     "given up after", 2},
    {"554 at the backup while nobody listens at the primary",
     [](QueueHouse& house) {
         house.mx("there.test", 10, "a.test");
         house.mx("there.test", 20, "b.test");
         house.address("a.test", 77);
         house.address("b.test", 3);
         house.peer(3, greeting("554 5.3.2 no"));
     },
     "failed", 0, "given up after", 2},
    {"garbage for a greeting, and another host is well",
     [](QueueHouse& house) { two_hosts(house, greeting("HTTP/1.1 400 Bad Request"), {}); }, "relayed"},
    {"garbage for an answer to MAIL", [](QueueHouse& house) { two_hosts(house, {.mail = "what"}, {}); }, "relayed"},
    {"the connection is reset at MAIL, and another host is well",
     [](QueueHouse& house) { two_hosts(house, {.mail = "RESET"}, {}); }, "relayed"},
    {"no answer to DATA, and another host is well", [](QueueHouse& house) { two_hosts(house, {.data = ""}, {}); },
     "relayed"},
    {"421 to RCPT, and another host is well",
     [](QueueHouse& house) { two_hosts(house, {.rcpt = [](const std::string&) { return "421 4.3.2 closing"; }}, {}); },
     "relayed"},
    {"5yz to RCPT is the peer's word on that recipient",
     [](QueueHouse& house) { two_hosts(house, {.rcpt = [](const std::string&) { return "550 5.1.1 nobody"; }}, {}); },
     "failed", 0, "550 5.1.1 nobody"},
    {"5yz to the whole message", [](QueueHouse& house) { one_host(house, {.end = "554 5.6.0 no such content"}); },
     "failed", 0, "554 5.6.0"},
    // The peer may have the message: RFC 5321 §4.5.3.2.6. One send per attempt, and no retry at once.
    {"reset behind the dot, always", [](QueueHouse& house) { one_host(house, {.end = "RESET"}); }, "failed",
     each_attempt, "given up after", 2},
    {"no answer to the dot, once",
     [](QueueHouse& house) {
         auto self = std::make_shared<PeerBehaviour*>();
         one_host(house, at_first({.end = ""}, 1, [](PeerBehaviour& does) { does.end = "250 taken"; }, self));
         *self = &house.last_peer().does();
     },
     "relayed", 1, "", 1},
    {"no such domain", [](QueueHouse&) {}, "failed", 0, "no domain"},
    {"null MX", [](QueueHouse& house) { house.names.add(wire_name("there.test"), 15, std::string("\0\0\0", 3)); },
     "failed", 0, "null MX"},
    {"the DNS does not answer", [](QueueHouse& house) { house.names.be_silent(true); }, "failed", 0,
     "the DNS did not say", 1},
    {"an MX that is a CNAME is followed, as most do",
     [](QueueHouse& house) {
         house.mx("there.test", 10, "alias.test");
         house.names.add(wire_name("alias.test"), 5, wire_name("real.test") + std::string(1, '\0'));
         house.address("real.test", 2);
         house.peer(2);
     },
     "relayed"},
    {"an MX that points to nothing, and another that is well",
     [](QueueHouse& house) {
         house.mx("there.test", 10, "nothing.test");
         house.mx("there.test", 20, "b.test");
         house.address("b.test", 3);
         house.peer(3);
     },
     "relayed"},
    {"an MX that points to nothing may be mended within the lifetime",
     [](QueueHouse& house) { house.mx("there.test", 10, "nothing.test"); }, "failed", 0, "no address of nothing.test",
     1},
    {"IPv6 is unreachable and IPv4 well",
     [](QueueHouse& house) {
         house.names.add(wire_name("there.test"), 28, std::string("\x20\x01\x0d\xb8", 4) + std::string(12, '\1'));
         one_host(house, {});
     },
     "relayed"},
    {"nobody listens, and then somebody does",
     [](QueueHouse& house) {
         house.address("there.test", 2);
         house.later = [&house] { house.peer(2); };
     },
     "relayed", 1, "", 1},
};

}  // namespace

TEST_CASE("every story ends with one outcome for each recipient") {
    for (const Story& story : stories) {
        CAPTURE(story.name);
        QueueHouse house;
        house.options.schedule.lifetime = 10min;
        story.scene(house);
        house.put({"x@there.test"});
        house.start();
        const auto ended = [&] { return house.log.final.contains("x@there.test"); };
        if (story.deferred_at_least > 0) {
            house.until([&] { return house.log.deferred["x@there.test"] > 0 || ended(); }, "deferred");
            if (house.later) house.later();
            house.advance_until(ended, "an outcome");
        } else {
            house.until(ended, "an outcome at once");
        }
        house.turn(20ms);
        house.advance(3600);
        house.turn(20ms);
        CHECK(house.log.final["x@there.test"] == std::vector<std::string>{story.outcome});
        CHECK(house.queue_is_empty());
        const auto attempts = static_cast<std::size_t>(house.log.deferred["x@there.test"]) + 1;
        CHECK(house.taken("x@there.test") == (story.taken == each_attempt ? attempts : story.taken));
        CHECK(house.log.deferred["x@there.test"] >= story.deferred_at_least);
        CHECK(house.bounces().size() == (std::string(story.outcome) == "failed" ? 1 : 0));
        std::string told;
        for (const std::string& line : house.log.lines) told += line + "\n";
        for (const std::string& bounce : house.bounces()) told += bounce;
        CHECK_MESSAGE(told.find(story.reply) != std::string::npos, told);
    }
}

TEST_CASE("recipients of one message have outcomes of their own") {
    QueueHouse house;
    one_host(house, {.rcpt = [](const std::string& line) {
                 if (line.find("later") != std::string::npos) return "450 4.2.1 later";
                 if (line.find("never") != std::string::npos) return "550 5.1.1 nobody";
                 return "250 ok";
             }});
    house.put({"now@there.test", "later@there.test", "never@there.test"});
    house.start();
    house.until([&] { return house.log.final.size() == 2 && house.log.deferred.size() == 1; }, "three outcomes");
    CHECK(house.log.final["now@there.test"] == std::vector<std::string>{"relayed"});
    CHECK(house.log.final["never@there.test"] == std::vector<std::string>{"failed"});
    CHECK(house.taken("now@there.test") == 1);
    house.last_peer().does().rcpt = [](const std::string&) { return "250 ok"; };
    house.advance_until([&] { return house.log.final.size() == 3; }, "the last outcome");
    CHECK(house.log.final["later@there.test"] == std::vector<std::string>{"relayed"});
    CHECK(house.taken("now@there.test") == 1);
    CHECK(house.taken("later@there.test") == 1);
    CHECK(house.bounces().size() == 1);
}

TEST_CASE("killed at each step, the message arrives all the same, and once but where the 250 was on its way") {
    for (const std::string step : {"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "DOT", "TAKEN"}) {
        CAPTURE(step);
        QueueHouse house;
        bool crashed = false;
        one_host(house, {.at = [&](const std::string& reached) {
                     if (reached != step || crashed) return;
                     crashed = true;
                     house.crash();
                 }});
        house.put({"x@there.test"});
        house.start();
        house.until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
        CHECK(crashed);
        CHECK(house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
        CHECK(house.queue_is_empty());
        // Before the dot the peer has nothing that it may deliver (RFC 5321 §4.1.1.4).
        const bool peer_had_it = step == "DOT" || step == "TAKEN";
        CHECK(house.taken("x@there.test") == (peer_had_it ? 2 : 1));
    }
}

TEST_CASE("1,500 messages from six sessions: none is sent twice") {
    QueueHouse house;
    one_host(house, {});
    house.start();
    std::vector<std::thread> sessions;
    for (int session = 0; session < 6; ++session) {
        sessions.emplace_back([&house, session] {
            for (int i = 0; i < 250; ++i) house.put({"x@there.test"}, std::to_string(session * 1000 + i));
        });
    }
    FakePeer& peer = house.last_peer();
    house.until([&] { return peer.saw().taken.size() >= 1500 && house.queue_is_empty(); }, "all are taken");
    for (std::thread& session : sessions) session.join();
    house.until([&] { return house.queue_is_empty(); }, "the queue is empty");
    house.turn(50ms);
    std::set<std::string> distinct;
    for (const TakenMessage& message : peer.saw().taken) distinct.insert(message.content);
    CHECK(distinct.size() == 1500);
    CHECK(peer.saw().taken.size() == 1500);
    CHECK(peer.saw().peak <= house.options.connections_per_destination);
    CHECK(peer.saw().connections < 100);  // they are reused
}

TEST_CASE("a peer that takes one connection at a time gets its mail one by one") {
    for (const char* busy : {"554 5.3.2 no", "421 4.3.2 later"}) {
        CAPTURE(busy);
        QueueHouse house;
        one_host(house, {.delay_ms = 20, .connections = 1, .busy = busy});
        house.start();
        for (int i = 0; i < 8; ++i) house.put({"u" + std::to_string(i) + "@there.test"});
        house.until([&] { return house.log.final.size() == 8; }, "all have an outcome");
        for (const auto& [recipient, outcomes] : house.log.final)
            CHECK(outcomes == std::vector<std::string>{"relayed"});
        CHECK(house.log.deferred.empty());
        CHECK(house.last_peer().saw().taken.size() == 8);
    }
}

TEST_CASE("a catch-all route is one next hop: one message to forty domains is one transaction") {
    QueueHouse house;
    FakePeer& relay = house.peer(2);
    house.options.outbound.routes = {{"*", "127.0.0.2", house.port, server::RouteTls::none, "", ""}};
    house.options.connections_per_destination = 2;
    std::vector<std::string> recipients;
    for (int i = 0; i < 40; ++i) recipients.push_back("u@d" + std::to_string(i) + ".test");
    house.put(recipients);
    house.start();
    house.until([&] { return house.log.final.size() == 40; }, "all have an outcome");
    CHECK(relay.saw().taken.size() == 1);
    CHECK(relay.saw().taken.at(0).recipients.size() == 40);
    CHECK(relay.saw().connections == 1);
}

TEST_CASE("domains with the same mail hosts are one next hop") {
    QueueHouse house;
    for (const char* domain : {"one.test", "two.test", "three.test"}) {
        house.mx(domain, 10, "a.test");
        house.mx(domain, 10, "b.test");
    }
    house.address("a.test", 2);
    house.address("b.test", 2);
    house.peer(2);
    house.put({"u@one.test", "u@two.test", "u@three.test"});
    house.start();
    house.until([&] { return house.log.final.size() == 3; }, "all have an outcome");
    CHECK(house.last_peer().saw().connections == 1);
    CHECK(house.last_peer().saw().taken.size() == 1);
}

TEST_CASE("a peer that takes few recipients in one transaction gets the rest in the next") {
    QueueHouse house;
    auto named = std::make_shared<int>(0);
    one_host(house,
             {.rcpt = [named](const std::string&) { return ++*named % 11 == 0 ? "452 4.5.3 too many" : "250 ok"; }});
    std::vector<std::string> recipients;
    for (int i = 0; i < 25; ++i) recipients.push_back("u" + std::to_string(i) + "@there.test");
    house.put(recipients);
    house.start();
    house.until([&] { return house.log.final.size() == 25; }, "all have an outcome");
    CHECK(house.log.deferred.empty());
    CHECK(house.last_peer().saw().taken.size() == 2);  // two were left over
    for (const std::string& recipient : recipients) CHECK(house.taken(recipient) == 1);
}

TEST_CASE("a dead next hop is tried by one probe, not by each message") {
    QueueHouse house;
    one_host(house, greeting("421 4.3.2 busy"));
    for (int i = 0; i < 200; ++i) house.put({"u" + std::to_string(i) + "@there.test"});
    house.start();
    house.until([&] { return house.log.deferred.size() == 200; }, "all are put off");
    CHECK(house.last_peer().saw().connections == 1);
    for (int i = 0; i < 5; ++i) {
        house.advance(12);
        house.turn(20ms);
    }
    house.until([&] { return house.last_peer().saw().connections == 2; }, "the probe");
    house.until([&] { return std::ranges::all_of(house.log.deferred, [](const auto& of) { return of.second == 2; }); },
                "all are put off again");
    CHECK(house.last_peer().saw().connections == 2);
    // An administrator may have it tried at once.
    (void)house.store->write_now(storage::retry_queue({}, house.clock));
    house.until([&] { return house.last_peer().saw().connections >= 3; }, "tried at once");
    house.last_peer().does().greeting = "220 well again";
    house.advance_until([&] { return house.log.final.size() == 200; }, "all are taken");
    CHECK(house.last_peer().saw().taken.size() == 200);
}

TEST_CASE("what is held or dropped before its turn on a connection comes is not sent") {
    QueueHouse house;
    house.options.connections_per_destination = 1;
    house.options.messages_per_connection = 10;
    bool done = false;
    one_host(
        house, {.rcpt = [&](const std::string&) {
            if (!std::exchange(done, true)) {
                (void)house.store->write_now(storage::hold_queue({.recipient = "held@there.test"}, house.clock));
                (void)house.store->write_now(storage::drop_queue({.recipient = "dropped@there.test"}, house.clock));
            }
            return "250 2.1.5 ok";
        }});
    house.put({"first@there.test"});
    house.put({"held@there.test"});
    house.put({"dropped@there.test"});
    house.put({"last@there.test"});
    house.start();
    house.until([&] { return house.log.final.contains("last@there.test"); }, "the last one is sent");
    house.turn(50ms);
    CHECK(house.log.final.size() == 2);
    CHECK(house.last_peer().saw().taken.size() == 2);
    (void)house.store->write_now(storage::release_queue({}, house.clock));
    house.until([&] { return house.log.final.contains("held@there.test"); }, "it is sent once it is released");
    house.until([&] { return house.queue_is_empty(); }, "all are gone");
    CHECK(house.last_peer().saw().taken.size() == 3);
}

TEST_CASE("held mail does not expire, however long it is held; when it is released it is tried") {
    QueueHouse house;
    one_host(house, {});
    house.put({"x@there.test"});
    (void)house.store->write_now(storage::hold_queue({}, house.clock));
    house.start();
    house.turn(50ms);
    house.advance(10 * 24 * 3600);
    house.turn(50ms);
    CHECK(house.log.final.empty());
    (void)house.store->write_now(storage::release_queue({}, house.clock));
    house.until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
    CHECK(house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
}

TEST_CASE("a message that is to be sent later has all of its lifetime after that") {
    QueueHouse house;
    one_host(house, {.rcpt = [](const std::string&) { return "451 4.3.0 later"; }});
    house.release_at = house.clock + 5 * 3600;  // the lifetime is an hour
    house.put({"x@there.test"});
    house.start();
    house.turn(50ms);
    CHECK(house.last_peer().saw().connections == 0);
    house.advance(5 * 3600);
    house.until([&] { return house.log.deferred["x@there.test"] == 1; }, "the first attempt fails for now");
    house.last_peer().does().rcpt = [](const std::string&) { return "250 2.1.5 ok"; };
    house.advance_until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
    CHECK(house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
}

TEST_CASE("while outcomes are being written a connection sends on, but not without end") {
    QueueHouse house;
    house.options.connections_per_destination = 1;
    std::latch written(1);
    const auto keep_writer_busy = [&]() -> asio::awaitable<void> {
        storage::Operation<int> todo{storage::Durability::prompt, [&](auto&) -> std::optional<storage::Result<int>> {
                                         written.wait();
                                         return 0;
                                     }};
        co_await house.store->write(std::move(todo));
    };
    bool begun = false;
    FakePeer& peer = house.peer(2, {});
    peer.does().at = [&](const std::string& step) {
        if (step == "DOT" && !std::exchange(begun, true)) asio::co_spawn(*house.loop, keep_writer_busy, asio::detached);
    };
    constexpr std::size_t messages = 20;
    house.address("mx.test", 2);
    for (std::size_t n = 0; n < messages; ++n) {
        house.mx("d" + std::to_string(n) + ".test", 10, "mx.test");
        house.put({"x@d" + std::to_string(n) + ".test"});
    }
    house.start();
    house.until([&] { return peer.saw().taken.size() >= 8; }, "eight are sent");
    house.turn(300ms);
    CHECK(peer.saw().taken.size() == 8);
    CHECK(peer.saw().connections == 1);
    CHECK(house.log.final.empty());
    written.count_down();
    house.until([&] { return house.log.final.size() == messages; }, "all have an outcome");
    CHECK(peer.saw().taken.size() == messages);
}

TEST_CASE("connections without work make room at once for hosts that have not answered yet") {
    QueueHouse house;
    house.options.connections = 4;
    house.options.connections_per_destination = 1;
    FakePeer& peer = house.peer(2, {});
    constexpr int hosts = 200;
    for (int n = 0; n < hosts; ++n) {
        house.address("d" + std::to_string(n) + ".test", 2);
        house.put({"x@d" + std::to_string(n) + ".test"});
    }
    house.start();
    // Were each kept idle for its two seconds, it would take minutes.
    house.until([&] { return peer.saw().taken.size() == hosts; }, "all are taken");
}

namespace {

// So many hosts that take connections and say nothing.
void silent_hosts(QueueHouse& house, int count) {
    house.options.outbound.timeouts.greeting = 600s;
    house.options.connections = 4;
    house.options.slow_after = 20ms;
    house.options.slow_connections = 12;
    house.peer(2, greeting(""));
    for (int n = 0; n < count; ++n) {
        house.address("silent" + std::to_string(n) + ".test", 2);
        house.put({"x@silent" + std::to_string(n) + ".test"});
    }
}

}  // namespace

TEST_CASE("silent hosts keep no place from one that answers") {
    QueueHouse house;
    silent_hosts(house, 8);
    FakePeer& silent = house.last_peer();
    house.start();
    house.until([&] { return silent.saw().connections == 8; }, "more are tried than there are places");
    house.address("well.test", 3);
    house.peer(3, {});
    house.put({"y@well.test"});
    house.until([&] { return house.log.final.contains("y@well.test"); }, "the one that answers has the mail");
}

TEST_CASE("of places for silent hosts there are not more than that, and an account leaves some to others") {
    QueueHouse house;
    silent_hosts(house, 30);
    FakePeer& silent = house.last_peer();
    house.start();
    house.until([&] { return silent.saw().connections >= 12; }, "they are tried");
    house.turn(300ms);
    CHECK(silent.saw().connections == 13);  // ten of twelve, and three of four
}

TEST_CASE("a black hole and a slow host do not keep a healthy one waiting") {
    QueueHouse house;
    house.options.outbound.timeouts.greeting = 60s;
    house.address("hole.test", 2);
    house.address("slow.test", 3);
    house.address("well.test", 4);
    FakePeer& hole = house.peer(2, greeting(""));
    FakePeer& slow = house.peer(3, {.delay_ms = 100});
    FakePeer& well = house.peer(4);
    constexpr int each = 700;  // more in all than are held in memory
    for (int i = 0; i < each; ++i) {
        for (const char* domain : {"hole.test", "slow.test", "well.test"})
            house.put({"u" + std::to_string(i) + "@" + domain});
    }
    house.start();
    house.until([&] { return well.saw().taken.size() == each; }, "the healthy third is out");
    CHECK(slow.saw().taken.size() < each / 2);
    CHECK(slow.saw().taken.size() > 0);
    CHECK(hole.saw().connections == 1);
}

TEST_CASE("a store that fails for a while loses nobody") {
    QueueHouse house;
    one_host(house, {});
    const auto id = house.put({"x@there.test"});
    // Its content cannot be read: an exception after the first suspension.
    house.break_content(id);
    house.start();
    house.until([&] { return house.log.deferred["x@there.test"] == 1; }, "put off");
    CHECK(house.taken("x@there.test") == 0);
    house.mend_content(id);
    house.advance_until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
    CHECK(house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
}

TEST_CASE("a resolver that cannot start puts mail off, and ends nothing") {
    QueueHouse house;
    house.name_server = "nonsense";
    house.put({"x@there.test", "y@elsewhere.test"});
    house.start();
    house.until([&] { return house.log.deferred.size() == 2; }, "put off");
    house.advance_until([&] { return house.log.final.size() == 2; }, "given up");
    CHECK(house.bounces().size() >= 1);
}

TEST_CASE("a domain that is not ASCII leaves as A-labels; a local part that is not needs SMTPUTF8 (RFC 6531 §3.2)") {
    QueueHouse house;
    house.mx("xn--mnchen-3ya.test", 10, "a.test");
    house.address("a.test", 2);
    house.peer(2);
    const std::string munich = "m\xc3\xbcnchen.test";
    house.put({"info@" + munich, "b\xc3\xbcro@" + munich}, "hello", "alice@" + munich);
    house.start();
    house.until([&] { return house.log.final.size() == 2; }, "two outcomes");
    CHECK(house.log.final["info@" + munich] == std::vector<std::string>{"relayed"});
    CHECK(house.log.final["b\xc3\xbcro@" + munich] == std::vector<std::string>{"failed"});
    REQUIRE(house.last_peer().saw().taken.size() == 1);
    const TakenMessage& taken = house.last_peer().saw().taken[0];
    CHECK(taken.recipients == std::vector<std::string>{"info@xn--mnchen-3ya.test"});
    CHECK(taken.mail.starts_with("MAIL FROM:<alice@xn--mnchen-3ya.test>"));
    CHECK(taken.mail.find("SMTPUTF8") == std::string::npos);
}

TEST_CASE("a peer with SMTPUTF8 is sent internationalized addresses as they are") {
    QueueHouse house;
    one_host(house, {.ehlo = "250-peer\r\n250-8BITMIME\r\n250 SMTPUTF8"});
    house.put({"b\xc3\xbcro@there.test", "x@there.test"});
    house.start();
    house.until([&] { return house.log.final.size() == 2; }, "two outcomes");
    REQUIRE(house.last_peer().saw().taken.size() == 1);
    CHECK(house.last_peer().saw().taken[0].recipients.size() == 2);
    CHECK(house.last_peer().saw().taken[0].mail.find(" SMTPUTF8") != std::string::npos);
}

TEST_CASE("a peer without 8BITMIME gets our users' mail encoded, and others' as it is (CLIENTS.md 20)") {
    struct Row {
        bool submitted;
        const char* event;
        const char* content;
    };
    for (const Row& row : {Row{true, "encoded-anew", "Z=C3=BCrich"}, Row{false, "sent-as-it-is", "Z\xc3\xbcrich"}}) {
        QueueHouse house;
        house.submitted = row.submitted;
        one_host(house, {.ehlo = "250-peer\r\n250 SIZE 1000"});
        house.put({"x@there.test"}, "Z\xc3\xbcrich");
        house.start();
        house.until([&] { return house.log.final.size() == 1; }, "an outcome");
        CHECK(house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
        const std::string& content = house.last_peer().saw().taken.at(0).content;
        CHECK_MESSAGE(content.find(std::string("\r\n\r\n") + row.content) != std::string::npos, content);
        const std::string& mail = house.last_peer().saw().taken[0].mail;
        CHECK_MESSAGE(mail.find("SIZE=" + std::to_string(content.size())) != std::string::npos, mail);
        CHECK(std::ranges::any_of(house.log.lines, [&](const auto& line) { return line.starts_with(row.event); }));
    }
}

TEST_CASE("a message's prefix is sent before its content, and SIZE counts it (RFC 1870 §5)") {
    for (const bool submitted : {false, true}) {
        QueueHouse house;
        house.prefix = "Delivered-To: list@here.test\r\n";
        house.submitted = submitted;  // then the body is encoded for this peer
        one_host(house, {.ehlo = "250-peer\r\n250 SIZE 100000"});
        const std::string text = submitted ? "na\xC3\xAFve" : "naive";
        house.put({"x@there.test"}, text);
        house.start();
        house.until([&] { return house.queue_is_empty(); }, "it is sent");
        REQUIRE(house.last_peer().saw().taken.size() == 1);
        const TakenMessage& taken = house.last_peer().saw().taken.front();
        CHECK_MESSAGE(taken.content.starts_with("Delivered-To: list@here.test\r\nSubject:"), taken.content);
        CHECK((taken.content.find("na=C3=AFve") != std::string::npos) == submitted);
        CHECK_MESSAGE(taken.mail.ends_with("SIZE=" + std::to_string(taken.content.size())), taken.mail);
    }
}

TEST_CASE("a password goes to a server that proved who it is, unless the route says otherwise") {
    struct Row {
        server::RouteTls tls;
        bool logs_in;
    };
    using server::RouteTls;
    for (const Row& row :
         {Row{RouteTls::automatic, false}, Row{RouteTls::required, false}, Row{RouteTls::none, true}}) {
        QueueHouse house;
        bool logged_in = false;
        // It offers no TLS.
        house.peer(2, {.ehlo = "250-peer\r\n250 AUTH PLAIN", .at = [&](const std::string& step) {
                           if (step == "AUTH") logged_in = true;
                       }});
        house.options.outbound.routes = {{"*", "127.0.0.2", house.port, row.tls, "me", "secret"}};
        house.put({"x@there.test"});
        house.start();
        house.until([&] { return house.log.deferred["x@there.test"] == 1; }, "put off");
        CHECK(logged_in == row.logs_in);
        CHECK(house.taken("x@there.test") == 0);
    }
}

TEST_CASE("a CA file that cannot be read puts the mail of its route off, and is named") {
    QueueHouse house;
    house.peer(2);
    server::Route route{"*", "127.0.0.2", house.port, server::RouteTls::required, "", ""};
    route.ca_file = "/nowhere/ca.pem";
    house.options.outbound.routes = {route};
    house.put({"x@there.test"});
    house.start();
    house.until([&] { return house.log.deferred["x@there.test"] == 1; }, "put off");
    CHECK(std::ranges::any_of(house.log.lines,
                              [](const auto& line) { return line.find("/nowhere/ca.pem") != std::string::npos; }));
}

TEST_CASE("one account's flood of mail to silent hosts leaves room for another's") {
    QueueHouse house;
    house.options.recipients_in_hand = 100;
    house.options.connections = 8;
    house.options.outbound.timeouts.greeting = 600s;
    std::vector<FakePeer*> silent;
    std::vector<std::string> recipients;
    FakePeer& both = house.peer(29);
    for (int n = 0; n < 20; ++n) {
        const int host = n == 0 ? 29 : 9 + n;
        if (n > 0) silent.push_back(&house.peer(host, greeting("")));
        for (int i = 0; i < 5; ++i)
            recipients.push_back("u" + std::to_string(i) + "@[127.0.0." + std::to_string(host) + "]");
    }
    for (int i = 0; i < 5; ++i) house.put(recipients, "flood", "alice+" + std::to_string(i) + "@here.test", 7);
    house.address("well.test", 4);
    FakePeer& well = house.peer(4);
    house.start();
    const auto connected = [&] {
        return std::ranges::count_if(silent, [](const FakePeer* peer) { return peer->saw().connections > 0; });
    };
    house.until([&] { return connected() >= 5; }, "the flood has its connections");
    house.put({"x@well.test"}, "hello", "bob@here.test", 8);
    house.until([&] { return house.log.final.contains("x@well.test"); }, "the other's mail is out");
    CHECK(well.saw().taken.size() == 1);
    CHECK(connected() == 5);
    std::size_t in_hand = 0;
    for (const storage::QueueMessage& message : *house.store->read_now(storage::list_queue()))
        in_hand += static_cast<std::size_t>(std::ranges::count_if(
            message.recipients, [](const storage::QueueRecipient& recipient) { return !recipient.holder.empty(); }));
    CHECK(in_hand == 50);
    // Nor does the flood stand before it where both go.
    CHECK(both.saw().connections == 0);
    house.put({"y@[127.0.0.29]"}, "hello", "bob@here.test", 8);
    house.until([&] { return house.log.final.contains("y@[127.0.0.29]"); }, "the other's mail is out here, too");
    REQUIRE(both.saw().taken.size() > 0);
    CHECK(both.saw().taken[0].recipients == std::vector<std::string>{"y@[127.0.0.29]"});
}

namespace {

// Account 7 has mail to many domains of which nobody knows anything, and to one that is well, behind them in its line.
void name_silent_domains(QueueHouse& house) {
    house.lookup_timeout = 1h;
    house.names.be_silent_about("evil");
    std::vector<std::string> recipients{"x@well.test"};
    for (int i = 0; i < 500; ++i) recipients.push_back("x@evil" + std::to_string(i) + ".test");
    house.put(recipients, "flood", "alice@here.test", 7);
}

std::ptrdiff_t silent_asked(const QueueHouse& house) {
    return std::ranges::count_if(house.names.asked(), [](const std::string& name) { return name.contains("evil"); });
}

}  // namespace

TEST_CASE("one account's mail to domains whose servers are silent leaves turns in the DNS for another's") {
    QueueHouse house;
    name_silent_domains(house);
    house.address("good.test", 4);
    FakePeer& good = house.peer(4);
    house.start();
    house.until([&] { return silent_asked(house) >= 16; }, "it asks as much as it may");
    house.put({"y@good.test"}, "hello", "bob@here.test", 8);
    house.until([&] { return house.log.final.contains("y@good.test"); }, "the other's mail is out");
    CHECK(good.saw().taken.size() == 1);
    CHECK(silent_asked(house) < 500);
}

TEST_CASE("a domain for which two accounts have mail is asked for in the first turn of either") {
    QueueHouse house;
    name_silent_domains(house);
    house.address("well.test", 4);
    FakePeer& well = house.peer(4);
    house.start();
    house.until([&] { return silent_asked(house) >= 16; }, "it asks as much as it may");
    CHECK_FALSE(house.names.asked().contains(wire_name("well.test")));
    house.put({"y@well.test"}, "hello", "bob@here.test", 8);
    house.until([&] { return house.log.final.size() == 2; }, "both have their mail out");
    CHECK(house.log.final.contains("x@well.test"));
    CHECK(house.log.final.contains("y@well.test"));
    CHECK(well.saw().taken.size() == 2);
    CHECK(silent_asked(house) < 500);
    // Nothing is left of that look-up: the next one's answer counts.
    house.put({"z@well.test"}, "hello", "bob@here.test", 8);
    house.until([&] { return house.log.final.contains("z@well.test"); }, "and later mail, too");
}

TEST_CASE("a success report about mail that was relayed goes to our submitters alone (RFC 3461 §5.2.2 (b))") {
    for (const bool submitted : {true, false}) {
        CAPTURE(submitted);
        QueueHouse house;
        one_host(house, {});
        house.submitted = submitted;
        house.notify = storage::dsn_notify::success;
        house.put({"x@there.test"});
        house.start();
        house.until([&] { return house.log.final.contains("x@there.test"); }, "an outcome");
        CHECK(house.bounces().size() == (submitted ? 1 : 0));
    }
}
