// The web door on RESTinio. Limits: RFC 9110 §17.5; a body is streamed in chunks with back-pressure.
#include "web/server.h"

#include <algorithm>
#include <asio/ssl/context.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <iterator>
#include <restinio/all.hpp>
#include <restinio/tls.hpp>
#include <utility>
#include <vector>

#include "protocols/net/spawn.h"
#include "web/routes.h"

namespace web {
namespace {

struct Traits : restinio::default_single_thread_traits_t {
    static constexpr bool use_connection_count_limiter = true;
    using request_handler_t = std::function<restinio::request_handling_status_t(restinio::request_handle_t)>;
};
struct TlsTraits : restinio::single_thread_tls_traits_t<restinio::asio_timer_manager_t, restinio::null_logger_t> {
    static constexpr bool use_connection_count_limiter = true;
    using request_handler_t = std::function<restinio::request_handling_status_t(restinio::request_handle_t)>;
};

using RawRequest = restinio::request_handle_t;

std::string header_of(const RawRequest& raw, std::string_view name) {
    return raw->header().get_field_or(restinio::string_view_t(name.data(), name.size()), "");
}

// All values of a field that may occur on several lines (RFC 9110 §5.3).
std::string list_of(const RawRequest& raw, std::string_view name) {
    std::string list;
    raw->header().for_each_value_of(restinio::string_view_t(name.data(), name.size()), [&](const auto& value) {
        if (!list.empty()) list += ',';
        list.append(value.data(), value.size());
        return restinio::http_header_fields_t::continue_enumeration();
    });
    return list;
}

Client client_of(const RawRequest& raw, bool tls, const IsProxy& is_proxy) {
    const ForwardedFields fields{.forwarded = list_of(raw, "Forwarded"),
                                 .x_forwarded_for = list_of(raw, "X-Forwarded-For"),
                                 .x_forwarded_proto = list_of(raw, "X-Forwarded-Proto")};
    return client_behind({.address = raw->remote_endpoint().address().to_string(), .tls = tls}, fields, is_proxy);
}

Request to_request(const RawRequest& raw, Client client) {
    const auto path = raw->header().path();
    const auto query = raw->header().query();
    Request request{.method = raw->header().method().c_str(),
                    .path = std::string(path.data(), path.size()),
                    .query = parse_fields(std::string_view(query.data(), query.size())),
                    .form = {},
                    .host = header_of(raw, "Host"),
                    .cookie = header_of(raw, "Cookie"),
                    .origin = header_of(raw, "Origin"),
                    .fetch_site = header_of(raw, "Sec-Fetch-Site"),
                    .client_address = std::move(client.address),
                    .tls = client.tls};
    if (header_of(raw, "Content-Type").starts_with("application/x-www-form-urlencoded"))
        request.form = parse_fields(raw->body());
    return request;
}

template <class Builder>
void set_head(Builder& builder, const Response& response, bool tls) {
    builder.append_header_date_field();
    builder.append_header("Content-Type", response.content_type);
    for (const auto& [name, value] : response.headers) builder.append_header(name, value);
    if (tls) builder.append_header("Strict-Transport-Security", "max-age=31536000");
}

// Those that the routes answer. RFC 9110 §15.
constexpr std::pair<int, const char*> reason_phrases[] = {{200, "OK"},
                                                          {303, "See Other"},
                                                          {400, "Bad Request"},
                                                          {401, "Unauthorized"},
                                                          {403, "Forbidden"},
                                                          {404, "Not Found"},
                                                          {405, "Method Not Allowed"},
                                                          {429, "Too Many Requests"},
                                                          {500, "Internal Server Error"},
                                                          {503, "Service Unavailable"}};

restinio::http_status_line_t status_line(int status) {
    const auto* known = std::ranges::find(reason_phrases, status, &std::pair<int, const char*>::first);
    const bool is_known = known != std::end(reason_phrases);
    return {restinio::http_status_code_t(static_cast<std::uint16_t>(status)), is_known ? known->second : ""};
}

// Sends a piece and waits until it is written: back-pressure.
template <class Builder>
asio::awaitable<bool> flush_piece(Builder& builder) {
    const auto executor = co_await asio::this_coro::executor;
    const auto start = [&builder, executor](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        builder.flush([shared, executor](const auto& error) {
            asio::post(executor, [shared, ok = !error]() mutable { std::move (*shared)(ok); });
        });
    };
    const bool sent =
        co_await asio::async_initiate<decltype(asio::use_awaitable), void(bool)>(start, asio::use_awaitable);
    co_return sent;
}

asio::awaitable<void> respond(RawRequest raw, Response response, bool tls, bool head_only) {
    if (!response.stream || head_only) {
        auto builder = raw->create_response(status_line(response.status));
        set_head(builder, response, tls);
        if (!head_only) builder.set_body(std::move(response.body));
        builder.done();
        co_return;
    }
    auto builder = raw->create_response<restinio::chunked_output_t>(status_line(response.status));
    set_head(builder, response, tls);
    for (;;) {
        std::optional<std::string> piece = co_await response.stream();
        if (!piece) break;
        if (piece->empty()) continue;
        builder.append_chunk(std::move(*piece));
        const bool sent = co_await flush_piece(builder);
        if (!sent) co_return;
    }
    builder.done();
}

asio::awaitable<void> serve(Site& site, const IsProxy& is_proxy, RawRequest raw, bool tls) {
    Request request = to_request(raw, client_of(raw, tls, is_proxy));
    tls = request.tls;
    const bool head_only = request.method == "HEAD";
    Response response = co_await site.answer(std::move(request));
    co_await respond(std::move(raw), std::move(response), tls, head_only);
}

// Settings shared by both kinds of server; the bound port is written to *bound.
template <class Settings>
void configure(Settings& settings, const Options& options, const std::string& address, std::uint16_t port,
               std::uint16_t* bound) {
    settings.address(address)
        .port(port)
        .max_parallel_connections(options.max_connections)
        .max_pipelined_requests(4)
        .read_next_http_message_timelimit(options.request_timeout)
        .write_http_response_timelimit(options.request_timeout)
        .handle_request_timeout(std::chrono::minutes(10))
        .cleanup_func([] {})
        .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t()
                                      .max_url_size(options.max_field_octets)
                                      .max_field_name_size(256)
                                      .max_field_value_size(options.max_field_octets)
                                      .max_field_count(options.max_header_fields)
                                      .max_body_size(options.max_form_octets))
        .acceptor_options_setter([v6 = address.contains(':'), v6_only = options.v6_only](auto& acceptor_options) {
            acceptor_options.set_option(asio::ip::tcp::acceptor::reuse_address(true));
            if (v6) acceptor_options.set_option(asio::ip::v6_only(v6_only));
        })
        .acceptor_post_bind_hook([bound](auto& acceptor) { *bound = acceptor.local_endpoint().port(); });
}

}  // namespace

