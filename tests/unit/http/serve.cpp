#include "protocols/http/serve.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "tests/unit/http/h2/client.h"
#include "tests/unit/net/support.h"

using namespace http;
namespace sent = http::h2::testing;

namespace {

class Log : public services::EventLog {
  public:
    bool enabled(services::Level) const override { return true; }
    void write(services::Level, std::string_view, std::string_view session, std::string_view event,
               const Fields& fields) override {
        text.append(session).append(" ").append(event);
        for (const auto& [key, value] : fields) text.append(" ").append(key).append("=").append(value.text());
        text += '\n';
    }
    std::string text;
};

// A connection with one client. "/" answers at once; the others as their names say.
struct Door {
    asio::io_context io;
    Log log;
    Options options;
    Services services{[this](Request request) { return answer(std::move(request)); }, log, [] { return 784111777; }};
    std::vector<std::string> asked;
    int at_work = 0;      // long answers whose handlers exist
    std::string content;  // as a handler has read it
    std::unique_ptr<net::Wakeup> go = std::make_unique<net::Wakeup>(io.get_executor());
    std::optional<net::Stream::Interrupter> interrupt;

    // Counts itself while it exists.
    struct AtWork {
        explicit AtWork(int& of) : count(of) { ++count; }
        ~AtWork() { --count; }
        AtWork(const AtWork&) = delete;
        AtWork& operator=(const AtWork&) = delete;
        int& count;
    };

    asio::awaitable<Response> answer(Request request) {
        asked.push_back(request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query));
        if (request.path == "/throws") throw std::runtime_error("no reason");
        if (request.path == "/shared") co_return Response{.shared = std::make_shared<const std::string>(300'000, 's')};
        if (request.path == "/read") {
            content = co_await request.body.read_all(100'000);
            co_return Response{.body = "read " + std::to_string(content.size())};
        }
        if (request.path == "/three") {
            auto left = std::make_shared<int>(3);
            co_return Response{.stream = [left]() -> asio::awaitable<std::optional<std::string>> {
                if ((*left)-- == 0) co_return std::nullopt;
                co_return std::to_string(*left);
            }};
        }
        if (request.path == "/waits") {
            const AtWork here(at_work);
            co_await go->wait();
            co_return Response{.body = "waited"};
        }
        if (request.path == "/events") {
            auto here = std::make_shared<AtWork>(at_work);
            auto first = std::make_shared<bool>(true);
            co_return Response{.stream = [this, here, first]() -> asio::awaitable<std::optional<std::string>> {
                if (!std::exchange(*first, false)) co_await go->wait();
                co_return "event\n";
            }};
        }
        co_return Response{.fields = {{"content-type", "text/plain"}}, .body = "hello"};
    }

    // Runs a client's side against ours, to both ends.
    template <class Side>
    void with(Side side) {
        auto [server, client] = test::connected_sockets(io);
        net::Stream ours(std::move(server));
        interrupt = ours.interrupter();
        test::Together together(io);
        together.add(serve(std::move(ours), "s1", options, services));
        together.add(side(net::Stream(std::move(client))));
        together.run();
        io.restart();
        io.poll();  // what was cancelled ends
    }
    // Sends these octets, and returns all that comes until our side has closed.
    std::string say(const std::string& octets) {
        std::string all;
        with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream, octets);
            try {
                for (;;) all += co_await stream.read_chunk(1 << 16);
            } catch (const net::PeerGone&) {
                co_return;
            }
        });
        return all;
    }
};

// The client reads until this comes.
asio::awaitable<std::string> read_until(net::Stream& stream, std::string_view end) {
    std::string all;
    while (!all.ends_with(end)) all += co_await stream.read_chunk(1 << 16);
    co_return all;
}

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string get_and_close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const std::string hello =
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 5\r\n";

}  // namespace

TEST_CASE("HTTP/1.1: one request after the other, pipelined ones in order") {
    Door door;
    CHECK(door.say(get + "GET /b?c=d HTTP/1.1\r\nHost: a\r\n\r\n" + get_and_close + get) ==
          hello + "\r\nhello" + hello + "\r\nhello" + hello + "connection: close\r\n\r\nhello");
    CHECK(door.asked == std::vector<std::string>{"GET /", "GET /b?c=d", "GET /"});
    CHECK(door.log.text.find("s1 close reason=quit requests=3") != std::string::npos);
}

