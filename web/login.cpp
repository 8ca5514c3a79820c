// Logging in and out. The cookie: HttpOnly, SameSite=Strict, and Secure if the connection is.
#include <asio/any_io_executor.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <utility>

#include "storage/store_await.h"
#include "web/pages.h"
#include "web/routes.h"

namespace web {
namespace {

std::string session_cookie(const std::string& token, bool tls, std::int64_t seconds) {
    return "mailstead=" + token + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(seconds) +
           (tls ? "; Secure" : "");
}

Response login_refused(const storage::Refusal& refusal, std::string_view wrong) {
    if (refusal.reason == storage::Reason::throttled) return render_login("Too many failures. Try again later.", 429);
    if (refusal.reason == storage::Reason::out_of_scope)
        return render_login("This is an app password: here your own is needed.", 403);
    return render_login(wrong, 403);
}

}  // namespace

asio::awaitable<Response> Site::front(const Request& request) {
    co_return session_of(request) ? redirect("/mail") : render_login("", 200);
}

asio::awaitable<Response> Site::log_in(const Request& request) {
    if (!request.tls && !services_.authenticator.plaintext_allowed(request.client_address)) {
        co_return render_login("Log in over https: this connection is not encrypted.", 403);
    }
    const std::string session = services_.random_text(4);
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
    LoginSession fresh{.identity = *std::move(identity), .log_id = session};
    const services::Identity who = fresh.identity;
    const std::string token = sessions_.start(std::move(fresh), services_.now());
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto end = [this, executor, token] {
        asio::post(executor, [this, token] { sessions_.end(token, services::EndReason::logged_out); });
    };
    sessions_.keep_listed(token, services_.enlist(who, request.client_address, session, std::move(end)));
    Response response = redirect("/mail");
    response.headers.emplace_back("Set-Cookie", session_cookie(token, request.tls, sessions_.lifetime().count()));
    co_return response;
}

// The last line of a session, whose first is its log-in.
void Site::log_end(const LoginSession& session, services::EndReason why) const {
    services_.log.write(services::Level::info, "http", session.log_id, "close",
                        {{"reason", services::word_of(why)}, {"account", session.identity.name}});
}

asio::awaitable<Response> Site::log_out(const Request& request, const LoginSession&) {
    sessions_.end(token_of(request), services::EndReason::quit);
    Response response = redirect("/");
    response.headers.emplace_back("Set-Cookie", session_cookie("", request.tls, 0));
    co_return response;
}

}  // namespace web
