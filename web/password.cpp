// A new password: whoever knows the old one sets it; all other sessions of the account end.
#include <utility>

#include "web/pages.h"
#include "web/routes.h"

namespace web {

asio::awaitable<Response> Site::ask_password(const Request&, const LoginSession& session) {
    co_return render_password(session, "", 200);
}

asio::awaitable<Response> Site::change_password(const Request& request, const LoginSession& session) {
    const std::string& fresh = field(request.form, "new");
    if (fresh != field(request.form, "again")) co_return render_password(session, "The new passwords differ.", 403);
    services::LoginAttempt attempt{.user = session.identity.name,
                                   .address = request.client_address,
                                   .session = session.log_id,
                                   .area = "http",
                                   .mechanism = "form"};
    services::Authenticator::PasswordChange change{.log_in = session.identity.log_in(),
                                                   .session = session.log_id,
                                                   .old_password = field(request.form, "password"),
                                                   .new_password = fresh};
    const storage::Result<std::monostate> changed =
        co_await services_.authenticator.change_password(std::move(attempt), std::move(change));
    if (changed) co_return redirect("/mail");
    const storage::Refusal& refusal = changed.error();
    if (refusal.reason == storage::Reason::logged_out) co_return redirect("/");
    if (refusal.reason == storage::Reason::authentication_failed)
        co_return render_password(session, "That is not the present password.", 403);
    co_return render_password(session, refusal.text, refusal.reason == storage::Reason::throttled ? 429 : 403);
}

}  // namespace web
