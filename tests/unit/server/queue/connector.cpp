// Hosts with several addresses, some of which do not answer (RFC 8305 §5), and stopping the server meanwhile.
#include "server/queue/connector.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <asio/co_spawn.hpp>
#include <optional>
#include <set>

#include "protocols/net/listener.h"
#include "tests/unit/server/queue/fake_peer.h"
#include "tests/unit/server/queue/queue_house.h"

using namespace queue_test;
using namespace std::string_literals;
using server::queue::Connected;
using server::queue::Connector;
using server::queue::MailHost;
using server::queue::NextHop;

namespace {

std::string at(int n) { return "127.0.0." + std::to_string(n); }

// Hosts at 127.0.0.n, all on one port.
struct Network {
    Network() {
        options->timeouts = {.greeting = 1s, .command = 1s, .quit = 1s};
        options->destination_networks = {*server::auth::Network::parse("127.0.0.0/8")};
    }

    FakePeer& peer(int n, PeerBehaviour behaviour = {}) {
        peers.push_back(std::make_unique<FakePeer>(loop, at(n), port, std::move(behaviour)));
        return *peers.back();
    }
    // Neither accepts nor refuses connections: its queue of one is full.
    void hole(int n) {
        holes.emplace_back(asio::ip::tcp::endpoint(asio::ip::make_address(at(n)), port),
                           net::ListenOptions{.backlog = 0});
        for (int i = 0; i < 10; ++i) {
            in_queue.emplace_back(loop);
            in_queue.back().open(asio::ip::tcp::v4());
            in_queue.back().native_non_blocking(true);
            const asio::ip::tcp::endpoint to = holes.back().local();
            static_cast<void>(::connect(in_queue.back().native_handle(), to.data(), static_cast<socklen_t>(to.size())));
        }
    }
    static MailHost host(const std::string& name, std::initializer_list<int> addresses) {
        MailHost made{.name = name};
        for (const int n : addresses) made.addresses.push_back(asio::ip::make_address(at(n)));
        return made;
    }
    void connect(std::vector<MailHost> hosts, std::set<dns::Party> parties = {"a"}) {
        result.reset();
        NextHop hop{.key = "hop", .route = {}, .hosts = std::move(hosts)};
        hop.route.port = port;
        asio::co_spawn(loop, connector.connect(std::move(hop), options, std::move(parties)),
                       [this](std::exception_ptr, auto connected) { result = std::move(connected); });
    }
    void turn_until(const std::function<bool()>& so) {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (!so() && std::chrono::steady_clock::now() < end) loop.run_one_for(5ms);
        CHECK(so());
    }
    // The address connected to, or the failure.
    std::string outcome() {
        turn_until([this] { return result.has_value(); });
        if (!result) return "nothing";
        return *result ? (*result)->endpoint.address().to_string() : result->error().line();
    }

    asio::io_context loop;
    ReservedPort reserved{loop};
    const std::uint16_t port = reserved.port();
    std::vector<std::unique_ptr<FakePeer>> peers;
    std::vector<net::ListeningSocket> holes;
    std::vector<asio::ip::tcp::socket> in_queue;
    Outcomes log;
    NameServer names;
    dns::Resolver resolver{loop.get_executor(),
                           {.servers = {names.address()}, .trust_anchor_file = {}, .timeout = 1h, .lookups = 4}};
    std::int64_t clock = 1'700'000'000;
    server::queue::TlsResults results;
    std::shared_ptr<server::queue::OutboundOptions> options = std::make_shared<server::queue::OutboundOptions>();
    Connector connector{loop.get_executor(), resolver, log, results, [this] { return clock; }};
    std::optional<std::expected<Connected, smtp::Outcome>> result;
};

}  // namespace

TEST_CASE("an address that does not answer costs its head start, and the next connection not even that") {
    Network network;
    network.peer(3);
    network.hole(2);
    network.options->connect_timeout = network.options->impatient_timeout = 1h;
    network.options->next_address_after = 20ms;
    network.connect({Network::host("a.test", {2, 3})});
    CHECK(network.outcome() == at(3));
    network.options->next_address_after = 1h;
    network.connect({Network::host("a.test", {2, 3})});
    CHECK(network.outcome() == at(3));
}

