// Any octets from an HTTP/2 client, cut anywhere, with or without a whole preface before them; each request is
// answered, each piece of content is read. RFC 9113. Whatever comes: events that belong to each other, and no end
// without a reason.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "protocols/http/h2/connection.h"

namespace {

using namespace http;

void must(bool holds) {
    if (!holds) std::abort();
}

struct Server {
    h2::Connection connection{
        h2::Limits{.streams = 10,
                   .requests = 50,
                   .head = {.request_line_octets = 200, .header_section_octets = 400, .fields = 10},
                   .broken_streams = 10,
                   .idle_frames = 100,
                   .stream_window = 70'000,
                   .connection_window = 70'000}};
    std::map<h2::StreamId, bool> open;  // whether its content has ended

    void come(const h2::RequestCame& came) {
        must(came.request.head.target.starts_with('/') || came.request.head.target == "*" ||
             came.request.head.method == "CONNECT");
        must(!came.request.chunked && !came.request.head.authority.empty());
        must(open.emplace(came.stream, !came.has_content).second);
        connection.respond(came.stream, {.status = 200, .fields = {{"x", "y"}}}, came.stream % 4 == 1);
        if (came.stream % 4 == 1) return;
        connection.give(came.stream, std::string(20'000, 'x'));
        if (came.stream % 8 == 3) connection.finish(came.stream);
    }
    void come(const h2::RequestRefused& refused) {
        must(refused.fault.status > 400);
        connection.respond(refused.stream, {.status = refused.fault.status, .fields = {}}, true);
    }
    void come(const h2::Content& content) {
        must(open.contains(content.stream) && !open[content.stream] && !content.octets.empty());
        connection.consumed(content.stream, content.octets.size());
    }
    void come(const h2::ContentEnded& ended) {
        must(open.contains(ended.stream) && !open[ended.stream]);
        open[ended.stream] = true;
    }
    void come(const h2::WantsMore& wants) { connection.finish(wants.stream); }
    void come(const h2::StreamOver& over) { open.erase(over.stream); }

    void put(std::string_view octets) {
        connection.put(octets);
        for (int i = 0; i < 3; ++i) {
            for (const h2::Event& event : connection.take_events()) {
                std::visit([this](const auto& happened) { come(happened); }, event);
            }
            std::string output;
            connection.append_output(output, 100'000);
        }
        must(open.size() <= 10);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    Server server;
    if (data[0] % 8 != 0)
        server.put(std::string(h2::preface) + std::string(std::string_view("\0\0\0\x04\0\0\0\0\0", 9)));
    const std::size_t piece = data[1] + 1U;
    std::string_view octets(reinterpret_cast<const char*>(data) + 2, size - 2);
    for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) server.put(octets.substr(0, piece));
    return 0;
}
