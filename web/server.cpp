// The web door on RESTinio. Limits: RFC 9110 §17.5; a body is streamed in chunks with back-pressure.
#include "web/server.h"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/ssl/context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <restinio/all.hpp>
#include <restinio/tls.hpp>
#include <utility>
#include <vector>

#include "protocols/http/wire/percent.h"
#include "protocols/net/spawn.h"
#include "web/routes.h"

namespace web {
namespace {

// Admits connections before anything is read from them, and keeps their places until they end. On one thread.
class Gate {
  public:
    Gate(Admit admit, std::chrono::seconds handshake_time)
        : admit_(std::move(admit)), handshake_time_(handshake_time) {}
    std::chrono::seconds handshake_time() const { return handshake_time_; }

    // The socket lives as long as its connection.
    bool let_in(asio::ip::tcp::socket& socket, std::weak_ptr<void> connection) {
        std::error_code gone;
        const asio::ip::tcp::endpoint client = socket.remote_endpoint(gone);
        if (gone) return false;
        const auto crowd_out = [executor = socket.get_executor(), connection = std::move(connection), &socket] {
            asio::post(executor, [connection, &socket] {
                std::error_code ignored;
                // RESTinio sees its end, and closes it.
                if (!connection.lock()) return;
                static_cast<void>(socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored));
            });
        };
        std::shared_ptr<void> place = admit_(client.address().to_string(), crowd_out);
        if (!place) return false;
        inside_.emplace(client, std::move(place));
        return true;
    }
    void let_out(const asio::ip::tcp::endpoint& client) {
        const auto found = inside_.find(client);
        if (found != inside_.end()) inside_.erase(found);
    }

  private:
    Admit admit_;
    std::chrono::seconds handshake_time_;
    std::multimap<asio::ip::tcp::endpoint, std::shared_ptr<void>> inside_;  // one client may be at several ports
};

// Of the server that runs on this thread: RESTinio's hooks for connections get nothing that would lead to it.
thread_local Gate* gate_of_this_thread = nullptr;

// Set while a port is being opened on this thread, for its limiter.
thread_local asio::ip::tcp::acceptor* port_being_opened = nullptr;

// RESTinio ends accepting on a port for good once it has failed, as it does while no descriptor is free. So it is let
// accept when a client is there, and if it has not done so, again a little later. On one thread.
class AcceptAgain final : private restinio::connection_count_limits::impl::acceptor_callback_iface_t {
  public:
    using Callback = restinio::connection_count_limits::impl::acceptor_callback_iface_t;
    AcceptAgain(restinio::not_null_pointer_t<Callback> restinio,
                restinio::connection_count_limits::max_parallel_connections_t connections,
                restinio::connection_count_limits::max_active_accepts_t accepts)
        : restinio_(restinio), limiter_(this, connections, accepts) {}
    AcceptAgain(const AcceptAgain&) = delete;
    AcceptAgain& operator=(const AcceptAgain&) = delete;

    void increment_parallel_connections() noexcept { limiter_.increment_parallel_connections(); }
    void decrement_parallel_connections() noexcept { limiter_.decrement_parallel_connections(); }
    // Called for the first client, and whenever one has been accepted.
    void accept_next(std::size_t index) noexcept {
        ++accepted_;
        limiter_.accept_next(index);
    }

  private:
    void call_accept_now(std::size_t index) noexcept override {
        if (!port_) port_ = std::exchange(port_being_opened, nullptr);
        port_->async_wait(asio::ip::tcp::acceptor::wait_read, [this, index](const std::error_code& closed) {
            if (!closed) accept_or_wait(index);
        });
    }
    void schedule_next_accept_attempt(std::size_t index) noexcept override {
        restinio_->schedule_next_accept_attempt(index);
    }
    void accept_or_wait(std::size_t index) {
        const std::uint64_t before = accepted_;
        restinio_->call_accept_now(index);
        asio::post(port_->get_executor(), [this, index, before] {
            if (accepted_ != before || !port_->is_open()) return;
            std::error_code ignored;
            static_cast<void>(port_->cancel(ignored));  // if it still waits: the client may have gone meanwhile
            pause_.emplace(port_->get_executor(), std::chrono::milliseconds(100));
            pause_->async_wait([this, index](const std::error_code& cancelled) {
                if (!cancelled && port_->is_open()) call_accept_now(index);
            });
        });
    }

