// The Request object: RFC 8620 §3.3, and the problems of a request as a whole, §3.6.1. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "web/jmap/wire/i_json.h"

namespace jmap {

// RFC 8620 §3.2, of a call and of its response.
struct Invocation {
    std::string name;  // "Email/get"
    Json arguments;    // an object
    std::string id;    // the client's
};

struct Request {
    std::set<std::string> capabilities;  // "using"
    std::vector<Invocation> calls;
    std::optional<std::map<std::string, std::string>> created_ids;
};

struct RequestLimits {
    std::size_t size_request = 10'000'000;  // maxSizeRequest; octets
    std::size_t calls_in_request = 32;      // maxCallsInRequest
    JsonLimits json;
};

// RFC 7807 §3.1, with the types of RFC 8620 §3.6.1.
struct Problem {
    int status = 400;
    std::string type;    // a URI
    std::string detail;  // for who writes a client
    std::string limit;   // with the type of limits: its name
};
std::string to_text(const Problem& problem);
// "urn:ietf:params:jmap:error:limit"
Problem limit_reached(std::string limit, std::string detail);
Problem not_json();

// `is_capability`: whether the server has the capability of that URI.
std::expected<Request, Problem> parse_request(std::string_view octets, const RequestLimits& limits,
                                              const std::function<bool(const std::string&)>& is_capability);

// Whether these are the media type of JSON (RFC 8620 §3.1), with or without parameters.
bool is_json_type(std::string_view content_type);

}  // namespace jmap
