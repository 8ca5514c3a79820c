// A request or its content given to the parsers whole and in pieces.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/http/wire/chunked_decoder.h"
#include "protocols/http/wire/request_parser.h"

namespace http::wire {

using ParsedRequest = std::optional<std::expected<ReceivedRequest, Fault>>;

// What a parser makes of it, and what it leaves.
struct Parsing {
    ParsedRequest request;  // nullopt: needs more
    std::string rest;
    friend bool operator==(const Parsing&, const Parsing&) = default;
};

// In two pieces; the rest is as if there had been one.
inline Parsing parse_cut(std::string_view octets, std::size_t cut, const HeadLimits& limits = {}) {
    RequestParser parser(limits);
    std::string_view first = octets.substr(0, cut);
    std::string_view second = octets.substr(cut);
    ParsedRequest request = parser.take(first);
    if (!request) request = parser.take(second);
    return {std::move(request), std::string(first) + std::string(second)};
}

// Octet by octet.
inline Parsing parse_octets(std::string_view octets, const HeadLimits& limits = {}) {
    RequestParser parser(limits);
    ParsedRequest request;
    while (!octets.empty() && !request) {
        std::string_view octet = octets.substr(0, 1);
        request = parser.take(octet);
        octets.remove_prefix(1 - octet.size());
    }
    return {std::move(request), std::string(octets)};
}

// What a decoder makes of chunks.
struct Decoded {
    std::string content;
    std::optional<Fault> fault;
    bool ended = false;
    std::string rest;  // after the end
    friend bool operator==(const Decoded&, const Decoded&) = default;
};

// In pieces of so many octets.
inline Decoded decode_pieces(std::string_view octets, std::size_t piece_octets, const ChunkLimits& limits = {}) {
    ChunkedDecoder decoder(limits);
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
        octets.remove_prefix(before - piece.size());
    }
    decoded.rest = octets;
    return decoded;
}

}  // namespace http::wire