    restinio::not_null_pointer_t<Callback> restinio_;
    restinio::connection_count_limits::impl::actual_limiter_t<restinio::null_mutex_t> limiter_;
    asio::ip::tcp::acceptor* port_ = nullptr;
    std::optional<asio::steady_timer> pause_;
    std::uint64_t accepted_ = 0;
};

// RESTinio tells it of connections.
struct Leaving {
    void state_changed(const restinio::connection_state::notice_t& notice) noexcept {
        if (!gate_of_this_thread) return;
        if (restinio::holds_alternative<restinio::connection_state::closed_t>(notice.cause())) {
            gate_of_this_thread->let_out(notice.remote_endpoint());
        }
    }
};

struct Traits : restinio::default_single_thread_traits_t {
    static constexpr bool use_connection_count_limiter = true;
    using request_handler_t = std::function<restinio::request_handling_status_t(restinio::request_handle_t)>;
    using connection_state_listener_t = Leaving;
};
struct TlsTraits : restinio::single_thread_tls_traits_t<restinio::asio_timer_manager_t, restinio::null_logger_t> {
    static constexpr bool use_connection_count_limiter = true;
    using request_handler_t = std::function<restinio::request_handling_status_t(restinio::request_handle_t)>;
    using connection_state_listener_t = Leaving;
};

}  // namespace
}  // namespace web

template <>
struct restinio::connection_count_limit_types<web::Traits> {
    using limiter_t = web::AcceptAgain;
    using lifetime_monitor_t = connection_count_limits::connection_lifetime_monitor_t<limiter_t>;
};
template <>
struct restinio::connection_count_limit_types<web::TlsTraits> {
    using limiter_t = web::AcceptAgain;
    using lifetime_monitor_t = connection_count_limits::connection_lifetime_monitor_t<limiter_t>;
};

namespace web {
namespace {

// The next two are found by RESTinio because of the traits, instead of its own, when a connection has been accepted.
template <class Start, class Failed>
void prepare_connection_and_start_read(asio::ip::tcp::socket& socket, restinio::impl::connection_t<Traits>& connection,
                                       Start start, Failed failed) {
    if (!gate_of_this_thread || !gate_of_this_thread->let_in(socket, connection.weak_from_this())) {
        return failed(asio::error::make_error_code(asio::error::connection_refused));
    }
    start();
}

// RESTinio's own waits for a handshake for as long as the client likes.
template <class Start, class Failed>
void prepare_connection_and_start_read(restinio::tls_socket_t& socket,
                                       restinio::impl::connection_t<TlsTraits>& connection, Start start,
                                       Failed failed) {
    struct Handshake {
        asio::steady_timer deadline;
        bool done = false;
    };
    asio::ip::tcp::socket& plain = socket.asio_ssl_stream().next_layer();
    if (!gate_of_this_thread || !gate_of_this_thread->let_in(plain, connection.weak_from_this())) {
        return failed(asio::error::make_error_code(asio::error::connection_refused));
    }
    auto alive = connection.shared_from_this();
    const auto handshake = std::make_shared<Handshake>(
        Handshake{asio::steady_timer(socket.get_executor(), gate_of_this_thread->handshake_time())});
    handshake->deadline.async_wait([handshake, alive, &socket](const std::error_code& cancelled) {
        std::error_code ignored;
        if (!cancelled && !handshake->done) socket.close(ignored);
    });
    socket.async_handshake(asio::ssl::stream_base::server,
                           [handshake, alive, start, failed](const std::error_code& error) {
                               handshake->done = true;
                               handshake->deadline.cancel();
                               if (error) return failed(error);
                               start();
                           });
}

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
                    .query = http::wire::parse_form(std::string_view(query.data(), query.size())),
                    .form = {},
                    .body = {},
                    .host = header_of(raw, "Host"),
                    .cookie = header_of(raw, "Cookie"),
                    .origin = header_of(raw, "Origin"),
                    .fetch_site = header_of(raw, "Sec-Fetch-Site"),
                    .content_type = header_of(raw, "Content-Type"),
                    .authorization = header_of(raw, "Authorization"),
                    .form_token = header_of(raw, "X-Mailstead-Token"),
                    .client_address = std::move(client.address),
                    .tls = client.tls};
    if (header_of(raw, "Content-Type").starts_with("application/x-www-form-urlencoded"))
        request.form = http::wire::parse_form(raw->body());
    else
        request.body = raw->body();
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

// Settings shared by both kinds of server. RESTinio binds a port by itself: it gets any free one of this machine, and
// has it replaced by ours before it listens.
template <class Settings>
void configure(Settings& settings, const Options& options, std::shared_ptr<net::ListeningSocket> port) {
    settings.address("127.0.0.1")
        .port(0)
        .max_parallel_connections(options.max_connections)
        .max_pipelined_requests(4)
        .connection_state_listener(std::make_shared<Leaving>())
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
        .acceptor_post_bind_hook([port = std::move(port)](asio::ip::tcp::acceptor& acceptor) {
            const asio::ip::tcp protocol = port->local().protocol();
            acceptor.close();
            acceptor.assign(protocol, port->release());
            port_being_opened = &acceptor;
        });
}

}  // namespace

