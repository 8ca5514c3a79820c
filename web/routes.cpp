// All URLs in one table, and the checks before a page. Forgery: RFC 6265bis (SameSite), Fetch metadata, form tokens.
#include "web/routes.h"

#include <algorithm>
#include <exception>

#include "protocols/http/wire/cookie.h"
#include "storage/store_await.h"
#include "web/pages.h"

namespace web {
namespace {

// RFC 8555 §8.3; a token follows.
constexpr std::string_view acme_path = "/.well-known/acme-challenge/";

// Whoever sits there after the log-out must not find it in a cache.
void keep_private(Response& response) {
    const auto named = [](const auto& header) { return header.first == "Cache-Control"; };
    if (std::ranges::none_of(response.headers, named)) response.headers.emplace_back("Cache-Control", "no-store");
}

}  // namespace

bool is_same_site(const Request& request) {
    if (!request.fetch_site.empty()) return request.fetch_site == "same-origin" || request.fetch_site == "none";
    if (request.origin.empty()) return true;
    const auto scheme_end = request.origin.find("://");
    return scheme_end != std::string::npos && request.origin.substr(scheme_end + 3) == request.host;
}

const Site::Route Site::routes[] = {
    {"GET", "/", &Site::front, nullptr},
    {"POST", "/login", &Site::log_in, nullptr},
    {"GET", "/style.css", &Site::style, nullptr},
    {"GET", "/healthz", &Site::health, nullptr},
    {"GET", "/mail/config-v1.1.xml", &Site::autoconfig, nullptr},
    {"GET", "/.well-known/autoconfig/mail/config-v1.1.xml", &Site::autoconfig, nullptr},
    {"POST", "/autodiscover/autodiscover.xml", &Site::autodiscover, nullptr},
    {"POST", "/Autodiscover/Autodiscover.xml", &Site::autodiscover, nullptr},
    {"GET", "/.well-known/jmap", &Site::jmap_session, nullptr},  // RFC 8620 §2.2
    {"GET", "/jmap/session", &Site::jmap_session, nullptr},
    {"POST", "/jmap", &Site::jmap_api, nullptr},
    {"GET", "/.well-known/mta-sts.txt", &Site::sts_policy, nullptr},
    {"POST", "/logout", nullptr, &Site::log_out},
    {"GET", "/password", nullptr, &Site::ask_password},
    {"POST", "/password", nullptr, &Site::change_password},
    {"GET", "/mail", nullptr, &Site::show_mailbox},
    {"GET", "/message", nullptr, &Site::show_message},
    {"GET", "/part", nullptr, &Site::send_part},
    {"GET", "/html", nullptr, &Site::send_html},
    {"GET", "/compose", nullptr, &Site::compose},
    {"POST", "/send", nullptr, &Site::send},
};

Site::Site(const Options& options, Services services)
    : options_(options),
      services_(std::move(services)),
      sessions_(services_.store, services_.random_text, options.session_lifetime, options.sessions_per_account),
      jmap_services_{.directory = services_.directory,
                     .intake = services_.intake,
                     .log = services_.log,
                     .email_counts = jmap_email_counts_,
                     .now = services_.now,
                     .random_text = services_.random_text,
                     .search_index = services_.search_index} {}

asio::awaitable<Response> Site::answer(Request request) {
    Response response;
    std::string what;
    try {
        response = co_await dispatch(request);
    } catch (const std::exception& error) {
        what = error.what();
    }
    if (!what.empty()) {
        services_.log.write(services::Level::error, "http", "", "failed",
                            {{"path", request.path}, {"address", request.client_address}, {"reason", what}});
        response = plain_error(500, "The server could not do that just now. Try again later.\n");
    }
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    co_return response;
}

std::size_t Site::body_octets(const Request& request) const {
    for (const Route& route : routes) {
        if (route.path != request.path || route.method != request.method || route.method != "POST") continue;
        return route.public_page == &Site::jmap_api ? options_.jmap.request.size_request : options_.max_form_octets;
    }
    return 0;
}

Response Site::refused(const storage::Refusal& refusal) {
    if (refusal.reason != storage::Reason::logged_out) return plain_error(404, refusal.text + "\n");
    return redirect("/");
}

asio::awaitable<std::optional<LoginSession>> Site::session_of(const Request& request) {
    std::string token(http::wire::cookie_value(request.cookie, cookie_name(request.tls)).value_or(""));
    Visitor visitor{.address = request.client_address, .user_agent = {}};
    std::optional<LoginSession> session =
        co_await sessions_.find(std::move(token), std::move(visitor), services_.now());
    co_return session;
}

asio::awaitable<Response> Site::dispatch(const Request& request) {
    if (request.path.starts_with(acme_path) && (request.method == "GET" || request.method == "HEAD")) {
        Response response = co_await acme_answer(request.path.substr(acme_path.size()));
        co_return response;
    }
    bool path_known = false;
    for (const Route& route : routes) {
        if (route.path != request.path) continue;
        path_known = true;
        const bool head = request.method == "HEAD" && route.method == "GET";
        if (route.method != request.method && !head) continue;
        if (route.method == "POST" && !is_same_site(request))
            co_return plain_error(403, "This form was sent from another site.\n");
        if (route.public_page != nullptr) {
            Response response = co_await (this->*route.public_page)(request);
            co_return response;
        }
        const std::optional<LoginSession> session = co_await session_of(request);
        if (!session) co_return redirect("/");
        if (route.method == "POST" && field(request.form, "token") != session->form_token) {
            co_return plain_error(403, "This form is too old. Go back, reload the page and try again.\n");
        }
        Response response = co_await (this->*route.page)(request, *session);
        keep_private(response);
        co_return response;
    }
    if (path_known) co_return plain_error(405, "This page does not take that method.\n");
    co_return plain_error(404, "There is no such page.\n");
}

asio::awaitable<Response> Site::style(const Request&) { co_return style_sheet(); }

asio::awaitable<Response> Site::health(const Request&) {
    storage::Result<std::vector<std::string>> domains = co_await services_.store.read(storage::list_domains());
    co_return domains ? plain_error(200, "ok\n") : plain_error(503, "the store does not answer\n");
}

}  // namespace web
