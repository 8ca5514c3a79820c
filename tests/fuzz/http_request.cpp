// Any octets to the HTTP/1.1 head parser and the decoder of chunks, cut anywhere: cuts must not matter, and what is
// taken must be what it looks like when it is written again. The same octets as the fields of an HTTP/2 request: what
// is taken there, HTTP/1.1 would take, too. RFC 9112 §3, §5-§7, RFC 9113 §8.2-§8.3.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/http/wire/characters.h"
#include "protocols/http/wire/chunked_decoder.h"
#include "protocols/http/wire/http2_request.h"
#include "protocols/http/wire/request_parser.h"

namespace {

using namespace http::wire;

constexpr HeadLimits head_limits{.request_line_octets = 200, .header_section_octets = 400, .fields = 10};
constexpr ChunkLimits chunk_limits{.extension_octets = 20, .trailer_octets = 40};

void must(bool holds) {
    if (!holds) std::abort();
}

struct Parsing {
    std::optional<std::expected<ReceivedRequest, Fault>> request;
    std::string_view rest;
};

Parsing parse(std::string_view octets, std::size_t piece_octets) {
    RequestParser parser(head_limits);
    Parsing parsing;
    while (!octets.empty() && !parsing.request) {
        std::string_view piece = octets.substr(0, piece_octets);
        const std::size_t before = piece.size();
        parsing.request = parser.take(piece);
        must(parsing.request || piece.empty());
        octets.remove_prefix(before - piece.size());
    }
    parsing.rest = octets;
    return parsing;
}

struct Decoded {
    std::string content;
    std::optional<Fault> fault;
    bool ended = false;
    std::string_view rest;
    friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode(std::string_view octets, std::size_t piece_octets) {
    ChunkedDecoder decoder(chunk_limits);
    Decoded decoded;
    while (!octets.empty() && !decoded.ended) {
        std::string_view piece = octets.substr(0, piece_octets);
        const std::size_t before = piece.size();
        const std::expected<std::string_view, Fault> content = decoder.take(piece);
        if (!content) {
            decoded.fault = content.error();
            return decoded;
        }
        decoded.content += *content;
        decoded.ended = decoder.ended();
        must(decoded.ended || !content->empty() || piece.empty());
        octets.remove_prefix(before - piece.size());
    }
    decoded.rest = octets;
    return decoded;
}

std::string written(const RequestHead& head) {
    const bool connect = head.method == "CONNECT";
    std::string text = head.method + " " + (connect ? head.authority : head.target);
    text += head.version == Version::http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
    if (!head.authority.empty()) text += "host: " + head.authority + "\r\n";
    for (const Field& field : head.fields) text += field.name + ": " + field.value + "\r\n";
    return text + "\r\n";
}

// It has no octet that could begin another line or field, and means the same if it is read again.
void check(const ReceivedRequest& request) {
    must(is_token(request.head.method) && std::ranges::all_of(request.head.target, is_visible));
    must(!(request.chunked && request.content_length));
    for (const Field& field : request.head.fields) {
        must(is_token(field.name) && is_value(field.value) && field.name != "host");
    }
    const std::string text = written(request.head);
    std::string_view input = text;
    const auto again = RequestParser({}).take(input);
    must(again && *again && input.empty());
    ReceivedRequest expected = request;
    if (expected.head.version == Version::http_2) {
        expected.head.version = Version::http_1_1;
    }
    must(**again == expected);
}

void check_http_1(std::string_view octets, std::size_t cut) {
    const Parsing whole = parse(octets, octets.size());
    for (const std::size_t pieces : {std::size_t{1}, std::size_t{3}, cut}) {
        const Parsing cut_up = parse(octets, pieces);
        must(whole.request == cut_up.request);
        must(!whole.request || !*whole.request || whole.rest == cut_up.rest);
    }
    if (whole.request && *whole.request) check(**whole.request);
}

void check_chunks(std::string_view octets, std::size_t cut) {
    const Decoded whole = decode(octets, octets.size());
    for (const std::size_t pieces : {std::size_t{1}, std::size_t{3}, cut}) must(whole == decode(octets, pieces));
}

// A line is a field: its name up to a tab, its value after it.
void check_http_2(std::string_view octets) {
    Http2RequestBuilder builder(head_limits);
    while (!octets.empty()) {
        const std::string_view line = octets.substr(0, octets.find('\n'));
        const std::size_t tab = std::min(line.find('\t'), line.size());
        builder.add(line.substr(0, tab), line.substr(std::min(tab + 1, line.size())));
        octets.remove_prefix(std::min(line.size() + 1, octets.size()));
    }
    const std::expected<ReceivedRequest, Fault> request = builder.finish();
    if (request) check(*request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const std::size_t cut = 1 + data[0] % size;
    check_http_1(octets, cut);
    check_chunks(octets, cut);
    check_http_2(octets);
    return 0;
}