struct Server::Implementation {
    asio::io_context& context;
    const Options& options;
    Gate gate;
    IsProxy is_proxy;
    Site site;
    std::vector<std::unique_ptr<restinio::http_server_t<Traits>>> plain;
    std::vector<std::unique_ptr<restinio::http_server_t<TlsTraits>>> tls;

    template <class Some, class List>
    void open(List& list, restinio::server_settings_t<Some>&& settings, net::ListeningSocket port, bool with_tls) {
        const asio::ip::tcp::endpoint endpoint = port.local();
        configure(settings, options, std::make_shared<net::ListeningSocket>(std::move(port)));
        settings.request_handler([this, with_tls](RawRequest raw) {
            net::spawn("http", context.get_executor(), serve(site, is_proxy, std::move(raw), with_tls));
            return restinio::request_accepted();
        });
        auto server = std::make_unique<restinio::http_server_t<Some>>(restinio::external_io_context(context),
                                                                      std::move(settings));
        try {
            server->open_sync();
        } catch (const std::exception& error) {
            throw std::runtime_error("cannot listen on " + endpoint.address().to_string() + ":" +
                                     std::to_string(endpoint.port()) + ": " + error.what());
        }
        list.push_back(std::move(server));
    }
};

Server::Server(asio::io_context& context, const Options& options, Services services)
    : implementation_(new Implementation{.context = context,
                                         .options = options,
                                         .gate = Gate(services.admit, options.request_timeout),
                                         .is_proxy = services.is_proxy,
                                         .site = Site(options, std::move(services)),
                                         .plain = {},
                                         .tls = {}}) {
    asio::post(context, [this] { gate_of_this_thread = &implementation_->gate; });
}

Server::~Server() = default;

void Server::listen(net::ListeningSocket port) {
    implementation_->open<Traits>(implementation_->plain, restinio::server_settings_t<Traits>{}, std::move(port),
                                  false);
}

void Server::listen_tls(net::ListeningSocket port, const net::TlsContext& certificates) {
    asio::ssl::context tls(asio::ssl::context::tls_server);
    tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    certificates.choose_for(tls.native_handle());
    // Tickets, whose keys would stay the same for as long as the server runs, and remembered sessions are left out: a
    // browser that holds its connections gains little by them.
    tls.set_options(SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(tls.native_handle(), 0);
    SSL_CTX_set_session_cache_mode(tls.native_handle(), SSL_SESS_CACHE_OFF);
    restinio::server_settings_t<TlsTraits> settings;
    settings.tls_context(std::move(tls));
    implementation_->open<TlsTraits>(implementation_->tls, std::move(settings), std::move(port), true);
}

void Server::look_after() { implementation_->site.look_after(); }

void Server::close() {
    for (auto& server : implementation_->plain) server->close_sync();
    for (auto& server : implementation_->tls) server->close_sync();
}

}  // namespace web
