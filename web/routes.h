// All URLs of the web door in one table (routes.cpp), and the checks before a page: log-in, forgery, errors.
// Thread-safe: requests are answered on the threads of their connections.
#pragma once

#include <asio/awaitable.hpp>
#include <expected>
#include <optional>
#include <string>

#include "protocols/services/end_reason.h"
#include "storage/mailboxes.h"
#include "storage/session_store.h"
#include "web/context.h"
#include "web/http.h"
#include "web/jmap/concurrency.h"
#include "web/jmap/context.h"
#include "web/sessions.h"

namespace web {

// True unless the browser says that another site made this request.
bool is_same_site(const Request& request);

class Site {
  public:
    Site(const Options& options, Services services);

    // Answers a request; never throws.
    asio::awaitable<Response> answer(Request request);
    // How much of a request's body is read before it is answered; 0: nobody wants it.
    std::size_t body_octets(const Request& request) const;

  private:
    using Page = asio::awaitable<Response> (Site::*)(const Request&, const LoginSession&);
    using PublicPage = asio::awaitable<Response> (Site::*)(const Request&);
    struct Route {
        std::string_view method;
        std::string_view path;
        PublicPage public_page;  // one of these two is set
        Page page;               // needs a log-in
    };
    static const Route routes[];

    // Who asks the API.
    struct JmapUser {
        services::Identity identity;
        std::string log_id;
    };

    asio::awaitable<Response> dispatch(const Request& request);
    // nullopt: nobody is logged in. Whether the log-in is still valid is checked by whatever is read or written, too.
    asio::awaitable<std::optional<LoginSession>> session_of(const Request& request);
    storage::SessionStore store_of(const LoginSession& session) const {
        return {services_.store, session.identity.log_in()};
    }
    // For a refusal of the store: whose log-in is no longer valid logs in again.
    static Response refused(const storage::Refusal& refusal);

    // login.cpp
    asio::awaitable<Response> front(const Request& request);
    asio::awaitable<Response> log_in(const Request& request);
    asio::awaitable<Response> log_out(const Request& request, const LoginSession& session);
    void log_end(const std::string& log_id, const std::string& account, services::EndReason why) const;
    // password.cpp
    asio::awaitable<Response> ask_password(const Request& request, const LoginSession& session);
    asio::awaitable<Response> change_password(const Request& request, const LoginSession& session);
    // reading.cpp
    asio::awaitable<Response> show_mailbox(const Request& request, const LoginSession& session);
    asio::awaitable<Response> show_message(const Request& request, const LoginSession& session);
    asio::awaitable<Response> send_part(const Request& request, const LoginSession& session);
    asio::awaitable<Response> send_html(const Request& request, const LoginSession& session);
    // sending.cpp
    asio::awaitable<Response> compose(const Request& request, const LoginSession& session);
    asio::awaitable<Response> send(const Request& request, const LoginSession& session);
    // autoconfig.cpp
    asio::awaitable<Response> autoconfig(const Request& request);
    // autodiscover.cpp
    asio::awaitable<Response> autodiscover(const Request& request);
    // sts_policy.cpp
    asio::awaitable<Response> sts_policy(const Request& request);
    // acme_answer.cpp
    asio::awaitable<Response> acme_answer(std::string token);
    // jmap_routes.cpp
    asio::awaitable<Response> jmap_session(const Request& request);
    asio::awaitable<Response> jmap_api(const Request& request);
    asio::awaitable<std::expected<JmapUser, Response>> jmap_user(const Request& request);
    asio::awaitable<std::expected<JmapUser, Response>> basic_user(const Request& request);
    jmap::Context jmap_context(const Request& request, const JmapUser& user) const;
    asio::awaitable<Response> health(const Request& request);
    asio::awaitable<Response> style(const Request& request);

    const Options& options_;
    Services services_;
    Sessions sessions_;
    jmap::EmailCounts jmap_email_counts_;
    jmap::Services jmap_services_;
    jmap::ConcurrentRequests jmap_requests_;
};

}  // namespace web
