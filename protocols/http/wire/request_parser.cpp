#include "protocols/http/wire/request_parser.h"

#include <algorithm>
#include <string>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/http/wire/characters.h"
#include "protocols/http/wire/field_line.h"
#include "protocols/http/wire/target.h"

namespace http::wire {

namespace {

constexpr std::size_t crlf_octets = 2;

// HTTP-version = "HTTP/" DIGIT "." DIGIT, in capitals (RFC 9112 §2.3). Minor versions above 1 do not exist; we do not
// process them as 1.1 (RFC 9110 §2.5 says SHOULD), since others may not.
std::expected<Version, Fault> parse_version(std::string_view text) {
    if (text == "HTTP/1.1") return Version::http_1_1;
    if (text == "HTTP/1.0") return Version::http_1_0;
    const bool well_formed = text.size() == 8 && text.starts_with("HTTP/") && base::is_digit(text[5]) &&
                             text[6] == '.' && base::is_digit(text[7]);
    if (!well_formed) return std::unexpected(Fault{400, "Invalid HTTP version"});
    return std::unexpected(Fault{505, "This door speaks HTTP/1.1 and HTTP/2"});
}

}  // namespace

std::size_t RequestParser::line_limit() const {
    if (!in_fields_) return limits_.request_line_octets;
    const std::size_t taken = section_octets_ + crlf_octets;
    return limits_.header_section_octets - std::min(taken, limits_.header_section_octets);
}

std::optional<std::expected<ReceivedRequest, Fault>> RequestParser::take(std::string_view& input) {
    while (!input.empty()) {
        // Not a method: TLS on a plain port, say. Such a client may never send an LF.
        const bool at_start = !in_fields_ && reader_.text().empty();
        if (at_start && !is_tchar(input.front()) && input.front() != '\r') {
            return std::unexpected(Fault{400, "This is not HTTP"});
        }
        switch (reader_.take(input, line_limit())) {
            case LineReader::Outcome::need_more:
                return std::nullopt;
            case LineReader::Outcome::too_long:
                if (in_fields_) return std::unexpected(Fault{431, "The header section is too large"});
                return std::unexpected(Fault{414, "The request target is too long"});
            case LineReader::Outcome::bare_line_end:
                return std::unexpected(Fault{400, "A line must end with CRLF"});
            case LineReader::Outcome::line:
                break;
        }
        if (std::optional<Fault> fault = take_line(reader_.text())) return std::unexpected(*std::move(fault));
        if (complete_) return receive(std::move(head_));
    }
    return std::nullopt;
}

std::optional<Fault> RequestParser::take_line(std::string_view line) {
    if (in_fields_) {
        if (!line.empty()) return read_field(line);
        complete_ = true;
        return std::nullopt;
    }
    if (!line.empty()) return read_request_line(line);
    // One empty line before the request line (RFC 9112 §2.2).
    if (std::exchange(skipped_empty_line_, true)) return Fault{400, "Empty lines before the request line"};
    return std::nullopt;
}

// request-line = method SP request-target SP HTTP-version
std::optional<Fault> RequestParser::read_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == last) return Fault{400, "A request line has a method, a target and a version"};
    const std::string_view method = line.substr(0, first);
    if (!is_token(method)) return Fault{400, "Invalid method"};
    const std::expected<Version, Fault> version = parse_version(line.substr(last + 1));
    if (!version) return version.error();
    std::expected<Target, Fault> target = parse_target(method, line.substr(first + 1, last - first - 1));
    if (!target) return target.error();
    head_ = {.method = std::string(method),
             .target = std::move(target->target),
             .authority = std::move(target->authority),
             .version = *version,
             .fields = {}};
    in_fields_ = true;
    return std::nullopt;
}

std::optional<Fault> RequestParser::read_field(std::string_view line) {
    section_octets_ += line.size() + crlf_octets;
    if (head_.fields.size() == limits_.fields) return Fault{431, "Too many header fields"};
    std::expected<Field, Fault> field = parse_field_line(line);
    if (!field) return field.error();
    head_.fields.push_back(*std::move(field));
    return std::nullopt;
}

}  // namespace http::wire