struct Server::Implementation {
    asio::io_context& context;
    const Options& options;
    IsProxy is_proxy;
    Site site;
    std::vector<std::unique_ptr<restinio::http_server_t<Traits>>> plain;
    std::vector<std::unique_ptr<restinio::http_server_t<TlsTraits>>> tls;
    std::vector<SSL_CTX*> tls_contexts;  // owned by the TLS servers

    template <class Some, class List>
    std::uint16_t open(List& list, restinio::server_settings_t<Some>&& settings, const std::string& address,
                       std::uint16_t port, bool with_tls) {
        std::uint16_t bound = port;
        configure(settings, options, address, port, &bound);
        settings.request_handler([this, with_tls](RawRequest raw) {
            net::spawn("http", context.get_executor(), serve(site, is_proxy, std::move(raw), with_tls));
            return restinio::request_accepted();
        });
        auto server = std::make_unique<restinio::http_server_t<Some>>(restinio::external_io_context(context),
                                                                      std::move(settings));
        try {
            server->open_sync();
        } catch (const std::exception& error) {
            throw std::runtime_error("cannot listen on " + address + ":" + std::to_string(port) + ": " + error.what());
        }
        list.push_back(std::move(server));
        return bound;
    }
};

Server::Server(asio::io_context& context, const Options& options, Services services)
    : implementation_(new Implementation{.context = context,
                                         .options = options,
                                         .is_proxy = services.is_proxy,
                                         .site = Site(options, std::move(services)),
                                         .plain = {},
                                         .tls = {},
                                         .tls_contexts = {}}) {}

Server::~Server() = default;

std::uint16_t Server::listen(const std::string& address, std::uint16_t port) {
    return implementation_->open<Traits>(implementation_->plain, restinio::server_settings_t<Traits>{}, address, port,
                                         false);
}

std::uint16_t Server::listen_tls(const std::string& address, std::uint16_t port, const std::string& certificate_pem,
                                 const std::string& key_pem) {
    asio::ssl::context tls(asio::ssl::context::tls_server);
    tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    tls.use_certificate_chain(asio::buffer(certificate_pem));
    tls.use_private_key(asio::buffer(key_pem), asio::ssl::context::pem);
    implementation_->tls_contexts.push_back(tls.native_handle());
    restinio::server_settings_t<TlsTraits> settings;
    settings.tls_context(std::move(tls));
    return implementation_->open<TlsTraits>(implementation_->tls, std::move(settings), address, port, true);
}

void Server::set_certificate(std::string certificate_pem, std::string key_pem) {
    asio::post(implementation_->context, [this, certificate = std::move(certificate_pem), key = std::move(key_pem)] {
        for (SSL_CTX* native : implementation_->tls_contexts) {
            SSL_CTX_up_ref(native);
            asio::ssl::context context(native);  // a second owner of the context, for this call only
            context.use_certificate_chain(asio::buffer(certificate));
            context.use_private_key(asio::buffer(key), asio::ssl::context::pem);
        }
    });
}

void Server::close() {
    for (auto& server : implementation_->plain) server->close_sync();
    for (auto& server : implementation_->tls) server->close_sync();
}

}  // namespace web
