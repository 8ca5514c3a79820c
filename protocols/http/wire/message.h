// Requests and responses of HTTP as values, the same for HTTP/1.1 and HTTP/2, without their content. RFC 9110 §6.
// Filled by request_parser.h (HTTP/1.1) or by the door (HTTP/2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http::wire {

// RFC 9110 §6.3. The value has no white space at either end and no CR, LF or NUL (§5.5).
struct Field {
    std::string name;  // lower case
    std::string value;
    friend bool operator==(const Field&, const Field&) = default;
};

// In the order in which they were sent.
using Fields = std::vector<Field>;

enum class Version : std::uint8_t { http_1_0, http_1_1, http_2 };

struct RequestHead {
    std::string method;     // as sent: methods are case-sensitive (RFC 9110 §9.1)
    std::string target;     // path and query, not decoded: "/a%20b?c=d"; "*" of OPTIONS; empty for CONNECT
    std::string authority;  // of the target or else of Host, as sent: "mail.example.org:8443"; HTTP/1.0: maybe empty
    Version version = Version::http_1_1;
    Fields fields;
    friend bool operator==(const RequestHead&, const RequestHead&) = default;
};

struct ResponseHead {
    int status = 200;
    Fields fields;
    friend bool operator==(const ResponseHead&, const ResponseHead&) = default;
};

// The target's parts: all before the first "?", all after it. Neither is decoded.
std::string_view path_of(std::string_view target);
std::string_view query_of(std::string_view target);

// Names are given in lower case. Views are into the fields.
//
// The value of the first field of this name.
std::optional<std::string_view> first_value(const Fields& fields, std::string_view name);
// The values of all fields of this name, in their order.
std::vector<std::string_view> all_values(const Fields& fields, std::string_view name);
// The same as one value, joined by ", " (RFC 9110 §5.3); nullopt without such a field.
std::optional<std::string> joined_value(const Fields& fields, std::string_view name);
// The elements of fields whose value is a list (RFC 9110 §5.6.1), trimmed, without empty ones. Commas in quoted strings
// do not separate.
std::vector<std::string_view> list_elements(const Fields& fields, std::string_view name);
// The elements of one value.
std::vector<std::string_view> list_elements(std::string_view value);
// Whether such a list has this token, in any case.
bool has_token(const Fields& fields, std::string_view name, std::string_view token);

}  // namespace http::wire
