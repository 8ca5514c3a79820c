// The head of an HTTP/1.1 request, out of octets that come in pieces. RFC 9112 §3, §5. Strict: it takes what the
// grammar takes and one empty line before it; wherever the RFC lets a recipient choose, it refuses, so that no proxy
// before us can understand another request than we do (§11.2).
//
// Ours, and not a library's: Debian 12 has llhttp only inside of Node.js; its predecessor http-parser is no longer
// maintained and accepts bare LF and more. nghttp2 has no HTTP/1.1.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

#include "protocols/http/wire/fault.h"
#include "protocols/http/wire/line_reader.h"
#include "protocols/http/wire/received_request.h"

namespace http::wire {

struct HeadLimits {
    std::size_t request_line_octets = 8'192;     // beyond: 414 (RFC 9112 §3 recommends 8000 at least)
    std::size_t header_section_octets = 32'768;  // field lines with their CRLF; beyond: 431 (RFC 6585 §5)
    std::size_t fields = 100;                    // beyond: 431
};

class RequestParser {
  public:
    explicit RequestParser(const HeadLimits& limits) : limits_(limits) {}

    // The next octets: takes what belongs to the head off the front of `input`. nullopt: more is needed, and all input
    // is taken. Once it has returned a request or a fault, it is of no further use. Neither depends on the cuts.
    std::optional<std::expected<ReceivedRequest, Fault>> take(std::string_view& input);

    // Whether anything of a request has come. If not, the client may go without being told (408).
    bool begun() const { return in_fields_ || !reader_.text().empty(); }

  private:
    std::optional<Fault> take_line(std::string_view line);
    std::optional<Fault> read_request_line(std::string_view line);
    std::optional<Fault> read_field(std::string_view line);
    std::size_t line_limit() const;

    HeadLimits limits_;
    LineReader reader_;
    RequestHead head_;
    std::size_t section_octets_ = 0;  // so far
    bool skipped_empty_line_ = false;
    bool in_fields_ = false;
    bool complete_ = false;
};

}  // namespace http::wire