TEST_CASE("HEAD has the fields of GET") {
    Door door;
    CHECK(door.say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get_and_close) ==
          hello + "\r\n" + hello + "connection: close\r\n\r\nhello");
    CHECK(door.say("HEAD /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("close\r\n\r\n"));
}

TEST_CASE("HTTP/1.0 keeps the connection if asked to, and ends long answers with it") {
    Door door;
    CHECK(door.say("GET / HTTP/1.0\r\n\r\n") == hello + "connection: close\r\n\r\nhello");
    const std::string all = door.say(
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /three HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(all.starts_with(hello + "connection: keep-alive\r\n\r\nhello"));
    CHECK(all.ends_with("connection: close\r\n\r\n210"));
    CHECK(all.find("transfer-encoding") == std::string::npos);
}

TEST_CASE("what is no request gets an answer, and the end") {
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\nHost: a\n\n", "400"},
        {"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        {"\x16\x03\x01", "400"},
        {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(40'000, 'a') + "\r\n\r\n", "431"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
    };
    for (const auto& [octets, status] : wrong) {
        CAPTURE(octets);
        Door door;
        const std::string all = door.say(octets + get);
        CHECK(all.starts_with("HTTP/1.1 " + status + " "));
        CHECK(all.find("connection: close\r\n") != std::string::npos);
        CHECK(all.find("HTTP/1.1 200") == std::string::npos);
        CHECK(door.asked.empty());
        CHECK(door.log.text.find("s1 refused status=" + status) != std::string::npos);
    }
}

TEST_CASE("content comes by its length or in chunks, and the next request follows it") {
    Door door;
    const std::string all = door.say(
        "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        "POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n4\r\nlo!!\r\n0\r\nX: "
        "y\r\n\r\n" +
        get_and_close);
    CHECK(all.find("read 5") != std::string::npos);
    CHECK(all.find("read 7") != std::string::npos);
    CHECK(door.content == "hello!!");
    CHECK(door.asked.size() == 3);
}

TEST_CASE("chunks that nobody understands end the connection with 400") {
    Door door;
    const std::string all =
        door.say("POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nhel\r\n0\r\n\r\n" + get);
    CHECK(all.starts_with("HTTP/1.1 400 "));
    CHECK(door.asked.size() == 1);
}

TEST_CASE("content that nobody wants is read, if it is little, and the connection goes on") {
    Door door;
    door.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /" + get_and_close);
    CHECK(door.asked == std::vector<std::string>{"POST /", "GET /"});
}

TEST_CASE("content that is too large: the client hears it, although it still sends") {
    Door door;
    const std::string all =
        door.say("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'x'));
    CHECK(all.starts_with("HTTP/1.1 413 "));
    CHECK(all.find("connection: close\r\n") != std::string::npos);
    SUBCASE("also if it did not say how much it would be") {
        std::string octets = "POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (int i = 0; i < 50; ++i) octets += "c350\r\n" + std::string(0xc350, 'x') + "\r\n";
        CHECK(door.say(octets).starts_with("HTTP/1.1 413 "));
    }
}

TEST_CASE("who waits for 100 is told to go on only when somebody reads") {
    Door door;
    const std::string post = " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    std::string all;
    door.with([&](net::Stream stream) -> asio::awaitable<void> {
        co_await test::send(stream, "POST /read" + post);
        all = co_await read_until(stream, "\r\n\r\n");
        co_await test::send(stream, "hello" + get_and_close);
        all += co_await read_until(stream, "\r\n\r\nhello");
    });
    CHECK(all.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    CHECK(all.find("read 5") != std::string::npos);
    CHECK(door.say("POST /" + post).starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("content that does not come, and a head that does not end: 408") {
    Door door;
    door.options.request_time = std::chrono::seconds(1);
    CHECK(door.say("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel").starts_with("HTTP/1.1 408 "));
    CHECK(door.say("GET / HTTP/1.1\r\nHo").starts_with("HTTP/1.1 408 "));
    CHECK(door.say("") == "");
    CHECK(door.say("P").starts_with("HTTP/1.1 408 "));
}

TEST_CASE("an answer in pieces") {
    Door door;
    const std::string all = door.say("GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(all.ends_with("\r\n\r\n1\r\n2\r\n1\r\n1\r\n1\r\n0\r\n0\r\n\r\n"));
    CHECK(all.find("transfer-encoding: chunked\r\n") != std::string::npos);
    CHECK(all.find("content-length") == std::string::npos);
    CHECK(door.say("GET /shared HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").size() > 300'000);
}

TEST_CASE("what a handler throws is 500, and the log says why") {
    Door door;
    const std::string all = door.say("GET /throws HTTP/1.1\r\nHost: a\r\n\r\n" + get_and_close);
    CHECK(all.starts_with("HTTP/1.1 500 "));
    CHECK(all.ends_with("hello"));
    CHECK(door.log.text.find("failed method=GET reason=no reason") != std::string::npos);
}

TEST_CASE("a client that goes away ends its long answer at once") {
    Door door;
    door.with([&](net::Stream stream) -> asio::awaitable<void> {
        co_await test::send(stream, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
        static_cast<void>(co_await read_until(stream, "event\n\r\n"));
        CHECK(door.at_work == 1);
    });
    CHECK(door.at_work == 0);
    door.with([&](net::Stream stream) -> asio::awaitable<void> {
        co_await test::send(stream, "GET /waits HTTP/1.1\r\nHost: a\r\n\r\n");
        while (door.at_work == 0) co_await test::pause(stream.executor(), std::chrono::milliseconds(1));
    });
    CHECK(door.at_work == 0);
    CHECK(door.log.text.find("close reason=gone") != std::string::npos);
}

TEST_CASE("when the server stops, idle connections end, and requests at work have a moment") {
    Door door;
    door.with([&](net::Stream stream) -> asio::awaitable<void> {
        co_await test::send(stream, get);
        static_cast<void>(co_await read_until(stream, "hello"));
        (*door.interrupt)();
        try {
            static_cast<void>(co_await stream.read_chunk(1));
            FAIL("it goes on");
        } catch (const net::PeerGone&) {
            co_return;
        }
    });
    std::string all;
    door.with([&](net::Stream stream) -> asio::awaitable<void> {
        co_await test::send(stream, sent::hello() + sent::request(1, sent::get("/waits")));
        while (door.at_work == 0) co_await test::pause(stream.executor(), std::chrono::milliseconds(1));
        (*door.interrupt)();
        co_await test::pause(stream.executor(), std::chrono::milliseconds(10));
        door.go->notify();
        try {
            for (;;) all += co_await stream.read_chunk(1 << 16);
        } catch (const net::PeerGone&) {
            co_return;
        }
    });
    CHECK(all.find("waited") != std::string::npos);
    CHECK(door.log.text.find("close reason=shutdown requests=1") != std::string::npos);
}

TEST_CASE("HTTP/2 without TLS, by its preface") {
    Door door;
    sent::Reader reader;
    std::vector<sent::Frame> frames;
    const auto content = [&](std::uint32_t id) {
        std::string all;
        for (const sent::Frame& frame : frames) {
            if (frame.type == sent::data && frame.stream == id) all += frame.payload;
        }
        return all;
    };
    const auto ended = [&](std::uint32_t id) {
        return std::ranges::any_of(frames, [&](const sent::Frame& frame) {
            return frame.stream == id && ((frame.type <= sent::headers && (frame.flags & sent::end_stream) != 0) ||
                                          frame.type == sent::rst_stream);
        });
    };
    const auto read_to_end = [&](net::Stream& stream, std::uint32_t id) -> asio::awaitable<void> {
        while (!ended(id)) {
            const std::string_view chunk = co_await stream.read_chunk(1 << 16);
            for (sent::Frame& frame : reader.read(chunk)) frames.push_back(std::move(frame));
        }
    };
    SUBCASE("answers of all kinds, side by side") {
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream, sent::hello() + sent::request(1, sent::get("/waits")) +
                                            sent::request(3, sent::get()) + sent::request(5, sent::get("/three")) +
                                            sent::request(7, sent::post(), true));
            co_await read_to_end(stream, 3);
            co_await read_to_end(stream, 5);
            CHECK_FALSE(ended(1));
            door.go->notify();
            co_await read_to_end(stream, 1);
        });
        CHECK(content(1) == "waited");
        CHECK(content(3) == "hello");
        CHECK(content(5) == "210");
        CHECK(door.asked == std::vector<std::string>{"GET /waits", "GET /", "GET /three", "POST /form"});
    }
    SUBCASE("content") {
        sent::Fields fields = sent::post();
        fields[2].second = "/read";
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream,
                                sent::hello() + sent::request(1, fields, true) + sent::frame(sent::data, 0, 1, "hel"));
            co_await test::send(stream, sent::frame(sent::data, sent::end_stream, 1, "lo"));
            co_await read_to_end(stream, 1);
        });
        CHECK(content(1) == "read 5");
        CHECK(door.content == "hello");
    }
    SUBCASE("a reset ends the work, and nothing else") {
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream,
                                sent::hello() + sent::request(1, sent::get("/events")) + sent::request(3, sent::get()));
            co_await read_to_end(stream, 3);
            CHECK(door.at_work == 1);
            co_await test::send(
                stream, sent::frame(sent::rst_stream, 0, 1, sent::number(8, 4)) + sent::request(5, sent::get()));
            co_await read_to_end(stream, 5);
            while (door.at_work > 0) co_await test::pause(stream.executor(), std::chrono::milliseconds(1));
        });
        CHECK(door.at_work == 0);
    }
    SUBCASE("a client that goes away ends all") {
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream, sent::hello() + sent::request(1, sent::get("/events")) +
                                            sent::request(3, sent::get("/waits")) + sent::request(5, sent::get()));
            co_await read_to_end(stream, 5);
            CHECK(door.at_work == 2);
        });
        CHECK(door.at_work == 0);
    }
    SUBCASE("what is over the limits is answered") {
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            sent::Fields large = sent::get();
            for (int i = 0; i < 5; ++i) large.emplace_back("x", std::string(8000, 'y'));
            const std::string section = sent::section(large);
            co_await test::send(stream,
                                sent::hello() + sent::request(1, sent::get("/" + std::string(9000, 'a'))) +
                                    sent::frame(sent::headers, sent::end_stream, 3, section.substr(0, 16'000)) +
                                    sent::frame(sent::continuation, 0, 3, section.substr(16'000, 16'000)) +
                                    sent::frame(sent::continuation, sent::end_headers, 3, section.substr(32'000)));
            co_await read_to_end(stream, 1);
            co_await read_to_end(stream, 3);
        });
        CHECK(door.log.text.find("refused status=414") != std::string::npos);
        CHECK(door.log.text.find("refused status=431") != std::string::npos);
    }
    SUBCASE("a failed handler is 500") {
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream, sent::hello() + sent::request(1, sent::get("/throws")));
            co_await read_to_end(stream, 1);
        });
        CHECK(content(1).starts_with("The server could not"));
    }
    SUBCASE("more than one turn of content, as fast as it is read") {
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream, sent::hello() +
                                            sent::frame(sent::window_update, 0, 0, sent::number(1 << 20, 4)) +
                                            sent::request(1, sent::get("/shared")) +
                                            sent::frame(sent::window_update, 0, 1, sent::number(1 << 20, 4)));
            co_await read_to_end(stream, 1);
        });
        CHECK(content(1).size() == 300'000);
    }
    SUBCASE("who opens no window does not hold it for ever") {
        door.options.request_time = std::chrono::seconds(1);
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream, sent::hello() + sent::request(1, sent::get("/shared")));
            co_await read_to_end(stream, 1);
        });
        CHECK(content(1).size() == 65'535);
    }
    SUBCASE("who asks for nothing is sent away") {
        door.options.idle_time = std::chrono::seconds(1);
        std::string all;
        door.with([&](net::Stream stream) -> asio::awaitable<void> {
            co_await test::send(stream, sent::hello() + sent::request(1, sent::get()));
            try {
                for (;;) all += co_await stream.read_chunk(1 << 16);
            } catch (const net::PeerGone&) {
                co_return;
            }
        });
        CHECK(door.log.text.find("close reason=timeout requests=1") != std::string::npos);
    }
}

TEST_CASE("the farewell of HTTP/2 is frames, that of HTTP/1.1 an answer") {
    sent::Reader reader;
    const std::vector<sent::Frame> frames = reader.read(farewell("too many connections", true));
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].type == sent::settings);
    CHECK(frames[1].type == sent::goaway);
    CHECK(frames[1].code_at(4) == NGHTTP2_ENHANCE_YOUR_CALM);
    CHECK(frames[1].payload.substr(8) == "too many connections");
    CHECK(farewell("too busy", false).starts_with("HTTP/1.1 503 "));
}
