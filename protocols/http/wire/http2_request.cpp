#include "protocols/http/wire/http2_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/http/wire/characters.h"
#include "protocols/http/wire/target.h"

namespace http::wire {

namespace {

Fault malformed(std::string what) { return {400, std::move(what)}; }

// Fields about a connection of HTTP/1.1 (RFC 9113 §8.2.2).
bool is_of_connection(std::string_view name) {
    constexpr std::array<std::string_view, 5> names = {"connection", "keep-alive", "proxy-connection",
                                                       "transfer-encoding", "upgrade"};
    return std::ranges::find(names, name) != names.end();
}

bool has_capitals(std::string_view name) {
    return std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

// As many octets as in a header section of HTTP/1.1: with colon, space and CRLF.
bool Http2RequestBuilder::fits(std::string_view name, std::string_view value) {
    octets_ += name.size() + value.size() + 4;
    return octets_ <= limits_.header_section_octets && head_.fields.size() < limits_.fields;
}

void Http2RequestBuilder::add(std::string_view name, std::string_view value) {
    if (fault_) return;
    fault_ = name.starts_with(':') ? take_pseudo(name, value) : take_field(name, value);
}

std::optional<Fault> Http2RequestBuilder::take_pseudo(std::string_view name, std::string_view value) {
    const std::array<std::pair<std::string_view, std::optional<std::string>*>, 4> known = {
        {{":method", &method_}, {":scheme", &scheme_}, {":authority", &authority_}, {":path", &path_}}};
    const auto* const found =
        std::ranges::find(known, name, &std::pair<std::string_view, std::optional<std::string>*>::first);
    if (found == known.end()) return malformed("Unknown pseudo-header field");
    if (!head_.fields.empty()) return malformed("A pseudo-header field after other fields");
    if (*found->second) return malformed("A pseudo-header field more than once");
    if (value.size() > limits_.request_line_octets) return Fault{414, "The request target is too long"};
    *found->second = value;
    return std::nullopt;
}

std::optional<Fault> Http2RequestBuilder::take_field(std::string_view name, std::string_view value) {
    if (!is_token(name) || has_capitals(name)) return malformed("Invalid name of a header field");
    if (!is_value(value)) return malformed("Invalid octet in the value of a header field");
    if (value != without_ows(value)) return malformed("White space around the value of a header field");
    if (is_of_connection(name)) return malformed("A header field that HTTP/2 does not have");
    if (name == "te" && !base::iequals(value, "trailers")) return malformed("TE must be trailers");
    if (!fits(name, value)) return Fault{431, "The header section is too large"};
    // Cookies may come in pieces (RFC 9113 §8.2.3).
    const auto cookie = std::ranges::find(head_.fields, "cookie", &Field::name);
    if (name == "cookie" && cookie != head_.fields.end()) {
        cookie->value.append("; ").append(value);
    } else {
        head_.fields.push_back({.name = std::string(name), .value = std::string(value)});
    }
    return std::nullopt;
}

// RFC 9113 §8.3.1; of CONNECT: §8.5.
std::expected<void, Fault> Http2RequestBuilder::take_target() {
    const bool connect = method_ == "CONNECT";
    if (!method_ || !is_token(*method_)) return std::unexpected(malformed("Invalid :method"));
    if (connect != !path_ || connect != !scheme_) return std::unexpected(malformed("Wrong pseudo-header fields"));
    if (scheme_ && !base::iequals(*scheme_, "https") && !base::iequals(*scheme_, "http")) {
        return std::unexpected(malformed("Invalid :scheme"));
    }
    if (path_ && *path_ != "*" && !is_origin_form(*path_)) return std::unexpected(malformed("Invalid :path"));
    if (authority_ && !is_authority(*authority_)) return std::unexpected(malformed("Invalid :authority"));
    std::expected<Target, Fault> target = parse_target(*method_, connect ? authority_.value_or("") : *path_);
    if (!target) return std::unexpected(std::move(target.error()));
    head_.target = std::move(target->target);
    head_.authority = authority_.value_or("");
    head_.method = *std::move(method_);
    head_.version = Version::http_2;
    return {};
}

std::expected<ReceivedRequest, Fault> Http2RequestBuilder::finish() {
    if (fault_) return std::unexpected(*fault_);
    if (std::expected<void, Fault> taken = take_target(); !taken) return std::unexpected(std::move(taken.error()));
    return receive(std::move(head_));
}

}  // namespace http::wire
