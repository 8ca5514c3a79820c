// Doors: admitted and rejected clients, the text of rejections, the PROXY protocol, and the end. protocols/README.md.
#include "server/doors/doors.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "server/doors/ports.h"
#include "tests/unit/server/temporary_house.h"

using namespace server;

namespace {

// A client on a blocking socket, connecting from a given address of this machine.
class Caller {
  public:
    Caller(const char* from, std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{5, 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        inet_pton(AF_INET, from, &address.sin_addr);
        REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
        address.sin_port = htons(port);
        REQUIRE(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
    ~Caller() { close(socket_); }

    void send(std::string_view octets) { CHECK(::send(socket_, octets.data(), octets.size(), 0) >= 0); }
    // The next line without its CRLF; "(end)" at the end.
    std::string line() {
        std::string text;
        char c = 0;
        while (recv(socket_, &c, 1, 0) == 1) {
            if (c == '\n') return text;
            if (c != '\r') text += c;
        }
        return text.empty() ? "(end)" : text;
    }

  private:
    int socket_;
};

// Greets with the client's address, echoes lines, says goodbye when interrupted.
asio::awaitable<void> converse(net::Stream stream, std::string session) {
    bool interrupted = false;
    try {
        stream.write("hello " + stream.remote().address().to_string() + (session.empty() ? " no session" : "") +
                     "\r\n");
        co_await stream.flush();
        while (true) {
            const net::ReadLine read = co_await stream.read_line(100);
            const auto* line = std::get_if<net::Line>(&read);
            stream.write(std::string(line ? line->text : "too long") + "\r\n");
            co_await stream.flush();
        }
    } catch (const net::Interrupted&) {
        interrupted = true;
    } catch (const net::PeerGone&) {
    }
    if (interrupted) {
        stream.write("bye\r\n");
        co_await stream.close();
    }
}

struct Entrance {
    KeptLog log;
    net::Threads threads{2};
    Doors doors;

    explicit Entrance(DoorsOptions options) : doors(threads, log, std::move(options)) {
        Door door;
        door.name = "echo";
        door.farewell = [](std::string_view reason, const net::Stream&) {
            return "no: " + std::string(reason) + "\r\n";
        };
        door.serve = converse;
        doors.open(std::move(door), bind_ports("echo", {{"127.0.0.1", 0}}, log));
        doors.start();
        threads.start();
    }
    ~Entrance() {
        doors.stop(std::chrono::seconds(5));
        threads.stop();
        threads.join();
    }
    std::uint16_t port() const { return doors.bound().at(0).endpoint.port(); }
};

}  // namespace

TEST_CASE("over the limit a client hears why; a place that is given back can be had again") {
    Entrance entrance({.admission = {.connections = 10, .connections_per_address = 2}});
    Caller first("127.0.0.2", entrance.port());
    CHECK(first.line() == "hello 127.0.0.2");
    {
        Caller second("127.0.0.2", entrance.port());
        CHECK(second.line() == "hello 127.0.0.2");
        Caller third("127.0.0.2", entrance.port());
        CHECK(third.line() == "no: too many connections from your address");
        CHECK(third.line() == "(end)");
        // Other addresses, and this machine, are not affected.
        Caller other("127.0.0.3", entrance.port());
        CHECK(other.line() == "hello 127.0.0.3");
        Caller own("127.0.0.1", entrance.port());
        CHECK(own.line() == "hello 127.0.0.1");
    }
    for (int tries = 0; tries < 100 && entrance.doors.sessions() > 1; ++tries) usleep(20'000);
    Caller again("127.0.0.2", entrance.port());
    CHECK(again.line() == "hello 127.0.0.2");
    first.send("still here\r\n");
    CHECK(first.line() == "still here");
}

// CLIENTS.md 26.
TEST_CASE("the PROXY protocol is spoken by those that config names, and believed of them alone") {
    Entrance entrance({.admission = {.connections = 10, .connections_per_address = 1},
                       .proxy_header_timeout = std::chrono::seconds(1),
                       .proxy_from = {*auth::Network::parse("127.0.0.4")}});
    Caller proxied("127.0.0.4", entrance.port());
    proxied.send("PROXY TCP4 192.0.2.7 192.0.2.8 1234 25\r\nhi\r\n");
    CHECK(proxied.line() == "hello 192.0.2.7");
    CHECK(proxied.line() == "hi");
    Caller same("127.0.0.4", entrance.port());
    same.send("PROXY TCP4 192.0.2.7 192.0.2.8 1235 25\r\n");
    CHECK(same.line() == "no: too many connections from your address");
    Caller without("127.0.0.4", entrance.port());
    without.send("EHLO me\r\n");
    CHECK(without.line() == "(end)");
    Caller liar("127.0.0.5", entrance.port());
    CHECK(liar.line() == "hello 127.0.0.5");
    liar.send("PROXY TCP4 192.0.2.7 192.0.2.8 1236 25\r\n");
    CHECK(liar.line() == "PROXY TCP4 192.0.2.7 192.0.2.8 1236 25");
}

TEST_CASE("when all clients seem to come from one private address the log says so, once") {
    Entrance entrance({.admission = {.connections = 100, .connections_per_address = 100},
                       .proxy_from = {*auth::Network::parse("127.0.0.4")}});
    for (int i = 0; i < 30; ++i) {
        Caller proxied("127.0.0.4", entrance.port());
        proxied.send("PROXY TCP4 172.17.0.1 172.17.0.2 40000 25\r\n");
        CHECK(proxied.line() == "hello 172.17.0.1");
    }
    CHECK(entrance.doors.stop(std::chrono::seconds(5)));
    const auto told = std::ranges::count_if(entrance.log.lines, [](const std::string& line) {
        return line.starts_with("one-address-for-all address=172.17.0.1 ");
    });
    CHECK(told == 1);
}

TEST_CASE("the end: every session is told, none is waited for longer than needed") {
    Entrance entrance({});
    Caller one("127.0.0.1", entrance.port());
    Caller two("127.0.0.2", entrance.port());
    CHECK(one.line() == "hello 127.0.0.1");
    CHECK(two.line() == "hello 127.0.0.2");
    CHECK(entrance.doors.sessions() == 2);
    CHECK(entrance.doors.stop(std::chrono::seconds(5)));
    CHECK(one.line() == "bye");
    CHECK(one.line() == "(end)");
    CHECK(two.line() == "bye");
    CHECK(entrance.doors.sessions() == 0);
}
