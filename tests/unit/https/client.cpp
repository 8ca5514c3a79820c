// Requests to a server on loopback, and every way in which they can fail.
#include "protocols/https/client.h"

#include <doctest/doctest.h>

#include <asio/ip/address_v6.hpp>
#include <future>
#include <latch>

#include "tests/unit/https/web_server.h"
#include "tests/unit/net/support.h"

using namespace std::chrono_literals;

namespace {

std::string ok_with(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

https::Request request_to(const test::WebServer& server, const std::string& path) {
    https::Request request{.url = server.url(path)};
    request.trusted = server.trust();
    request.addresses = {asio::ip::address_v4::loopback()};
    request.timeout = 20s;
    return request;
}

asio::awaitable<void> keep(https::Fetcher& client, https::Request request, https::Outcome& into) {
    into = co_await client.fetch(std::move(request));
}

// The loop outlives the client's thread, which posts to it.
struct Caller {
    asio::io_context io;
    https::Client client;

    explicit Caller(https::ClientOptions options = {}) : client(std::move(options)) {}
    https::Outcome fetch(https::Request request);
};

https::Outcome nothing_yet() { return std::unexpected(https::Failure{https::Fault::protocol, "nothing yet"}); }

https::Outcome Caller::fetch(https::Request request) {
    https::Outcome outcome = nothing_yet();
    test::run(io, keep(client, std::move(request), outcome));
    return outcome;
}

https::Fault fault_of(const https::Outcome& outcome) {
    REQUIRE(!outcome.has_value());
    CAPTURE(outcome.error().text);
    CHECK(!outcome.error().text.empty());
    return outcome.error().fault;
}

test::WebServer::Answer always(std::optional<std::string> answer) {
    return [answer](const std::string&, const std::string&) { return answer; };
}

}  // namespace

TEST_CASE("https: a response with status, fields and body") {
    const test::WebServer server([](const std::string&, const std::string&) {
        return "HTTP/1.1 404 Not Found\r\nX-One: 1\r\nRetry-After:  5 \r\nX-One: 2\r\nContent-Length: 3\r\n\r\nno\n";
    });
    Caller caller;
    https::Request request = request_to(server, "/a/b?c=d");
    request.headers = {{"Accept", "text/plain"}};
    const https::Outcome outcome = caller.fetch(request);
    REQUIRE(outcome.has_value());
    CHECK(outcome->status == 404);
    CHECK(outcome->header("x-one") == "1");
    CHECK(outcome->header("retry-after") == "5");
    CHECK(outcome->header("none").empty());
    CHECK(outcome->body == "no\n");
    const std::string seen = server.seen();
    CHECK(seen.starts_with("GET /a/b?c=d HTTP/1.1\n"));
    CHECK(seen.find("Host: web.example:" + std::to_string(server.port()) + "\n") != std::string::npos);
    CHECK(seen.find("Accept: text/plain\n") != std::string::npos);
    CHECK(seen.find("User-Agent: mailstead\n") != std::string::npos);
}

TEST_CASE("https: POST and HEAD") {
    const test::WebServer server([](const std::string& head, const std::string& body) {
        return head.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nReplay-Nonce: abc\r\nContent-Length: 9\r\n\r\n"
                                        : ok_with(body);
    });
    Caller caller;
    https::Request request = request_to(server, "/");
    request.method = "POST";
    request.headers = {{"Content-Type", "application/jose+json"}};
    request.body = std::string("{\"a\":\0}", 7);
    const https::Outcome posted = caller.fetch(request);
    REQUIRE(posted.has_value());
    CHECK(posted->body == request.body);
    CHECK(server.seen().find("Content-Type: application/jose+json\n") != std::string::npos);
    CHECK(server.seen().find("x-www-form-urlencoded") == std::string::npos);
    request.method = "HEAD";
    const https::Outcome head = caller.fetch(request);
    REQUIRE(head.has_value());
    CHECK(head->header("replay-nonce") == "abc");
    CHECK(head->body.empty());
}

TEST_CASE("https: a certificate must be right for the name, and trusted") {
    const test::WebServer server(always(ok_with("x")));
    Caller caller;
    https::Request other_name = request_to(server, "/");
    other_name.url = "https://other.example:" + std::to_string(server.port()) + "/";
    CHECK(fault_of(caller.fetch(other_name)) == https::Fault::tls);
    https::Request not_trusted = request_to(server, "/");
    not_trusted.trusted = "";
    CHECK(fault_of(caller.fetch(not_trusted)) == https::Fault::tls);
    https::Request no_such_file = request_to(server, "/");
    no_such_file.trusted = "/nowhere/ca.pem";
    CHECK(fault_of(caller.fetch(no_such_file)) == https::Fault::tls);
    CHECK(caller.fetch(request_to(server, "/")).has_value());
}

TEST_CASE("https: the addresses are those of one request alone") {
    const test::WebServer server(always(ok_with("x")));
    Caller caller;
    CHECK(caller.fetch(request_to(server, "/")).has_value());
    https::Request elsewhere = request_to(server, "/");
    elsewhere.addresses = {asio::ip::make_address("127.0.0.9")};  // nobody listens there
    CHECK(fault_of(caller.fetch(elsewhere)) == https::Fault::connect);
    https::Request second = request_to(server, "/");
    second.addresses = {asio::ip::make_address("127.0.0.9"), asio::ip::address_v4::loopback()};
    CHECK(caller.fetch(second).has_value());
    https::Request unknown = request_to(server, "/");
    unknown.url = "https://nowhere.invalid/";
    unknown.addresses = {};
    CHECK(fault_of(caller.fetch(unknown)) == https::Fault::no_address);
}

TEST_CASE("https: what cannot be asked") {
    const test::WebServer server(always(ok_with("x")));
    Caller caller;
    https::Request request = request_to(server, "/");
    for (const std::string url :
         {"http://web.example/", "file:///etc/passwd", "no url", "https://web.example/\r\nX: y"}) {
        CAPTURE(url);
        request.url = url;
        CHECK(fault_of(caller.fetch(request)) == https::Fault::request);
    }
    request = request_to(server, "/");
    request.headers = {{"X", "a\r\nY: b"}};
    CHECK(fault_of(caller.fetch(request)) == https::Fault::request);
}

TEST_CASE("https: an answer is bounded, head and body") {
    const auto large_head = [] { return "HTTP/1.1 200 OK\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n"; };
    Caller caller;
    for (const std::string& answer : {ok_with(std::string(1'001, 'x')), large_head()}) {
        const test::WebServer server(always(answer));
        https::Request request = request_to(server, "/");
        request.max_octets = 1'000;
        CHECK(fault_of(caller.fetch(request)) == https::Fault::too_large);
    }
    const test::WebServer fits(always(ok_with(std::string(1'000, 'x'))));
    https::Request request = request_to(fits, "/");
    request.max_octets = 1'000;
    CHECK(caller.fetch(request).has_value());
}

TEST_CASE("https: no HTTP, half an answer, no answer") {
    Caller caller;
    for (const std::string answer :
         {"", "220 mail.example ESMTP\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}) {
        CAPTURE(answer);
        const test::WebServer server(always(answer));
        CHECK(fault_of(caller.fetch(request_to(server, "/"))) == https::Fault::protocol);
    }
    const test::WebServer silent(always(std::nullopt));
    https::Request request = request_to(silent, "/");
    request.timeout = 100ms;
    CHECK(fault_of(caller.fetch(request)) == https::Fault::timeout);
}

TEST_CASE("https: redirects are followed only if that is asked for") {
    const test::WebServer server([](const std::string& head, const std::string&) {
        return head.starts_with("GET /new ") ? ok_with("here")
                                             : "HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 4\r\n\r\ngone";
    });
    Caller caller;
    https::Request request = request_to(server, "/old");
    const https::Outcome not_followed = caller.fetch(request);
    REQUIRE(not_followed.has_value());
    CHECK(not_followed->status == 302);
    request.redirects = 1;
    const https::Outcome followed = caller.fetch(request);
    REQUIRE(followed.has_value());
    CHECK(followed->body == "here");
    CHECK(followed->header("location").empty());
}

TEST_CASE("https: stop() ends what is under way, what waits and what comes later") {
    std::promise<void> asked;
    const test::WebServer server([&](const std::string&, const std::string&) {
        asked.set_value();
        return std::nullopt;
    });
    Caller caller({.at_once = 1});
    https::Outcome first = nothing_yet();
    https::Outcome second = nothing_yet();
    test::Together together(caller.io);
    together.add(keep(caller.client, request_to(server, "/1"), first));
    together.add(keep(caller.client, request_to(server, "/2"), second));
    std::thread stopper([&] {
        asked.get_future().wait();
        caller.client.stop();
    });
    together.run();
    stopper.join();
    CHECK(fault_of(first) == https::Fault::stopped);
    CHECK(fault_of(second) == https::Fault::stopped);
    CHECK(fault_of(caller.fetch(request_to(server, "/3"))) == https::Fault::stopped);
}

TEST_CASE("https: a party with silent servers does not keep another waiting") {
    const test::WebServer server([](const std::string& head, const std::string&) -> std::optional<std::string> {
        if (head.starts_with("GET /silent ")) return std::nullopt;
        return ok_with("x");
    });
    Caller caller({.at_once = 4});
    https::Outcome silent = nothing_yet();
    https::Outcome behind = nothing_yet();
    https::Outcome other = nothing_yet();
    https::Request request = request_to(server, "/silent");
    request.party = "one";
    request.timeout = 1s;
    test::Together together(caller.io);
    together.add(keep(caller.client, request, silent));
    request.url = server.url("/");
    request.timeout = 200ms;
    together.add(keep(caller.client, request, behind));
    request.party = "other";
    request.timeout = 20s;
    together.add(keep(caller.client, request, other));
    together.run();
    CHECK(fault_of(silent) == https::Fault::timeout);
    CHECK(fault_of(behind) == https::Fault::timeout);  // it waited for its party's place
    CHECK(other.has_value());
}

TEST_CASE("https: what is too much fails at once") {
    const test::WebServer server(always(std::nullopt));
    Caller caller({.waiting = 1});
    https::Outcome first = nothing_yet();
    https::Outcome second = nothing_yet();
    https::Request request = request_to(server, "/");
    request.timeout = 100ms;
    test::Together together(caller.io);
    together.add(keep(caller.client, request, first));
    together.add(keep(caller.client, request, second));
    together.run();
    CHECK(fault_of(first) == https::Fault::timeout);
    CHECK(fault_of(second) == https::Fault::stopped);
}
