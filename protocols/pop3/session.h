// One client's session: greeting, AUTHORIZATION, TRANSACTION, UPDATE. RFC 1939 §3-7, RFC 2449 (CAPA, PIPELINING),
// RFC 2595 (STLS), RFC 5034 (AUTH), RFC 6856 (UTF8, LANG). wire/ parses and writes, the maildrop has messages and
// marks, the authenticator checks log-ins.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/http_request.h"
#include "protocols/net/stream.h"
#include "protocols/pop3/maildrop.h"
#include "protocols/pop3/options.h"
#include "protocols/pop3/wire/message_text.h"
#include "protocols/pop3/wire/parser.h"
#include "protocols/services/authenticator.h"
#include "protocols/services/end_reason.h"
#include "protocols/services/event_log.h"
#include "protocols/services/login.h"

namespace pop3 {

// Serves one client until it leaves, makes too many errors, is silent too long or the server stops; then closes the
// stream. Never throws. Implicit TLS must be active already. Options and services must outlive it.
asio::awaitable<void> serve(net::Stream stream, std::string session_id, const Options& options,
                            const Services& services);

// One session. Only serve() creates and runs it.
class Session {
  public:
    Session(net::Stream stream, std::string id, const Options& options, const Services& services);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // From the greeting to the closed stream.
    asio::awaitable<void> converse();

  private:
    // ---- the loop (session.cpp)
    asio::awaitable<void> run_commands();
    asio::awaitable<void> run_line(net::ReadLine line);
    asio::awaitable<void> run_guarded(wire::ParsedCommand parsed);
    asio::awaitable<void> finish(std::string_view farewell);
    void reject(std::string_view text);
    void end(services::EndReason reason);  // after the current reply
    std::uint8_t state() const { return maildrop_.is_open() ? wire::state::transaction : wire::state::authorization; }

    // ---- AUTHORIZATION (session_login.cpp)
    asio::awaitable<void> run(wire::User command);
    asio::awaitable<void> run(wire::Pass command);
    asio::awaitable<void> run(wire::Stls command);
    asio::awaitable<void> run(wire::Auth command);
    asio::awaitable<void> run(wire::Utf8 command);
    asio::awaitable<void> open_maildrop(services::Identity identity, std::string mechanism);
    void login_failed(const storage::Refusal& refusal);
    void count_failed_login();
    services::LoginAttempt attempt(std::string user, std::string mechanism) const;

    // ---- TRANSACTION (session_transaction.cpp)
    asio::awaitable<void> run(wire::Stat command);
    asio::awaitable<void> run(wire::List command);
    asio::awaitable<void> run(wire::Retr command);
    asio::awaitable<void> run(wire::Dele command);
    asio::awaitable<void> run(wire::Rset command);
    asio::awaitable<void> run(wire::Top command);
    asio::awaitable<void> run(wire::Uidl command);
    // Sends the message from `first` on, as much of it as `text` wants.
    asio::awaitable<void> send_message(wire::MessageNumber number, std::string first, std::size_t chunk_octets,
                                       wire::MessageText text);
    bool has_message(wire::MessageNumber number);  // answers -ERR if there is none

    // ---- both (session.cpp)
    asio::awaitable<void> run(wire::Noop command);
    asio::awaitable<void> run(wire::Capa command);
    asio::awaitable<void> run(wire::Lang command);
    asio::awaitable<void> run(wire::Quit command);

    // ---- replies. They are only appended: the loop sends them before it waits.
    void answer_ok(std::string_view text);
    void answer_error(std::string_view text, std::string_view code = {});
    void answer_error(const storage::Refusal& refusal);
    void refuse(std::string_view text);  // with a line in the log
    bool stls_possible() const { return services_.tls != nullptr && !stream_.is_tls(); }

    net::Stream stream_;
    const Options& options_;
    const Services& services_;
    services::SessionLog log_;
    std::unique_ptr<services::ConnectionSlot> connection_slot_;  // counts as one of the account's connections
    Maildrop maildrop_;
    std::string user_;                        // from USER, waiting for its PASS
    std::string account_;                     // once authenticated
    std::optional<services::Ending> ending_;  // empty while the session goes on
    bool utf8_ = false;
    bool in_answer_ = false;  // within a multi-line reply: a failure can no longer be reported
    unsigned bad_commands_ = 0;
    unsigned failed_logins_ = 0;
    unsigned commands_before_login_ = 0;
    base::HttpWatch http_;
    std::uint64_t retrieved_ = 0;
    std::uint64_t deleted_ = 0;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace pop3
