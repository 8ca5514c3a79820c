// HTTP requests and responses as values, for the pages. RFC 9110. front.h makes them of the door's.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/http/wire/percent.h"

namespace web {

using Fields = http::wire::FormFields;
using http::wire::percent_encode;

struct Request {
    std::string method;  // upper case
    std::string path;    // without the query, not decoded
    Fields query;
    Fields form;       // of a POST
    std::string body;  // of a POST that is no form
    std::string host;
    std::string cookie;      // the Cookie field
    std::string origin;      // the Origin field, empty: none
    std::string fetch_site;  // Sec-Fetch-Site, empty: none
    std::string content_type;
    std::string authorization;  // the Authorization field, empty: none
    std::string user_agent;
    std::string form_token;      // the X-Mailstead-Token field: a session's token where there is no form
    std::string client_address;  // textual IP address
    bool tls = false;
};

// The next piece of a long body; nullopt at its end.
using NextPiece = std::function<asio::awaitable<std::optional<std::string>>()>;

struct Response {
    int status = 200;
    std::string content_type = "text/html; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    NextPiece stream;  // if set, sent in place of body, in chunks with back-pressure
};

Response redirect(std::string location);
Response plain_error(int status, std::string text);

// The field's value, or empty.
const std::string& field(const Fields& fields, std::string_view name);

// Escapes text for use in HTML text and in quoted attribute values.
std::string escape_html(std::string_view text);

}  // namespace web
