// The loop: wait, read a command, run it, answer. RFC 3501 §2.2, §5.4 (autologout), §5.5 (pipelining); RFC 2177 (IDLE).
// Here, and around each command (execute), exceptions become an answer or end the session. An idle session has only the
// frames of converse and loop, and no buffer.
#include "protocols/imap/session/session.h"

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "protocols/base/text.h"
#include "protocols/imap/commands/connection.h"
#include "protocols/imap/commands/dispatch.h"
#include "protocols/imap/connection/capabilities.h"
#include "protocols/imap/wire/any_command.h"
#include "protocols/imap/wire/parse/rules.h"
#include "protocols/services/session_end.h"

namespace imap {

using asio::awaitable;
using services::EndReason;

namespace {

struct Bye {
    std::string_view code;
    std::string_view text;
};

// The text for a client that was not told yet.
Bye bye_for(EndReason reason) {
    if (reason == EndReason::timeout) return {"", "Too long without a command"};
    if (reason == EndReason::shutdown) return {"UNAVAILABLE", "The server is shutting down"};
    if (reason == EndReason::logged_out) return {"EXPIRED", "Your log-in was ended: log in again"};  // RFC 5530 §3
    if (reason == EndReason::crowded_out) return {"LIMIT", "Too busy for this connection: try again later"};
    return {"SERVERBUG", "Something went wrong here"};
}

}  // namespace

Session::Session(net::Stream stream, std::string id, const Options& options, const Services& services)
    : stream_(std::move(stream)),
      options_(options),
      services_(services),
      log_(services.log, "imap", std::move(id)),
      answers_(stream_, enabled_, log_),
      reader_(stream_, options, log_, answers_),
      connection_{stream_, options, services_, log_, answers_, enabled_, login_, waiting_},
      selection_(connection_),
      news_(connection_, selection_),
      changes_(connection_, selection_, news_),
      client_{stream_, options,  services_, log_,       answers_, enabled_,
              login_,  waiting_, reader_,   selection_, news_,    changes_},
      started_(std::chrono::steady_clock::now()) {}

std::uint8_t Session::state() const {
    if (!login_.done()) return wire::state::not_authenticated;
    return selection_ ? wire::state::selected : wire::state::authenticated;
}

awaitable<void> Session::converse() {
    log_.open(stream_.remote().address().to_string(), stream_.local().port(), stream_.is_tls());
    Bye bye;
    try {
        co_await loop();
    } catch (const std::exception& error) {
        const services::Ending ending = services::ending_of(error);
        if (ending.reason == EndReason::fault) log_.error("fault", {{"reason", error.what()}});
        if (ending.client_hears) bye = bye_for(ending.reason);
        answers_.end(ending);
    }
    if (!bye.text.empty() && !answers_.literal_open())
        answers_.say().status("*", wire::Condition::bye, bye.code, bye.text);
    changes_.unselect();
    news_.forget();
    login_.slot.reset();
    co_await stream_.close();
    log_.close(answers_.ending(), {{"account", login_.done() ? login_.identity->name : ""}}, stream_.octets_in(),
               stream_.octets_out(), std::chrono::steady_clock::now() - started_);
}

awaitable<void> Session::loop() {
    greet();
    while (!answers_.ended()) {
        const bool whole_line = stream_.buffered().find('\n') != std::string_view::npos;
        if (!whole_line) co_await stream_.flush();  // pipelined commands are answered together
        if (stream_.buffered().empty()) {
            net::WaitOutcome wake{};
            if (changes_.has_news()) {
                co_await pace();
                co_await changes_.push();
                continue;
            }
            if (changes_.listens() && waiting_.signal) {
                wake = co_await stream_.wait(*waiting_.signal);
            } else {
                wake = co_await stream_.wait();
            }
            if (wake == net::WaitOutcome::deadline) throw net::DeadlinePassed();
            if (wake == net::WaitOutcome::signalled) {
                co_await pace();
                co_await changes_.push();
                continue;
            }
        }
        if (waiting_.idle_tag) {
            co_await idle_line();
        } else {
            co_await receive();
        }
    }
    co_await stream_.flush();
}

// Over COMPRESS, Thunderbird reads as many octets as had come compressed when it looked, and then waits on the socket
// for what it already has, until it sends something itself (CLIENTS.md 34). So while it idles there is a pause between
// two pieces, and pieces are stored, not compressed; changes during the pause join the second piece.
awaitable<void> Session::pace() {
    if (!waiting_.idle_tag || !stream_.is_deflating()) co_return;
    constexpr std::chrono::milliseconds moment{100};
    asio::steady_timer timer(stream_.executor());
    timer.expires_at(waiting_.pushed_at + moment);
    co_await timer.async_wait(asio::use_awaitable);
    waiting_.pushed_at = std::chrono::steady_clock::now();
}

void Session::greet() {
    const std::string code = "CAPABILITY " + capabilities(connection_);
    answers_.say().status("*", wire::Condition::ok, code, options_.hostname + " " + options_.product);
}

// While idling the client sends only DONE (RFC 2177 §3). Commands pipelined after it are read next.
awaitable<void> Session::idle_line() {
    const net::ReadLine read = co_await stream_.read_line(options_.line_octets_before_login);
    answers_.begin(*std::exchange(waiting_.idle_tag, std::nullopt));
    stream_.store_output(false);
    const auto* line = std::get_if<net::Line>(&read);
    if (line != nullptr && base::iequals(base::trim(line->text), "DONE")) {
        answers_.ok("IDLE is over");
    } else {
        answers_.bad("Only DONE ends IDLE");
    }
    co_await changes_.catch_up(true);
    answers_.send();
}

// One command, from its first line to its answer.
awaitable<void> Session::receive() {
    std::optional<wire::Command> command = co_await reader_.next();
    if (!command) co_return;
    const wire::CommandRule& rule = *command->rule;
    answers_.begin(std::move(command->tag));
    if (log_.debugging()) log_.debug("command", {{"tag", answers_.tag()}, {"name", std::string(rule.name)}});
    const bool counted = !login_.done() && ++login_.commands_before > options_.commands_before_login;
    if (counted) co_return answers_.end(EndReason::too_many_commands, "Too many commands before log-in");
    if ((rule.states & state()) == 0) {
        const std::string_view why = login_.done() ? " is not possible in this state" : " needs a log-in first";
        const std::string text = std::string(rule.name) + std::string(why);
        co_await reader_.refuse(wire::Condition::bad, text);
        reader_.count_bad();
    } else {
        reader_.forgive_bad();
        co_await execute(*command);
    }
    answers_.send();
    co_await stream_.drain();
}

// Whether a command names messages by UID. Other changes are then reported with a later command or IDLE: Thunderbird
// ignores an EXISTS that comes with the answer to FETCH or STORE, and would show the new message only after the next
// one. Changes must be reported only where a command observes them (RFC 9051 §5.2). Clients that resynchronise by
// MODSEQ get all changes in order (RFC 7162 §3.2).
bool Session::defers_changes(const wire::Command& command) const {
    if (!selection_ || selection_->deleted() || enabled_.condstore || enabled_.qresync || enabled_.notify ||
        !selection_.contexts().empty())
        return false;
    if (const auto* fetch = std::get_if<wire::Fetch>(&command.body)) {
        return fetch->uid && !fetch->changed_since && !fetch->partial;
    }
    const auto* store = std::get_if<wire::Store>(&command.body);
    return store != nullptr && store->uid && !store->unchanged_since;
}

// Whether all messages that it names are known: an open range must include what is new when the command comes
// (CLIENTS.md 22).
bool Session::targets_are_known(const wire::Command& command) const {
    const auto* fetch = std::get_if<wire::Fetch>(&command.body);
    const wire::SequenceSet& messages = fetch ? fetch->messages : std::get<wire::Store>(command.body).messages;
    return !messages.saved_result && !messages.has_star() && messages.largest_named() < selection_->uid_next().value;
}

// Runs a command: machine errors are answered NO and logged; exceptions that end the session are passed on.
awaitable<void> Session::execute(wire::Command& command) {
    const bool uses_mailbox = command.rule->numbers != wire::Numbers::none;
    const bool by_number = wire::uses_message_numbers(command);
    const bool expunges_allowed = !by_number;
    std::optional<std::string> fault;
    try {
        if (enabled_.uid_only && by_number) {
            co_await refuse_numbers(client_, command.rule->name);
            co_return;
        }
        const bool by_uid = defers_changes(command);
        const bool observes = uses_mailbox && !(by_uid && targets_are_known(command));
        if (observes) co_await changes_.look(expunges_allowed);
        if (by_uid) answers_.report_no_changes();
        awaitable<void> running = dispatch(client_, command.body);
        co_await std::move(running);
        if (!waiting_.idle_tag && !answers_.reports_no_changes()) co_await changes_.catch_up(expunges_allowed);
        if (!selection_.hold()) throw net::Interrupted(net::Interrupted::Cause::crowded_out);
    } catch (const std::exception& error) {
        if (services::ends_session(error)) throw;
        if (answers_.literal_open()) throw;  // the client waits for octets that cannot be sent
        fault = error.what();
    }
    if (!fault) co_return;
    log_.error("fault", {{"command", std::string(command.rule->name)}, {"reason", *fault}});
    answers_.no("This cannot be done just now; try again later", "UNAVAILABLE");
}

}  // namespace imap
