#include "protocols/http/h2/connection.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/unit/http/h2/client.h"

using namespace http::h2;
namespace sent = http::h2::testing;

namespace {

struct Talk {
    explicit Talk(const Limits& limits = {}) : connection(limits) {
        say(sent::hello() + sent::frame(sent::settings, sent::ack, 0));
    }

    // Sends octets; what comes of them is in `events` and `frames`.
    void say(const std::string& octets) {
        connection.put(octets);
        for (Event& event : connection.take_events()) events.push_back(std::move(event));
        listen();
    }
    void listen(std::size_t enough = 1 << 20) {
        std::string output;
        connection.append_output(output, enough);
        for (sent::Frame& frame : reader.read(output)) frames.push_back(std::move(frame));
        for (Event& event : connection.take_events()) events.push_back(std::move(event));
    }
    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const Event& event : events) {
            if (const T* one = std::get_if<T>(&event)) found.push_back(*one);
        }
        return found;
    }
    // The error code with which a stream was reset; -1: it was not.
    std::int64_t reset(std::uint32_t stream) const {
        for (const sent::Frame& frame : frames) {
            if (frame.type == sent::rst_stream && frame.stream == stream) return frame.code_at(0);
        }
        return -1;
    }
    std::int64_t goaway() const {
        for (const sent::Frame& frame : frames) {
            if (frame.type == sent::goaway) return frame.code_at(4);
        }
        return -1;
    }
    std::string content(std::uint32_t stream) const {
        std::string all;
        for (const sent::Frame& frame : frames) {
            if (frame.type == sent::data && frame.stream == stream) all += frame.payload;
        }
        return all;
    }
    bool ended(std::uint32_t stream) const {
        return std::ranges::any_of(frames, [&](const sent::Frame& frame) {
            return frame.stream == stream && frame.type <= sent::headers && (frame.flags & sent::end_stream) != 0;
        });
    }
    std::uint32_t windows_opened(std::uint32_t stream) const {
        std::uint32_t sum = 0;
        for (const sent::Frame& frame : frames) {
            if (frame.type == sent::window_update && frame.stream == stream) sum += frame.code_at(0);
        }
        return sum;
    }

    Connection connection;
    sent::Reader reader;
    std::vector<Event> events;
    std::vector<sent::Frame> frames;
};

constexpr std::uint32_t protocol_error = NGHTTP2_PROTOCOL_ERROR;
constexpr std::uint32_t calm = NGHTTP2_ENHANCE_YOUR_CALM;

}  // namespace

TEST_CASE("a request comes, its answer goes") {
    Talk talk;
    talk.say(sent::request(1, sent::get("/a?b=c")));
    const auto requests = talk.all<RequestCame>();
    REQUIRE(requests.size() == 1);
    CHECK(requests.front().request.head.method == "GET");
    CHECK(requests.front().request.head.target == "/a?b=c");
    CHECK(requests.front().request.head.authority == "mail.example.org");
    CHECK(requests.front().request.head.version == http::wire::Version::http_2);
    CHECK_FALSE(requests.front().has_content);

    talk.connection.respond(1, {.status = 200, .fields = {{"content-type", "text/plain"}}}, false);
    talk.connection.give(1, std::string("hello"));
    talk.listen();
    CHECK(talk.content(1) == "hello");
    CHECK_FALSE(talk.ended(1));
    CHECK(talk.all<WantsMore>().size() == 1);
    talk.connection.give(1, std::make_shared<const std::string>(" world"));
    talk.connection.finish(1);
    talk.listen();
    CHECK(talk.content(1) == "hello world");
    CHECK(talk.ended(1));
    REQUIRE(talk.all<StreamOver>().size() == 1);
    CHECK(talk.all<StreamOver>().front().answered);
    const auto head = std::ranges::find(talk.frames, sent::headers, &sent::Frame::type);
    REQUIRE(head != talk.frames.end());
    CHECK(talk.reader.fields(*head) == sent::Fields{{":status", "200"}, {"content-type", "text/plain"}});
    CHECK(talk.connection.streams() == 0);
}

