// Logging in and out. The cookie: HttpOnly, SameSite=Strict, and Secure, with the prefix __Host-, if the connection is.
#include <utility>

#include "storage/store_await.h"
#include "web/pages.h"
#include "web/routes.h"

namespace web {
namespace {

std::string session_cookie(const std::string& token, bool tls, std::int64_t seconds) {
    return std::string(cookie_name(tls)) + "=" + token +
           "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(seconds) + (tls ? "; Secure" : "");
}

Response login_refused(const storage::Refusal& refusal, std::string_view wrong) {
    if (refusal.reason == storage::Reason::throttled) return render_login("Too many failures. Try again later.", 429);
    if (refusal.reason == storage::Reason::out_of_scope)
        return render_login("This is an app password: here your own is needed.", 403);
    return render_login(wrong, 403);
}

}  // namespace

asio::awaitable<Response> Site::front(const Request& request) {
    const std::optional<LoginSession> session = co_await session_of(request);
    co_return session ? redirect("/mail") : render_login("", 200);
}

asio::awaitable<Response> Site::log_in(const Request& request) {
    if (!request.tls && !services_.authenticator.plaintext_allowed(request.client_address)) {
        co_return render_login("Log in over https: this connection is not encrypted.", 403);
    }
    const std::string session = services_.random_text(8);
    services::LoginAttempt attempt{.user = field(request.form, "user"),
                                   .address = request.client_address,
                                   .session = session,
                                   .area = "http",
                                   .mechanism = "form",
                                   .asks_code = true};
    std::string password = field(request.form, "password");
    storage::Result<services::Identity> identity =
        co_await services_.authenticator.check_password(attempt, std::move(password));
    if (!identity) co_return login_refused(identity.error(), "Wrong address or password.");
    if (identity->code_needed) {
        std::string code = field(request.form, "code");
        if (code.empty()) {
            co_return render_login("This account has a second factor: give the password again, and the code.", 403);
        }
        services::Identity known = *std::move(identity);
        identity = co_await services_.authenticator.check_code(std::move(attempt), std::move(known), std::move(code));
        if (!identity) co_return login_refused(identity.error(), "Wrong code, or one that was used before.");
    }
    services_.log.write(services::Level::info, "http", session, "login",
                        {{"account", identity->name}, {"mechanism", "form"}, {"address", request.client_address}});
    const std::string account = identity->name;
    LoginSession fresh{.identity = *std::move(identity), .log_id = session};
    Visitor visitor{.address = request.client_address, .user_agent = request.user_agent};
    const storage::Result<Sessions::Begun> begun =
        co_await sessions_.start(std::move(fresh), std::move(visitor), services_.now());
    if (!begun) co_return render_login("Log in again.", 403);
    for (const std::string& ended : begun->ended) log_end(ended, account, services::EndReason::turned_away);
    Response response = redirect("/mail");
    response.headers.emplace_back("Set-Cookie",
                                  session_cookie(begun->token, request.tls, sessions_.lifetime().count()));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

// The last line of a session, whose first is its log-in.
void Site::log_end(const std::string& log_id, const std::string& account, services::EndReason why) const {
    services_.log.write(services::Level::info, "http", log_id, "close",
                        {{"reason", services::word_of(why)}, {"account", account}});
}

asio::awaitable<Response> Site::log_out(const Request& request, const LoginSession& session) {
    co_await sessions_.end(session);
    log_end(session.log_id, session.identity.name, services::EndReason::quit);
    Response response = redirect("/");
    response.headers.emplace_back("Set-Cookie", session_cookie("", request.tls, 0));
    response.headers.emplace_back("Clear-Site-Data", R"("cache", "cookies", "storage")");
    co_return response;
}

}  // namespace web
