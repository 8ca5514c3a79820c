// The receiving side: one session on port 25, 587 or 465. RFC 5321, RFC 6409, RFC 2920 (PIPELINING). One coroutine on
// the thread of its stream; each command is a run() in its cmd_*.cpp. wire/ has the grammar and the order of commands;
// the services know accounts, addresses and storage.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/http_request.h"
#include "protocols/net/stream.h"
#include "protocols/services/end_reason.h"
#include "protocols/services/login.h"
#include "protocols/smtp/options.h"
#include "protocols/smtp/transaction.h"
#include "protocols/smtp/wire/parser.h"
#include "protocols/smtp/wire/reply.h"

namespace smtp {

// Serves one client until it leaves, makes too many errors, is silent too long or the server stops; then closes the
// stream. Never throws. With implicit TLS it does the handshake first. Options and services must outlive it.
asio::awaitable<void> serve(net::Stream&& stream, std::string session_id, const Options& options,
                            const Services& services);
// The same for a stream that the caller keeps, to be able to interrupt() it.
asio::awaitable<void> serve(net::Stream& stream, std::string session_id, const Options& options,
                            const Services& services);

// One session. Only serve() creates and runs it.
class Session {
  public:
    Session(net::Stream& stream, std::string id, const Options& options, const Services& services);

    asio::awaitable<void> greet();
    // Reads and answers the next command and all that were pipelined after it; the replies are sent together.
    asio::awaitable<void> run_commands();
    void set_command_deadline();  // for the next wait for a command
    bool over() const { return ending_.has_value(); }
    // Sends the farewell, if there is one, and writes the session's last log line.
    asio::awaitable<void> end(services::Ending ending, std::optional<wire::Reply> farewell);
    const services::Ending& ending() const { return *ending_; }  // once it is over()
    const services::SessionLog& log() const { return log_; }

  private:
    asio::awaitable<void> run_line(net::ReadLine line);
    asio::awaitable<void> run_command(wire::ParsedCommand parsed);
    asio::awaitable<void> refuse_out_of_order(const wire::ParsedCommand& parsed);

    // One for each command of wire::Command, in cmd_*.cpp.
    asio::awaitable<void> run(wire::Ehlo command);
    asio::awaitable<void> run(wire::Helo command);
    asio::awaitable<void> run(wire::Mail command);
    asio::awaitable<void> run(wire::Rcpt command);
    asio::awaitable<void> run(wire::Data command);
    asio::awaitable<void> run(wire::Bdat command);
    asio::awaitable<void> run(wire::Rset command);
    asio::awaitable<void> run(wire::Noop command);
    asio::awaitable<void> run(wire::Quit command);
    asio::awaitable<void> run(wire::Vrfy command);
    asio::awaitable<void> run(wire::Expn command);
    asio::awaitable<void> run(wire::Help command);
    asio::awaitable<void> run(wire::Auth command);
    asio::awaitable<void> run(wire::StartTls command);

    // State.
    unsigned phase() const;
    bool submitting() const { return options_.kind != Kind::relay; }
    bool starttls_possible() const;
    bool takes_logins() const;
    void await_login();
    void greeted(std::string client, bool extended);
    std::string protocol(bool smtputf8) const;

    // Replies. They are only appended: run_commands() sends them.
    void answer(int code, std::string_view status, std::string_view text);
    void answer(const wire::Reply& reply);
    // Replies with a refusal and logs command, reply and the fields `about` it.
    void refuse(std::string_view command, const wire::Reply& reply, services::EventLog::Fields about = {});
    // The same for mistakes that no correct client makes: too many of these end the session.
    void refuse_error(std::string_view command, const wire::Reply& reply);
    void close(services::Ending ending, std::string_view status, std::string_view text);

    // MAIL and RCPT.
    std::optional<wire::Reply> hold_refusal(const wire::MailParams& params) const;
    asio::awaitable<std::optional<wire::Reply>> sender_refusal(const wire::Mail& mail);
    void refuse_recipient(const wire::Path& path, const wire::Reply& reply);
    asio::awaitable<std::optional<wire::Reply>> suppression_refusal(const services::Recipient& recipient);
    bool is_known(const services::Recipient& recipient) const;
    std::optional<wire::Reply> list_refusal(const services::Recipient& recipient) const;
    bool leads_too_far(const services::Recipient& recipient) const;
    bool add_recipient(services::Recipient recipient, wire::RcptParams params);

    // Message data.
    bool begin_reception();
    asio::awaitable<void> receive_data();
    asio::awaitable<void> receive_chunk(std::uint64_t octets);
    asio::awaitable<void> take(std::string_view content);
    asio::awaitable<void> finish_message(std::string_view command);  // DATA or BDAT, for the log
    asio::awaitable<void> discard(std::uint64_t octets);
    asio::awaitable<void> hang_up_on_chunk(const wire::Reply& reply, std::uint64_t octets);
    std::size_t drop_buffered(std::uint64_t most);  // drops octets already received; returns how many
    asio::awaitable<void> fill_by(std::chrono::steady_clock::time_point last_moment);
    bool discards_too_much(std::string_view command);

    // AUTH and TLS.
    void finish_login(std::expected<services::LoginSuccess, services::LoginFailure> outcome, std::string mechanism);
    void fail_login(const services::LoginFailure& failure);

    net::Stream& stream_;
    const Options& options_;
    const Services& services_;
    services::SessionLog log_;
    std::string client_address_;
    std::string client_name_;  // from HELO or EHLO; empty before
    bool extended_ = false;    // EHLO, not HELO
    std::optional<services::Identity> identity_;
    std::optional<std::chrono::steady_clock::time_point> login_due_;  // while a log-in is awaited
    std::unique_ptr<services::ConnectionSlot> connection_slot_;       // counts as one of the account's connections
    std::optional<Transaction> transaction_;
    std::optional<services::Ending> ending_;  // empty while the session goes on
    base::HttpWatch http_;
    bool in_data_ = false;  // message data is being received: a reply to an exception is not possible
    std::size_t errors_ = 0;
    std::size_t auth_failures_ = 0;
    std::size_t refused_recipients_ = 0;
    std::size_t idle_commands_ = 0;
    std::size_t transactions_ = 0;
    std::size_t messages_ = 0;  // accepted
    std::chrono::steady_clock::time_point started_;
};

}  // namespace smtp
