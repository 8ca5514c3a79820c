// The loop: wait, read a command, run it, answer. RFC 3501 §2.2, §5.4 (autologout), §5.5 (pipelining); RFC 2177 (IDLE).
// Here, and at each command's boundary (run_guarded), what is thrown becomes an answer or the session's end.
// While nothing happens only converse's and loop's frames are alive, and no buffer.
#include "protocols/imap/session/session.h"

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <utility>
#include <variant>

#include "protocols/base/http_request.h"
#include "protocols/base/text.h"
#include "protocols/imap/wire/any_command.h"
#include "protocols/imap/wire/parse/rules.h"
#include "protocols/services/session_end.h"

namespace imap {

using asio::awaitable;

Session::Session(net::Stream stream, std::string id, const Options& options, const Services& services)
    : stream_(std::move(stream)),
      options_(options),
      services_(services),
      log_(services.log, "imap", std::move(id)),
      receiver_(options.commands_before_login_limits),
      started_(std::chrono::steady_clock::now()) {}

std::uint8_t Session::state() const {
    if (!identity_) return wire::state::not_authenticated;
    return selected_ ? wire::state::selected : wire::state::authenticated;
}

awaitable<void> Session::converse() {
    log_.open(stream_.remote().address().to_string(), stream_.local().port(), stream_.is_tls());
    struct {
        std::string_view code;
        std::string_view text;
    } bye;
    try {
        co_await loop();
    } catch (const net::PeerGone&) {
        reason_ = "gone";
    } catch (const net::DeadlinePassed&) {
        reason_ = "timeout";
        bye = {"", "Too long without a command"};
    } catch (const net::Interrupted& interrupted) {
        reason_ = interrupted.what();
        bye = {"UNAVAILABLE", "The server is shutting down"};
        if (interrupted.cause() == net::Interrupted::Cause::logged_out) {
            bye = {"EXPIRED", "The password has changed: log in again"};  // RFC 5530 §3
        }
    } catch (const std::exception& error) {
        reason_ = "fault";
        log_.error("fault", {{"reason", error.what()}});
        bye = {"SERVERBUG", "Something went wrong here"};
    }
    if (!bye.text.empty() && !literal_open_) say().status("*", wire::Condition::bye, bye.code, bye.text);
    unselect();
    notification_.reset();
    connection_slot_.reset();
    co_await stream_.close();
    log_.close(reason_, {{"account", identity_ ? identity_->name : ""}}, stream_.octets_in(), stream_.octets_out(),
               std::chrono::steady_clock::now() - started_);
}

awaitable<void> Session::loop() {
    stream_.set_deadline(options_.login_timeout);
    greet();
    while (!ended_) {
        const bool whole_line = stream_.buffered().find('\n') != std::string_view::npos;
        if (!whole_line) co_await stream_.flush();  // what is pipelined is answered in one go
        if (stream_.buffered().empty()) {
            net::WaitOutcome wake{};
            if (idle_tag_) stream_.rest_deflate();
            if (has_news()) {
                co_await pace();
                co_await push();
                continue;
            }
            if (listens() && signal_) {
                wake = co_await stream_.wait(*signal_);
            } else {
                wake = co_await stream_.wait();
            }
            if (wake == net::WaitOutcome::deadline) throw net::DeadlinePassed();
            if (wake == net::WaitOutcome::signalled) {
                co_await pace();
                co_await push();
                continue;
            }
        }
        if (idle_tag_) {
            co_await idle_line();
        } else {
            co_await receive();
        }
    }
    co_await stream_.flush();
}

// Two pieces that Thunderbird gets in one read over COMPRESS are one too many for it: it takes the first, and waits on
// the socket for what it already has until it has something to say itself (CLIENTS.md 34). So while it idles there is a
// moment between them, in which what else happens joins the second.
awaitable<void> Session::pace() {
    if (!idle_tag_ || !stream_.is_deflating()) co_return;
    constexpr std::chrono::milliseconds moment{100};
    asio::steady_timer timer(stream_.executor());
    timer.expires_at(pushed_at_ + moment);
    co_await timer.async_wait(asio::use_awaitable);
    pushed_at_ = std::chrono::steady_clock::now();
}

void Session::greet() {
    const std::string code = "CAPABILITY " + capabilities();
    say().status("*", wire::Condition::ok, code, options_.hostname + " " + options_.product);
}

void Session::end(std::string reason) {
    ended_ = true;
    reason_ = std::move(reason);
}

void Session::end(std::string reason, std::string_view bye) {
    say().status("*", wire::Condition::bye, {}, bye);
    end(std::move(reason));
}

// While idling the client says nothing but DONE (RFC 2177 §3). What it pipelined behind that is read next.
awaitable<void> Session::idle_line() {
    const net::ReadLine read = co_await stream_.read_line(options_.line_octets_before_login);
    tag_ = *std::exchange(idle_tag_, std::nullopt);
    const auto* line = std::get_if<net::Line>(&read);
    if (line != nullptr && base::iequals(base::trim(line->text), "DONE")) {
        answer_ok("IDLE is over");
    } else {
        answer_bad("Only DONE ends IDLE");
    }
    co_await catch_up(true);
    stream_.write(std::exchange(reply_, {}));
}

// The receiver's next word on a line from the client.
awaitable<wire::Event> Session::read_line_event() {
    const std::size_t most = identity_ ? options_.line_octets : options_.line_octets_before_login;
    const net::ReadLine read = co_await stream_.read_line(most);
    log_.spoken();
    const auto* line = std::get_if<net::Line>(&read);
    const auto* dropped = std::get_if<net::LineTooLong>(&read);
    // A tag may be called "GET"; a command is never called "/". A browser that was sent here by a page: none of what it
    // sends may be taken for commands.
    if (!receiver_.in_command() && base::is_http_request(line != nullptr ? line->text : dropped->begin)) {
        log_.warn("http-request", {{"address", stream_.remote().address().to_string()}});
        end("http", "This is no HTTP server");
        co_return wire::Rejected{};
    }
    co_return line != nullptr ? receiver_.line(line->text) : receiver_.line_too_long(dropped->begin, dropped->end);
}

// One command, from its first line to its answer.
awaitable<void> Session::receive() {
    for (;;) {
        wire::Event event = co_await read_line_event();
        if (ended_) co_return;
        if (auto* command = std::get_if<wire::Command>(&event)) {
            co_await execute(std::move(*command));
            co_return;
        }
        if (const auto* rejected = std::get_if<wire::Rejected>(&event)) {
            reject(*rejected);
            co_return;
        }
        if (const auto* literal = std::get_if<wire::NeedLiteral>(&event)) {
            co_await take_literal(*literal);
        } else {
            co_await skip_octets(std::get<wire::SkipLiteral>(event).octets);
        }
    }
}

awaitable<void> Session::take_literal(wire::NeedLiteral literal) {
    if (literal.synchronizing) {
        say().continuation("OK");
        co_await stream_.flush();
    }
    std::string octets;  // the receiver has bounded it
    while (octets.size() < literal.octets) {
        const std::string_view chunk = co_await stream_.read_chunk(literal.octets - octets.size());
        octets.append(chunk);
    }
    receiver_.literal(octets);
}

awaitable<void> Session::skip_octets(std::uint64_t octets) {
    while (octets > 0) {
        const std::uint64_t most = std::min<std::uint64_t>(octets, options_.chunk_octets);
        const std::string_view chunk = co_await stream_.read_chunk(static_cast<std::size_t>(most));
        octets -= chunk.size();
    }
}

awaitable<void> Session::refuse(wire::Condition condition, std::string_view text, std::string_view code) {
    if (!receiver_.in_command()) {
        answer(condition, text, code);
        co_return;
    }
    const auto status = condition == wire::Condition::bad ? wire::Rejected::Status::bad : wire::Rejected::Status::no;
    wire::Event event = receiver_.refuse(status, code, text);
    co_await conclude(std::move(event));
}

// Drops what is on its way of a command that runs, then answers it.
awaitable<void> Session::conclude(wire::Event event) {
    while (const auto* skip = std::get_if<wire::SkipLiteral>(&event)) {
        co_await skip_octets(skip->octets);
        event = co_await read_line_event();
    }
    const auto& rejected = std::get<wire::Rejected>(event);
    const bool bad = rejected.status == wire::Rejected::Status::bad;
    const wire::Condition condition = bad ? wire::Condition::bad : wire::Condition::no;
    if (!rejected.fatal) {
        answer(condition, rejected.text, rejected.code);
        co_return;
    }
    tells_changes_ = false;  // nothing comes behind the BYE, and the answer in front of it
    say().status(tag_, condition, rejected.code, rejected.text);
    end("flood", rejected.text);
}

void Session::reject(const wire::Rejected& rejected) {
    const bool bad = rejected.status == wire::Rejected::Status::bad;
    say().status(rejected.tag, bad ? wire::Condition::bad : wire::Condition::no, rejected.code, rejected.text);
    log_.debug("rejected", {{"tag", rejected.tag}, {"text", rejected.text}});
    if (rejected.fatal) return end("flood", rejected.text);
    if (bad) count_bad();
}

void Session::count_bad() {
    if (++bad_in_a_row_ >= options_.bad_commands) end("bad_commands", "Too many commands that are none");
}

awaitable<void> Session::execute(wire::Command command) {
    const wire::CommandRule& rule = *command.rule;
    tag_ = std::move(command.tag);
    reply_.clear();
    tells_changes_ = true;
    limited_to_.reset();
    log_.debug("command", {{"tag", tag_}, {"name", std::string(rule.name)}});
    const bool counted = !identity_ && ++commands_ > options_.commands_before_login;
    if (counted) co_return end("no_login", "Too many commands before log-in");
    if ((rule.states & state()) == 0) {
        const std::string_view why = identity_ ? " is not possible in this state" : " needs a log-in first";
        const std::string text = std::string(rule.name) + std::string(why);
        co_await refuse(wire::Condition::bad, text);
        count_bad();
    } else {
        bad_in_a_row_ = 0;
        co_await run_guarded(command);
    }
    stream_.write(std::exchange(reply_, {}));
    co_await stream_.drain();
}

// Whether a command is about messages by their UIDs. What has changed otherwise is then left to the next command, NOOP
// and IDLE among them: Thunderbird takes no notice of an EXISTS that comes with the answer to FETCH or STORE, and would
// show the new message only after the one behind it. Changes need telling only where a command observes them (RFC 9051
// §5.2). Whoever resynchronises by MODSEQ hears everything in order (RFC 7162 §3.2).
bool Session::keeps_to_uids(const wire::Command& command) const {
    if (!selected_ || selected_->deleted() || condstore_ || qresync_ || notification_ || !contexts_.empty())
        return false;
    if (const auto* fetch = std::get_if<wire::Fetch>(&command.body)) {
        return fetch->uid && !fetch->changed_since && !fetch->partial;
    }
    const auto* store = std::get_if<wire::Store>(&command.body);
    return store != nullptr && store->uid && !store->unchanged_since;
}

// Whether all of them are known: an open range is to see what is new when the command comes (CLIENTS.md 22).
bool Session::names_known(const wire::Command& command) const {
    const auto* fetch = std::get_if<wire::Fetch>(&command.body);
    const wire::SequenceSet& messages = fetch ? fetch->messages : std::get<wire::Store>(command.body).messages;
    return !messages.saved_result && !messages.has_star() && messages.largest_named() < selected_->uid_next().value;
}

// The command's boundary: a fault of the machine is answered NO and logged; what ends the session passes through.
awaitable<void> Session::run_guarded(wire::Command& command) {
    const bool uses_mailbox = command.rule->numbers != wire::Numbers::none;
    const bool by_number = wire::uses_message_numbers(command);
    const bool expunges_allowed = !by_number;
    std::optional<std::string> fault;
    try {
        if (uid_only_ && by_number) {
            co_await refuse_numbers(command.rule->name);
            co_return;
        }
        const bool by_uid = keeps_to_uids(command);
        const bool observes = uses_mailbox && !(by_uid && names_known(command));
        if (observes && tells_selected() && stale()) co_await sync(expunges_allowed);
        if (by_uid) tells_changes_ = false;
        awaitable<void> running = std::visit([this](auto& body) { return run(std::move(body)); }, command.body);
        co_await std::move(running);
        if (!idle_tag_ && tells_changes_) co_await catch_up(expunges_allowed);
    } catch (const std::exception& error) {
        if (services::ends_session(error)) throw;
        if (literal_open_) throw;  // the client waits for octets that will not come
        fault = error.what();
    }
    if (!fault) co_return;
    log_.error("fault", {{"command", std::string(command.rule->name)}, {"reason", *fault}});
    answer_no("This cannot be done just now; try again later", "UNAVAILABLE");
}

}  // namespace imap
