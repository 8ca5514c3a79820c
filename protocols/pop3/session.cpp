// The loop: reads lines, runs commands in order, sends the replies to pipelined commands together, ends the session.
// RFC 1939 §3, §6; RFC 2449 §5, §6.6; RFC 6856 §3. Log-in and messages have their own files.
#include "protocols/pop3/session.h"

#include <exception>
#include <utility>
#include <variant>

#include "protocols/base/text.h"
#include "protocols/net/tls.h"
#include "protocols/pop3/refusals.h"
#include "protocols/pop3/wire/reply.h"
#include "protocols/services/session_end.h"

namespace pop3 {

namespace code = wire::code;
using services::EndReason;

namespace {

// The text for a client that was not told yet.
std::string_view farewell_for(EndReason reason) {
    if (reason == EndReason::timeout) return "Too long without a log-in or a command, closing";
    if (reason == EndReason::shutdown) return "The server is shutting down: try again later";
    if (reason == EndReason::logged_out) return "Your log-in was ended: log in again";
    if (reason == EndReason::crowded_out) return "Too busy for this connection: try again later";
    return "Something went wrong here: try again later";
}

}  // namespace

asio::awaitable<void> serve(net::Stream stream, std::string session_id, const Options& options,
                            const Services& services) {
    Session session(std::move(stream), std::move(session_id), options, services);
    co_await session.converse();
}

Session::Session(net::Stream stream, std::string id, const Options& options, const Services& services)
    : stream_(std::move(stream)),
      options_(options),
      services_(services),
      log_(services.log, "pop3", id),
      maildrop_(services.store, options, std::move(id), stream_.allowance()) {}

asio::awaitable<void> Session::converse() {
    log_.open(stream_.remote().address().to_string(), stream_.local().port(), stream_.is_tls());
    std::string_view farewell;
    try {
        stream_.set_deadline(options_.login_timeout, started_ + options_.login_timeout);
        answer_ok(options_.hostname + " POP3 server ready");
        co_await run_commands();
    } catch (const std::exception& error) {
        ending_ = services::ending_of(error);
        if (ending_->reason == EndReason::fault) log_.error("fault", {{"reason", error.what()}});
        if (ending_->client_hears) farewell = farewell_for(ending_->reason);
    }
    co_await finish(farewell);
}

// For every kind of end: releases the lock, tells the peer and logs why.
asio::awaitable<void> Session::finish(std::string_view farewell) {
    std::string fault;
    try {
        co_await maildrop_.release();
    } catch (const std::exception& failure) {
        fault = failure.what();
    }
    if (!fault.empty()) log_.error("fault", {{"during", "release"}, {"reason", fault}});
    if (!farewell.empty() && !in_answer_) answer_error(farewell, code::sys_temp);
    connection_slot_.reset();
    co_await stream_.close();
    log_.close(ending_.value_or(services::Ending{}),
               {{"account", account_}, {"retrieved", retrieved_}, {"deleted", deleted_}}, stream_.octets_in(),
               stream_.octets_out(), std::chrono::steady_clock::now() - started_);
}

asio::awaitable<void> Session::run_commands() {
    while (!ending_) {
        std::optional<net::ReadLine> line = stream_.try_read_line(options_.line_octets);
        if (!line) {
            co_await stream_.flush();
            line = co_await stream_.read_line(options_.line_octets);
        }
        co_await run_line(*line);
        co_await stream_.drain();
    }
}

asio::awaitable<void> Session::run_line(net::ReadLine line) {
    log_.spoken();
    const bool early = state() == wire::state::authorization;
    if (early && ++commands_before_login_ > options_.commands_before_login) {
        answer_error("Too many commands before log-in, closing");
        end(EndReason::too_many_commands);
        co_return;
    }
    const auto* read = std::get_if<net::Line>(&line);
    // A web page made a browser connect here: nothing that it sends may be taken for commands.
    if (http_.sees_request(read == nullptr ? std::get<net::LineTooLong>(line).begin : read->text)) {
        log_.warn("http-request", {{"address", stream_.remote().address().to_string()}});
        answer_error("This is no HTTP server, closing");
        end(EndReason::http_request);
        co_return;
    }
    if (read == nullptr) {
        reject("Line too long");
        co_return;
    }
    if (log_.debugging()) log_.debug("command", {{"line", wire::without_secrets(read->text)}});
    base::Parsed<wire::ParsedCommand> parsed = wire::parse_command(read->text);
    auto* command = std::get_if<wire::ParsedCommand>(&parsed);
    if (command == nullptr) {
        reject(std::get<base::SyntaxError>(parsed).what);
        co_return;
    }
    if ((command->rule->states & state()) == 0) {
        reject(early ? "Log in first" : "You have logged in already");
        co_return;
    }
    co_await run_guarded(std::move(*command));
}

// Exceptions of a command become -ERR here, and the session goes on.
asio::awaitable<void> Session::run_guarded(wire::ParsedCommand parsed) {
    std::string fault;
    try {
        asio::awaitable<void> running =
            std::visit([this](auto& command) { return run(std::move(command)); }, parsed.command);
        co_await std::move(running);
    } catch (const std::exception& failure) {
        if (in_answer_ || services::ends_session(failure)) throw;
        fault = failure.what();
    }
    if (fault.empty()) co_return;
    log_.error("fault", {{"command", std::string(parsed.rule->keyword)}, {"reason", fault}});
    answer_error("This cannot be done just now: try again later", code::sys_temp);
}

void Session::reject(std::string_view text) {
    if (++bad_commands_ < options_.bad_commands) return answer_error(text);
    answer_error("Too many bad commands, closing");
    end(EndReason::too_many_errors);
}

void Session::end(EndReason reason) { ending_ = services::Ending{reason}; }

void Session::answer_ok(std::string_view text) { wire::append_ok(stream_.output(), text); }

void Session::answer_error(std::string_view text, std::string_view response_code) {
    wire::append_error(stream_.output(), text, response_code);
}

void Session::answer_error(const storage::Refusal& refusal) {
    const RefusalReply reply = reply_for(refusal.reason);
    log_.refused({{"reason", refusal.text}});
    answer_error(reply.text, reply.code);
}

void Session::refuse(std::string_view text) {
    log_.refused({{"reason", text}});
    answer_error(text);
}

asio::awaitable<void> Session::run(wire::Noop) {
    answer_ok("Nothing done");
    co_return;
}

// RFC 2449 §6. Capabilities for after the log-in are listed from the start: JavaMail asks only once (CLIENTS.md 21).
asio::awaitable<void> Session::run(wire::Capa) {
    answer_ok("Capabilities follow");
    std::string& out = stream_.output();
    out += "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\nUTF8 USER\r\nLANG\r\n";
    if (services::password_may_be_sent(stream_, services_.authenticator)) out += "USER\r\n";
    out += "SASL";
    for (const std::string_view mechanism : services::offered_mechanisms(stream_, services_.authenticator)) {
        out += ' ';
        out += mechanism;
    }
    out += "\r\n";
    if (stls_possible()) out += "STLS\r\n";
    out += "IMPLEMENTATION " + options_.product + "\r\n";
    out += wire::multi_line_end;
    co_return;
}

// There is only one language. RFC 6856 §3.2; i-default: RFC 2277 §4.5.
asio::awaitable<void> Session::run(wire::Lang command) {
    if (command.range.empty()) {
        answer_ok("Languages follow");
        stream_.write("en English\r\n");
        stream_.write(wire::multi_line_end);
    } else if (command.range == "*" || base::iequals(command.range, "en")) {
        answer_ok("en English it is");
    } else if (base::iequals(command.range, "i-default")) {
        answer_ok("i-default English it is");
    } else {
        answer_error("This language is not spoken here");
    }
    co_return;
}

// In TRANSACTION state this enters the UPDATE state: RFC 1939 §6.
asio::awaitable<void> Session::run(wire::Quit) {
    end(EndReason::quit);
    if (!maildrop_.is_open()) {
        answer_ok("Goodbye");
        co_return;
    }
    storage::Result<storage::Expunged> updated = storage::Expunged{};
    std::string fault;
    try {
        updated = co_await maildrop_.update();
    } catch (const std::exception& failure) {
        fault = failure.what();
    }
    if (!fault.empty()) {
        log_.error("fault", {{"command", "QUIT"}, {"reason", fault}});
        answer_error("Some deleted messages are not removed, try again later", code::sys_temp);
    } else if (!updated) {
        log_.warn("not-updated", {{"reason", updated.error().text}});
        answer_error("Some deleted messages are not removed, try again later", code::sys_temp);
    } else {
        deleted_ = updated->uids.count();
        answer_ok(deleted_ == 0 ? "Goodbye" : std::to_string(deleted_) + " messages removed, goodbye");
    }
}

}  // namespace pop3
