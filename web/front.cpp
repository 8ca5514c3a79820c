#include "web/front.h"

#include <string>
#include <string_view>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/http/wire/media_type.h"
#include "protocols/http/wire/percent.h"

namespace web {
namespace {

std::string field_of(const http::Request& request, std::string_view name) {
    return std::string(http::wire::first_value(request.fields, name).value_or(std::string_view()));
}

std::string list_of(const http::Request& request, std::string_view name) {
    return http::wire::joined_value(request.fields, name).value_or(std::string());
}

Client client_of(const http::Request& request, const IsProxy& is_proxy) {
    const ForwardedFields fields{.forwarded = list_of(request, "forwarded"),
                                 .x_forwarded_for = list_of(request, "x-forwarded-for"),
                                 .x_forwarded_proto = list_of(request, "x-forwarded-proto")};
    return client_behind({.address = request.client_address, .tls = request.tls}, fields, is_proxy);
}

Request to_page_request(const http::Request& request, Client client) {
    return {.method = request.method,
            .path = request.path,
            .query = http::wire::parse_form(request.query),
            .form = {},
            .body = {},
            .host = request.authority,
            .cookie = field_of(request, "cookie"),
            .origin = field_of(request, "origin"),
            .fetch_site = field_of(request, "sec-fetch-site"),
            .content_type = field_of(request, "content-type"),
            .authorization = field_of(request, "authorization"),
            .user_agent = field_of(request, "user-agent"),
            .form_token = field_of(request, "x-mailstead-token"),
            .client_address = std::move(client.address),
            .tls = client.tls};
}

http::Response to_http(Response response, bool tls) {
    http::Fields fields;
    fields.push_back({"content-type", std::move(response.content_type)});
    for (auto& [name, value] : response.headers) fields.push_back({base::lower(name), std::move(value)});
    if (tls) fields.push_back({"strict-transport-security", "max-age=31536000"});
    return {.status = response.status,
            .fields = std::move(fields),
            .body = std::move(response.body),
            .shared = {},
            .stream = std::move(response.stream),
            .length = {}};
}

}  // namespace

asio::awaitable<http::Response> Front::answer(http::Request request) {
    Request page = to_page_request(request, client_of(request, is_proxy_));
    const bool tls = page.tls;
    if (const std::size_t most = site_.body_octets(page); most > 0) {
        std::string body = co_await request.body.read_all(most);
        const auto type = http::wire::parse_media_type(page.content_type);
        const bool is_form = type && type->is("application/x-www-form-urlencoded");
        if (is_form) page.form = http::wire::parse_form(body);
        if (!is_form) page.body = std::move(body);
    }
    Response response = co_await site_.answer(std::move(page));
    co_return to_http(std::move(response), tls);
}

}  // namespace web
