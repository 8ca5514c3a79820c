// The loop of a receiving session, its replies and its end. RFC 5321 §3.1 (start), §4.1.4 (order), §3.8 (end). An idle
// session is two coroutine frames deep and holds no buffer: serve() waits, run_commands() reads and replies. Each
// command is in its cmd_*.cpp.
#include "protocols/smtp/session.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "protocols/services/session_end.h"
#include "protocols/services/start_tls.h"
#include "protocols/smtp/refusals.h"

namespace smtp {

using services::EndReason;

namespace {

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
    services::Ending ending;
    std::optional<wire::Reply> farewell;
    try {
        co_await session.greet();
        while (!session.over()) {
            co_await stream.flush();
            session.set_command_deadline();
            const net::WaitOutcome wake = co_await stream.wait();
            if (wake == net::WaitOutcome::deadline) throw net::DeadlinePassed();
            co_await session.run_commands();
        }
        ending = session.ending();
    } catch (const std::exception& error) {
        ending = services::ending_of(error);
        if (ending.reason == EndReason::fault) session.log().error("fault", {{"reason", error.what()}});
        if (ending.client_hears) farewell = replies::farewell(options.hostname, ending.reason);
    }
    co_await session.end(std::move(ending), std::move(farewell));
}

Session::Session(net::Stream& stream, std::string id, const Options& options, const Services& services)
    : stream_(stream),
      options_(options),
      services_(services),
      log_(services.log, options.kind == Kind::relay ? "smtp" : "submission", std::move(id)),
      client_address_(stream.remote().address().to_string()),
      started_(std::chrono::steady_clock::now()) {}

asio::awaitable<void> Session::greet() {
    log_.open(client_address_, stream_.local().port(), stream_.is_tls());
    await_login();
    set_command_deadline();
    if (options_.kind == Kind::submissions && !stream_.is_tls()) {
        co_await services::start_tls(stream_, options_.tls, log_);
    }
    answer(220, "", options_.hostname + " ESMTP Mailstead");
}

// A client of the submission ports has some time from here on.
void Session::await_login() {
    if (submitting()) login_due_ = std::chrono::steady_clock::now() + options_.limits.login_time;
}

// Who comes to submit logs in at once; servers on port 25 have the time that RFC 5321 §4.5.3.2.7 gives for each
// command.
void Session::set_command_deadline() {
    const Limits& limits = options_.limits;
    const std::chrono::seconds each =
        login_due_ ? std::min(limits.login_time, limits.command_timeout) : limits.command_timeout;
    stream_.set_deadline(each, login_due_);
}

asio::awaitable<void> Session::end(services::Ending ending, std::optional<wire::Reply> farewell) {
    if (farewell) answer(*farewell);
    transaction_.reset();
    connection_slot_.reset();
    co_await stream_.close();
    services::EventLog::Fields more{{"messages", messages_}};
    if (identity_) more.emplace_back("account", identity_->name);
    log_.close(std::move(ending), std::move(more), stream_.octets_in(), stream_.octets_out(),
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
    if (http_.sees_request(whole == nullptr ? std::get<net::LineTooLong>(line).begin : whole->text)) {
        log_.warn("http-request", {{"address", client_address_}});
        close({EndReason::http_request}, "4.7.0", "This is no HTTP server, closing");
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
        if (verb == "BDAT")
            close({EndReason::lost_track, "BDAT without a size"}, "4.5.0", "Cannot tell data from commands, closing");
        co_return;
    }
    if (++idle_commands_ > options_.limits.idle_commands) {
        close({EndReason::too_many_commands}, "4.7.0", "Too many commands without a message");
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
    log_.refused(fields);
}

void Session::refuse_error(std::string_view command, const wire::Reply& reply) {
    refuse(command, reply);
    if (++errors_ < options_.limits.errors) return;
    close({EndReason::too_many_errors}, "4.7.0", "Too many errors, closing");
}

void Session::close(services::Ending ending, std::string_view status, std::string_view text) {
    if (over()) return;
    ending_ = std::move(ending);
    answer(replies::closing(options_.hostname, status, text));
}

}  // namespace smtp
