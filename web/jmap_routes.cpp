// JMAP over HTTP: who asks, and answers as HTTP has them. RFC 8620 §2.2, §3.1, §8.2; Basic: RFC 7617.
#include <optional>
#include <utility>

#include "protocols/http/wire/authorization.h"
#include "web/jmap/answer.h"
#include "web/jmap/session_object.h"
#include "web/routes.h"

namespace web {
namespace {

// Nothing of JMAP may be kept by caches (RFC 8620 §2).
Response json_response(int status, std::string content_type, std::string body) {
    return {.status = status,
            .content_type = std::move(content_type),
            .body = std::move(body),
            .headers = {{"Cache-Control", "no-cache, no-store, must-revalidate"}},
            .stream = {}};
}

Response problem_response(const jmap::Problem& problem) {
    return json_response(problem.status, "application/problem+json", jmap::to_text(problem));
}

Response http_problem(int status, std::string detail) {
    return problem_response({.status = status, .type = "about:blank", .detail = std::move(detail), .limit = {}});
}

Response not_logged_in(const Request& request, std::string detail) {
    Response response = http_problem(401, std::move(detail));
    // A page of ours shows its own log-in, not the browser's.
    if (request.fetch_site.empty()) {
        response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Mailstead\", charset=\"UTF-8\"");
    }
    return response;
}

// Only whoever knows the password learns more.
std::string basic_refused(const storage::Refusal& refusal) {
    const bool knows =
        refusal.reason == storage::Reason::app_password_needed || refusal.reason == storage::Reason::out_of_scope;
    return knows ? refusal.text : "Wrong address or password.";
}

// A cookie comes along with what other sites send, too: so a browser must say that it was none of those, or whoever
// asks must know the session's token.
bool is_own_page(const Request& request, const LoginSession& session) {
    if (!is_same_site(request)) return false;
    return request.fetch_site == "same-origin" || !request.origin.empty() ||
           (!request.form_token.empty() && request.form_token == session.form_token);
}

// host [":" port], as in a Host field (RFC 9110 §7.2).
bool is_host(std::string_view host) {
    return !host.empty() && host.size() <= 260 &&
           host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") ==
               std::string_view::npos;
}

}  // namespace

asio::awaitable<std::expected<Site::JmapUser, Response>> Site::basic_user(const Request& request) {
    std::optional<http::wire::BasicCredentials> basic = http::wire::parse_basic(request.authorization);
    if (!basic) co_return std::unexpected(not_logged_in(request, "Log in by Basic authentication."));
    if (!request.tls && !services_.authenticator.plaintext_allowed(request.client_address)) {
        co_return std::unexpected(http_problem(403, "Log in over https: this connection is not encrypted."));
    }
    const std::string session = services_.random_text(4);
    services::LoginAttempt attempt{.user = std::move(basic->user),
                                   .address = request.client_address,
                                   .session = session,
                                   .area = "http",
                                   .mechanism = "Basic"};
    storage::Result<services::Identity> identity =
        co_await services_.authenticator.check_password(std::move(attempt), std::move(basic->password));
    if (!identity && identity.error().reason == storage::Reason::throttled) {
        co_return std::unexpected(http_problem(429, "Too many failures from here. Try again later."));
    }
    if (!identity) co_return std::unexpected(not_logged_in(request, basic_refused(identity.error())));
    co_return JmapUser{.identity = *std::move(identity), .log_id = session};
}

asio::awaitable<std::expected<Site::JmapUser, Response>> Site::jmap_user(const Request& request) {
    if (!request.authorization.empty()) {
        std::expected<JmapUser, Response> user = co_await basic_user(request);
        co_return user;
    }
    const std::optional<LoginSession> session = co_await session_of(request);
    if (!session) co_return std::unexpected(not_logged_in(request, "Log in first."));
    if (!is_own_page(request, *session)) co_return std::unexpected(http_problem(403, "Sent from another site."));
    co_return JmapUser{.identity = session->identity, .log_id = session->log_id};
}

jmap::Context Site::jmap_context(const Request& request, const JmapUser& user) const {
    const std::string scheme = request.tls ? "https://" : "http://";
    return {.identity = user.identity,
            .store = {services_.store, user.identity.log_in()},
            .base_url = scheme + (is_host(request.host) ? request.host : options_.hostname),
            .session = user.log_id,
            .client_address = request.client_address,
            .limits = options_.jmap,
            .services = jmap_services_};
}

asio::awaitable<Response> Site::jmap_session(const Request& request) {
    std::expected<JmapUser, Response> user = co_await jmap_user(request);
    if (!user) co_return std::move(user.error());
    const jmap::Context context = jmap_context(request, *user);
    co_return json_response(200, "application/json", jmap::to_text(jmap::session_object(context)));
}

asio::awaitable<Response> Site::jmap_api(const Request& request) {
    std::expected<JmapUser, Response> user = co_await jmap_user(request);
    if (!user) co_return std::move(user.error());
    if (!jmap::is_json_type(request.content_type)) co_return problem_response(jmap::not_json());
    const std::shared_ptr<void> place = jmap_requests_.enter(user->identity.account, options_.jmap.concurrent_requests);
    if (!place) {
        co_return problem_response(
            jmap::limit_reached("maxConcurrentRequests", "Wait until another request is answered."));
    }
    const jmap::Context context = jmap_context(request, *user);
    std::expected<std::string, jmap::Problem> text = co_await jmap::answer(request.body, context);
    if (!text && text.error().status == 401) co_return not_logged_in(request, text.error().detail);
    if (!text) co_return problem_response(text.error());
    co_return json_response(200, "application/json", *std::move(text));
}

}  // namespace web