TEST_CASE("who answers first and greets with a refusal is no reason to give up the host's other addresses") {
    Network network;
    FakePeer& refuses = network.peer(3, {.greeting = "554 5.3.2 no"});
    FakePeer& well = network.peer(4);
    FakePeer& backup = network.peer(5);
    network.hole(2);
    network.options->next_address_after = 20ms;
    network.connect({Network::host("a.test", {2, 3, 4}), Network::host("b.test", {5})});
    CHECK(network.outcome() == at(4));
    CHECK(refuses.saw().connections == 1);
    CHECK(well.saw().connections == 1);
    CHECK(backup.saw().connections == 0);
}

TEST_CASE("of addresses that all answer only one gets a session") {
    Network network;
    FakePeer& one = network.peer(2);
    FakePeer& two = network.peer(3);
    network.options->next_address_after = 0ms;
    network.connect({Network::host("a.test", {2, 3})});
    CHECK(network.outcome().starts_with("127.0.0."));
    network.turn_until([&] { return one.saw().now + two.saw().now == 1; });
}

TEST_CASE("the next host's turn comes once no address of the one before answers, and each failure has a line") {
    Network network;
    network.peer(4);
    network.hole(2);
    network.options->impatient_timeout = 50ms;
    network.options->next_address_after = 5ms;
    network.connect({Network::host("a.test", {2, 3}), Network::host("b.test", {4})});  // no one listens at 3
    CHECK(network.outcome() == at(4));
    REQUIRE(network.log.lines.size() == 2);
    const std::string port = " port=" + std::to_string(network.port);
    CHECK(network.log.lines[0] == "address-failed next-hop=hop remote=a.test address=127.0.0.3" + port +
                                      " reason=4.4.1 connecting: Connection refused");
    CHECK(network.log.lines[1] == "address-failed next-hop=hop remote=a.test address=127.0.0.2" + port +
                                      " reason=4.4.1 connecting: Connection timed out");
}

TEST_CASE("hosts are looked up in the turns of all whose mail waits for the connection") {
    for (const bool late : {false, true}) {
        CAPTURE(late);
        Network network;
        network.peer(2);
        network.names.be_silent_about("silent");
        network.names.add(wire_name("a.test"), 1, "\x7f\0\0\2"s);
        const auto look_up = [&](const std::string& host) {
            asio::co_spawn(network.loop, network.resolver.addresses({"a"}, host), [](auto&&...) {});
            network.loop.poll();
        };
        // The one turn that "a" may have is taken, for ten silent hosts.
        look_up("silent.test");
        network.connect({Network::host("a.test", {})},
                        late ? std::set<std::string>{"a"} : std::set<std::string>{"a", "b"});
        network.loop.poll();
        for (int i = 0; i < 10; ++i) look_up("silent" + std::to_string(i) + ".test");
        if (late) network.connector.join("hop", "b");
        CHECK(network.outcome() == at(2));
    }
}

TEST_CASE("a server that ends opens no more connections, whatever it was waiting for") {
    for (const bool greeting : {false, true}) {
        CAPTURE(greeting);
        Network network;
        FakePeer& backup = network.peer(4);
        FakePeer* silent = nullptr;
        if (greeting) {
            silent = &network.peer(2, {.greeting = ""});
        } else {
            network.hole(2);
        }
        network.options->connect_timeout = network.options->impatient_timeout = 1h;
        network.options->timeouts.greeting = 3600s;
        network.connect({Network::host("a.test", {2}), Network::host("b.test", {4})});
        if (greeting) {
            network.turn_until([&] { return silent->saw().connections == 1; });
        } else {
            for (int i = 0; i < 10; ++i) network.loop.run_one_for(1ms);
        }
        network.connector.stop();
        CHECK(network.outcome() == "4.3.2 this server is shutting down");
        for (int i = 0; i < 10; ++i) network.loop.run_one_for(1ms);
        CHECK(backup.saw().connections == 0);
    }
}
