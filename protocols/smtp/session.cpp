// The loop of a receiving session, its replies and its end. RFC 5321 §3.1 (start), §4.1.4 (order), §3.8 (end). An idle
// session is two coroutine frames deep and holds no buffer: serve() waits, run_commands() reads and replies. Each
// command is in its cmd_*.cpp.
#include "protocols/smtp/session.h"

#include <asio/ip/address.hpp>
#include <exception>
#include <utility>
#include <variant>

#include "protocols/services/session_end.h"
#include "protocols/smtp/refusals.h"

namespace smtp {

namespace {

std::string text_of(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

asio::awaitable<void> serve_owned(net::Stream stream, std::string session_id, const Options& options,
                                  const Services& services) {
    co_await serve(stream, std::move(session_id), options, services);
}

}  // namespace

asio::awaitable<void> serve(net::Stream&& stream, std::string session_id, const Options& options,
                            const Services& services) {
    return serve_owned(std::move(stream), std::move(session_id), options, services);
}

asio::awaitable<void> serve(net::Stream& stream, std::string session_id, const Options& options,
                            const Services& services) {
    Session session(stream, std::move(session_id), options, services);
    std::string reason;
    std::optional<wire::Reply> farewell;
    try {
        co_await session.greet();
        while (!session.over()) {
            co_await stream.flush();
            stream.set_deadline(options.limits.command_timeout);
            const net::WaitOutcome wake = co_await stream.wait();
            if (wake == net::WaitOutcome::deadline) throw net::DeadlinePassed();
            co_await session.run_commands();
        }
        reason = session.end_reason();
    } catch (const net::PeerGone& error) {
        reason = std::string("peer gone: ") + error.what();
    } catch (const net::DeadlinePassed&) {
        reason = "deadline passed";
        farewell = replies::closing(options.hostname, "4.4.2", "Nothing came for too long, closing");
    } catch (const net::Interrupted& interrupted) {
        const bool shutdown = interrupted.cause() == net::Interrupted::Cause::shutdown;
        reason = interrupted.what();
        farewell = shutdown ? replies::closing(options.hostname, "4.3.2", "Service shutting down")
                            : replies::closing(options.hostname, "4.7.0", "The password has changed, log in again");
    } catch (const std::exception& error) {
        reason = "fault";
        farewell = replies::closing(options.hostname, "4.3.0", "Something is wrong here, closing");
        session.log().error("fault", {{"reason", error.what()}});
    }
    co_await session.end(std::move(reason), std::move(farewell));
}

Session::Session(net::Stream& stream, std::string id, const Options& options, const Services& services)
    : stream_(stream),
      options_(options),
      services_(services),
      log_(services.log, options.kind == Kind::relay ? "smtp" : "submission", std::move(id)),
      client_address_(text_of(stream.remote().address())),
      started_(std::chrono::steady_clock::now()) {}

asio::awaitable<void> Session::greet() {
    log_.open(client_address_, stream_.local().port(), stream_.is_tls());
    stream_.set_deadline(options_.limits.command_timeout);
    if (options_.kind == Kind::submissions && !stream_.is_tls()) co_await start_tls();
    answer(220, "", options_.hostname + " ESMTP Mailstead");
}

asio::awaitable<void> Session::end(std::string reason, std::optional<wire::Reply> farewell) {
    if (farewell) answer(*farewell);
    transaction_.reset();
    connection_slot_.reset();
    co_await stream_.close();
    services::EventLog::Fields more{{"messages", messages_}};
    if (identity_) more.emplace_back("account", identity_->name);
    log_.close(std::move(reason), std::move(more), stream_.octets_in(), stream_.octets_out(),
               std::chrono::steady_clock::now() - started_);
}

asio::awaitable<void> Session::run_commands() {
    const Limits& limits = options_.limits;
    const std::size_t longest = takes_logins() ? limits.auth_line_octets : limits.command_line_octets;
    const net::ReadLine first = co_await stream_.read_line(longest);
    co_await run_line(first);
    while (!over()) {
        co_await stream_.drain();
        const std::optional<net::ReadLine> next = stream_.try_read_line(longest);
        if (!next) co_return;
        co_await run_line(*next);
    }
}

// The line's text is valid until the next call on the stream: parse it into owned values before awaiting anything.
asio::awaitable<void> Session::run_line(net::ReadLine line) {
    log_.spoken();
    const net::Line* whole = std::get_if<net::Line>(&line);
    const std::string_view verb = whole == nullptr ? "?" : wire::known_verb(whole->text);
    // A web page made a browser connect here: nothing that it sends may be taken for commands.
    if (http_.hears(whole == nullptr ? std::get<net::LineTooLong>(line).begin : whole->text)) {
        log_.warn("http-request", {{"address", client_address_}});
        close("HTTP request", "4.7.0", "This is no HTTP server, closing");
        co_return;
    }
    const bool too_long =
        whole == nullptr || (whole->text.size() > options_.limits.command_line_octets && verb != "AUTH");
    if (too_long) {
        refuse_error(verb, replies::line_too_long());
        co_return;
    }
    if (log_.debugging()) {
        log_.debug("command", {{"line", verb == "AUTH" ? "AUTH [masked]"
                                        : verb == "?"  ? "?"
                                                       : std::string(whole->text)}});
    }
    const wire::Brackets brackets = submitting() ? wire::Brackets::optional : wire::Brackets::required;
    std::expected<wire::ParsedCommand, wire::CommandFault> parsed = wire::parse_command(whole->text, brackets);
    if (!parsed) {
        refuse_error(verb, reply_for(parsed.error()));
        // We do not know how many octets follow: they must not be taken for commands.
        if (verb == "BDAT") close("BDAT without a size", "4.5.0", "Cannot tell data from commands, closing");
        co_return;
    }
    if (++idle_commands_ > options_.limits.idle_commands) {
        close("too many commands", "4.7.0", "Too many commands without a message");
        co_return;
    }
    if ((parsed->rule->phases & phase()) == 0) {
        co_await refuse_out_of_order(*parsed);
    } else {
        co_await run_command(std::move(*parsed));
    }
}

// Exceptions of services become a 451 here, and the session goes on.
asio::awaitable<void> Session::run_command(wire::ParsedCommand parsed) {
    std::string fault;
    try {
        co_await std::visit([this](auto& command) { return run(std::move(command)); }, parsed.command);
        co_return;
    } catch (const std::exception& error) {
        if (in_data_ || services::ends_session(error)) throw;
        fault = error.what();
    }
    log_.error("fault", {{"command", std::string(parsed.rule->verb)}, {"reason", fault}});
    answer(replies::local_error());
}

asio::awaitable<void> Session::refuse_out_of_order(const wire::ParsedCommand& parsed) {
    const bool sends_message = parsed.rule->verb == "DATA" || parsed.rule->verb == "BDAT";
    const auto* bdat = std::get_if<wire::Bdat>(&parsed.command);
    if (bdat != nullptr && bdat->octets > options_.limits.discarded_octets) {
        co_await hang_up_on_chunk(replies::out_of_order(wire::order_error(phase())), bdat->octets);
        co_return;
    }
    if (bdat != nullptr) co_await discard(bdat->octets);
    if (sends_message && transaction_ && transaction_->recipient_refused) {
        refuse(parsed.rule->verb, replies::no_valid_recipients());
        co_return;
    }
    refuse_error(parsed.rule->verb, replies::out_of_order(wire::order_error(phase())));
}

unsigned Session::phase() const {
    if (client_name_.empty()) return wire::phase::fresh;
    if (!transaction_) return wire::phase::greeted;
    if (transaction_->reception) return wire::phase::chunks;
    return transaction_->envelope.recipients.empty() ? wire::phase::mail : wire::phase::recipients;
}

void Session::answer(int code, std::string_view status, std::string_view text) {
    answer(wire::Reply{code, std::string(status), std::string(text)});
}

void Session::answer(const wire::Reply& reply) { wire::append(stream_.output(), reply); }

void Session::refuse(std::string_view command, const wire::Reply& reply, services::EventLog::Fields about) {
    answer(reply);
    services::EventLog::Fields fields = {
        {"command", std::string(command)}, {"code", reply.code}, {"status", reply.status}, {"text", reply.text}};
    for (auto& field : about) fields.push_back(std::move(field));
    log_.info("refused", fields);
}

void Session::refuse_error(std::string_view command, const wire::Reply& reply) {
    refuse(command, reply);
    if (++errors_ >= options_.limits.errors) close("too many errors", "4.7.0", "Too many errors, closing");
}

void Session::close(std::string reason, std::string_view status, std::string_view text) {
    if (over()) return;
    end_reason_ = std::move(reason);
    answer(replies::closing(options_.hostname, status, text));
}

}  // namespace smtp