TEST_CASE("an answer without content is one frame") {
    Talk talk;
    talk.say(sent::request(1, sent::get()));
    talk.connection.respond(1, {.status = 304, .fields = {}}, true);
    talk.listen();
    CHECK(talk.ended(1));
    CHECK(std::ranges::count(talk.frames, sent::data, &sent::Frame::type) == 0);
}

TEST_CASE("what could mean two things is refused, and the connection goes on") {
    const auto with = [](std::pair<std::string, std::string> field) {
        sent::Fields fields = sent::get();
        fields.push_back(std::move(field));
        return fields;
    };
    const auto changed = [](std::size_t which, const std::string& value) {
        sent::Fields fields = sent::get();
        fields[which].second = value;
        return fields;
    };
    const auto without = [](std::size_t which) {
        sent::Fields fields = sent::get();
        fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(which));
        return fields;
    };
    const std::vector<sent::Fields> wrong = {
        without(0),
        without(1),
        without(2),
        without(3),
        changed(0, "G ET"),
        changed(1, "ftp"),
        changed(2, ""),
        changed(2, "a"),
        changed(2, "*"),
        changed(2, "/a b"),
        changed(2, "/a#b"),
        changed(2, "/a\r\nHost: b"),
        changed(2, "http://mail.example.org/"),
        changed(3, "user@mail.example.org"),
        changed(3, "mail.example.org/"),
        changed(3, ""),
        with({"host", "other.example.org"}),
        with({":path", "/again"}),
        with({":status", "200"}),
        with({"connection", "close"}),
        with({"keep-alive", "1"}),
        with({"proxy-connection", "1"}),
        with({"transfer-encoding", "chunked"}),
        with({"upgrade", "h2c"}),
        with({"te", "gzip"}),
        with({"X-Upper", "1"}),
        with({"x space", "1"}),
        with({"x", "a\r\nb: c"}),
        with({"x", std::string("a\0b", 3)}),
        with({"x", " a"}),
        with({"", "a"}),
        with({"content-length", "5"}),
        with({"content-length", "-1"}),
        with({"content-length", "0x0"}),
        {{"x", "1"}, {":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}},
        {{":method", "CONNECT"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}},
    };
    for (const sent::Fields& fields : wrong) {
        CAPTURE(sent::section(fields));
        Talk talk;
        talk.say(sent::request(1, fields) + sent::request(3, sent::get("/next")));
        CHECK(talk.reset(1) == protocol_error);
        CHECK(talk.goaway() == -1);
        const auto requests = talk.all<RequestCame>();
        REQUIRE(requests.size() == 1);
        CHECK(requests.front().request.head.target == "/next");
    }
    for (const sent::Fields& fields : {with({"te", "trailers"}), with({"host", "MAIL.example.org"}), with({"x", ""})}) {
        Talk talk;
        talk.say(sent::request(1, fields));
        CHECK(talk.all<RequestCame>().size() == 1);
    }
    Talk talk;  // Host alone names the authority
    sent::Fields fields = without(3);
    fields.emplace_back("host", "other.example.org");
    talk.say(sent::request(1, fields));
    REQUIRE(talk.all<RequestCame>().size() == 1);
    CHECK(talk.all<RequestCame>().front().request.head.authority == "other.example.org");
}

TEST_CASE("content has the length that was told") {
    Talk right;
    right.say(sent::request(1, sent::post({{"content-length", "5"}}), true));
    CHECK(right.all<RequestCame>().front().request.content_length == 5);
    right.say(sent::frame(sent::data, 0, 1, "hel") + sent::frame(sent::data, sent::end_stream, 1, "lo"));
    CHECK(right.all<Content>().size() == 2);
    CHECK(right.all<ContentEnded>().size() == 1);
    for (const char* content : {"hell", "hello!"}) {
        Talk wrong;
        wrong.say(sent::request(1, sent::post({{"content-length", "5"}}), true));
        wrong.say(sent::frame(sent::data, sent::end_stream, 1, content));
        CHECK(wrong.reset(1) == protocol_error);
        CHECK(wrong.all<ContentEnded>().empty());
    }
    Talk two;
    two.say(sent::request(1, sent::post({{"content-length", "5"}, {"content-length", "5"}}), true));
    CHECK(two.reset(1) == protocol_error);
}

TEST_CASE("cookies in pieces are one field") {
    Talk talk;
    sent::Fields fields = sent::get();
    fields.emplace_back("cookie", "a=1");
    fields.emplace_back("x", "y");
    fields.emplace_back("cookie", "b=2");
    talk.say(sent::request(1, fields));
    CHECK(talk.all<RequestCame>().front().request.head.fields ==
          http::wire::Fields{{"cookie", "a=1; b=2"}, {"x", "y"}});
}

TEST_CASE("trailers end the content, and are not told") {
    Talk talk;
    talk.say(sent::request(1, sent::post(), true) + sent::frame(sent::data, 0, 1, "hello"));
    talk.say(sent::request(1, {{"x-checksum", "1"}}));
    CHECK(talk.all<ContentEnded>().size() == 1);
    CHECK(talk.all<RequestCame>().size() == 1);
}

TEST_CASE("windows open as content is read") {
    Talk talk({.stream_window = 70'000, .connection_window = 100'000});
    const std::uint32_t before = talk.windows_opened(0);
    talk.say(sent::request(1, sent::post(), true));
    for (int i = 0; i < 4; ++i) talk.say(sent::frame(sent::data, 0, 1, std::string(16'000, 'x')));
    CHECK(talk.windows_opened(1) == 0);
    CHECK(talk.windows_opened(0) == before);
    talk.connection.consumed(1, 64'000);
    talk.listen();
    CHECK(talk.windows_opened(1) == 64'000);
    CHECK(talk.windows_opened(0) == before + 64'000);
    SUBCASE("more than the window is an error") {
        for (int i = 0; i < 5; ++i) talk.say(sent::frame(sent::data, 0, 1, std::string(16'000, 'x')));
        CHECK(talk.reset(1) == NGHTTP2_FLOW_CONTROL_ERROR);
    }
    SUBCASE("what nobody has read is given back to the others when its stream ends") {
        for (int i = 0; i < 4; ++i) talk.say(sent::frame(sent::data, 0, 1, std::string(16'000, 'x')));
        talk.say(sent::frame(sent::rst_stream, 0, 1, sent::number(8, 4)));
        CHECK(talk.windows_opened(0) == before + 128'000);
        talk.connection.consumed(1, 64'000);
        talk.listen();
        CHECK(talk.windows_opened(0) == before + 128'000);
    }
    SUBCASE("and when it is of no interest any more") {
        for (int i = 0; i < 2; ++i) talk.say(sent::frame(sent::data, 0, 1, std::string(16'000, 'x')));
        talk.connection.ignore_content(1);
        for (int i = 0; i < 20; ++i) talk.say(sent::frame(sent::data, 0, 1, std::string(16'000, 'x')));
        CHECK(talk.reset(1) == -1);
        CHECK(talk.all<Content>().size() == 6);
    }
}

TEST_CASE("content after the answer is dropped, and stopped if it is much") {
    Talk talk({.stream_window = 70'000, .dropped_octets = 20'000});
    talk.say(sent::request(1, sent::post(), true));
    for (int i = 0; i < 4; ++i) talk.say(sent::frame(sent::data, 0, 1, std::string(16'000, 'x')));
    talk.connection.respond(1, {.status = 413, .fields = {}}, false);
    talk.connection.give(1, std::string("too much"));
    talk.connection.finish(1);
    talk.listen();
    CHECK(talk.content(1) == "too much");
    CHECK(talk.ended(1));
    CHECK(talk.windows_opened(1) == 64'000);
    talk.say(sent::frame(sent::data, 0, 1, std::string(15'000, 'x')));
    CHECK(talk.all<StreamOver>().empty());
    SUBCASE("it ends") {
        talk.say(sent::frame(sent::data, sent::end_stream, 1, "the rest"));
        CHECK(talk.reset(1) == -1);
    }
    SUBCASE("it does not") {
        talk.say(sent::frame(sent::data, 0, 1, std::string(15'000, 'x')));
        CHECK(talk.reset(1) == NGHTTP2_NO_ERROR);
    }
    REQUIRE(talk.all<StreamOver>().size() == 1);
    CHECK(talk.all<StreamOver>().front().answered);
    CHECK(talk.all<Content>().size() == 4);
    CHECK(talk.goaway() == -1);
}

TEST_CASE("heads are limited, and what is over is told") {
    Talk octets({.head = {.header_section_octets = 1000}});
    sent::Fields fields = sent::get();
    for (int i = 0; i < 20; ++i) fields.emplace_back("x", std::string(50, 'y'));
    octets.say(sent::request(1, fields));
    REQUIRE(octets.all<RequestRefused>().size() == 1);
    CHECK(octets.all<RequestRefused>().front().fault.status == 431);
    CHECK(octets.all<RequestCame>().empty());
    octets.connection.respond(1, {.status = 431, .fields = {}}, true);
    octets.listen();
    CHECK(octets.ended(1));
    Talk count({.head = {.fields = 10}});
    count.say(sent::request(1, fields));
    CHECK(count.all<RequestRefused>().size() == 1);
    Talk target({.head = {.request_line_octets = 100}});
    target.say(sent::request(1, sent::get("/" + std::string(100, 'a'))));
    REQUIRE(target.all<RequestRefused>().size() == 1);
    CHECK(target.all<RequestRefused>().front().fault.status == 414);
}

TEST_CASE("a header bomb costs nothing") {
    // One long field in the table, then one octet for each time it is meant (RFC 7541 §6.1).
    const std::string field = "\x40" + sent::text("x") + sent::text(std::string(4000, 'y'));
    const std::string bomb = sent::section(sent::get()) + field + std::string(10'000, '\xbe');
    Talk talk;
    talk.say(sent::frame(sent::headers, sent::end_stream | sent::end_headers, 1, bomb));
    CHECK(talk.all<RequestCame>().empty());
    CHECK(talk.all<RequestRefused>().size() == 1);
}

TEST_CASE("a client cannot make our table larger") {
    Talk talk;
    talk.say(sent::frame(sent::settings, 0, 0, sent::number(1, 2) + sent::number(1 << 30, 4)));
    for (std::uint32_t id = 1; id < 400; id += 2) {
        talk.say(sent::request(id, sent::get()));
        talk.connection.respond(static_cast<StreamId>(id),
                                {.status = 200, .fields = {{"x", std::string(1000, static_cast<char>('a' + id % 26))}}},
                                true);
        talk.listen();
    }
    CHECK(talk.goaway() == -1);
}

TEST_CASE("more streams than agreed are refused") {
    Talk talk({.streams = 10});
    std::string many;
    for (std::uint32_t i = 0; i < 20; ++i) many += sent::request(2 * i + 1, sent::get());
    talk.say(many);
    CHECK(talk.all<RequestCame>().size() == 10);
    CHECK(talk.goaway() == protocol_error);
}

TEST_CASE("a rapid reset ends the connection: CVE-2023-44487") {
    Talk talk({.broken_streams = 20});
    const auto rapid = [&](std::uint32_t from, std::uint32_t count, std::uint32_t code) {
        for (std::uint32_t i = from; i < from + count; ++i) {
            talk.say(sent::request(2 * i + 1, sent::get()) +
                     sent::frame(sent::rst_stream, 0, 2 * i + 1, sent::number(code, 4)));
        }
    };
    SUBCASE("whatever the code") {
        for (const std::uint32_t code : {0U, 2U, 7U, 8U}) rapid(5 * code, 5, code);
        CHECK(talk.goaway() == -1);
        rapid(100, 1, 8);
        CHECK(talk.goaway() == calm);
        CHECK(talk.connection.trouble() == Trouble::broken_streams);
        CHECK(talk.connection.is_over());
    }
    SUBCASE("also by making us reset them") {
        std::string bad;
        for (std::uint32_t i = 0; i < 21; ++i) bad += sent::request(2 * i + 1, {{":method", "GET"}});
        talk.say(bad);
        CHECK(talk.goaway() == calm);
    }
    SUBCASE("a page that is left now and then is no attack") {
        for (std::uint32_t i = 0; i < 100; ++i) {
            rapid(2 * i, 1, 8);
            const auto id = static_cast<StreamId>(4 * i + 3);
            talk.say(sent::request(static_cast<std::uint32_t>(id), sent::get()));
            talk.connection.respond(id, {.status = 200, .fields = {}}, true);
            talk.listen();
        }
        CHECK(talk.goaway() == -1);
    }
}

TEST_CASE("floods of frames that ask for nothing end the connection") {
    const std::vector<std::string> kinds = {
        sent::frame(sent::ping, 0, 0, std::string(8, 'p')),
        sent::frame(sent::settings, 0, 0),
        sent::frame(sent::priority, 0, 5, sent::number(0, 4) + "\x10"),
        sent::frame(sent::window_update, 0, 0, sent::number(1, 4)),
        sent::frame(sent::data, 0, 1),
    };
    for (const std::string& kind : kinds) {
        CAPTURE(int(kind[3]));
        Talk talk({.idle_frames = 100});
        talk.say(sent::request(1, sent::post(), true));
        std::string some;
        for (int i = 0; i < 90; ++i) some += kind;
        talk.say(some);
        CHECK(talk.goaway() == -1);
        talk.say(some);
        CHECK(talk.goaway() == calm);
        CHECK(talk.connection.trouble() == Trouble::idle_frames);
    }
}

TEST_CASE("what is no HTTP/2 ends the connection") {
    Connection connection{Limits{}};
    connection.put("GET / HTTP/1.1\r\n\r\n");
    CHECK(connection.trouble() == Trouble::protocol);
    CHECK(connection.is_over());
}

TEST_CASE("streams take turns") {
    Talk talk;
    talk.say(sent::request(1, sent::get()) + sent::request(3, sent::get()));
    for (const StreamId id : {1, 3}) {
        talk.connection.respond(id, {.status = 200, .fields = {}}, false);
        talk.connection.give(id, std::string(60'000, 'x'));
    }
    talk.listen(32'000);
    CHECK(talk.content(1).size() == 16'384);
    CHECK(talk.content(3).size() == 16'384);
}

TEST_CASE("shutting down lets what has begun go on") {
    Talk talk;
    talk.say(sent::request(1, sent::get()));
    talk.connection.shut_down();
    talk.listen();
    CHECK(talk.goaway() == NGHTTP2_NO_ERROR);
    talk.say(sent::request(3, sent::get()));
    CHECK(talk.all<RequestCame>().size() == 1);
    CHECK_FALSE(talk.connection.is_over());
    talk.connection.respond(1, {.status = 200, .fields = {}}, true);
    talk.listen();
    CHECK(talk.ended(1));
    CHECK(talk.connection.is_over());
}

TEST_CASE("after so many requests a connection takes no more") {
    Talk talk({.requests = 2});
    talk.say(sent::request(1, sent::get()) + sent::request(3, sent::get()) + sent::request(5, sent::get()));
    CHECK(talk.all<RequestCame>().size() == 2);
    CHECK(talk.goaway() == NGHTTP2_NO_ERROR);
}

TEST_CASE("a refused stream may be tried again, one that failed here was our fault") {
    Talk talk({.broken_streams = 0});
    talk.say(sent::request(1, sent::get()) + sent::request(3, sent::get()));
    talk.connection.refuse(1);
    talk.connection.reset(3);
    talk.listen();
    CHECK(talk.reset(1) == NGHTTP2_REFUSED_STREAM);
    CHECK(talk.reset(3) == NGHTTP2_INTERNAL_ERROR);
    CHECK(talk.goaway() == -1);
}
