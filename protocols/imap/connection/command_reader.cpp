// Reads commands from the stream. RFC 3501 §2.2, §4.3; RFC 7888.
#include "protocols/imap/connection/command_reader.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "protocols/base/http_request.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/options.h"
#include "protocols/imap/wire/any_command.h"
#include "protocols/net/stream.h"
#include "protocols/services/event_log.h"

namespace imap {

using asio::awaitable;

CommandReader::CommandReader(net::Stream& stream, const Options& options, const services::SessionLog& log,
                             Answers& answers)
    : stream_(stream),
      options_(options),
      log_(log),
      answers_(answers),
      receiver_(options.commands_before_login_limits),
      literals_(net::Resource::memory, stream.allowance()),
      line_octets_(options.line_octets_before_login) {
    set_limits(false);
}

void CommandReader::set_limits(bool logged_in) {
    receiver_.set_limits(logged_in ? options_.commands : options_.commands_before_login_limits);
    line_octets_ = logged_in ? options_.line_octets : options_.line_octets_before_login;
    if (logged_in) return stream_.set_deadline(options_.timeout);
    stream_.set_deadline(options_.login_timeout, std::chrono::steady_clock::now() + options_.login_timeout);
}

awaitable<std::optional<wire::Command>> CommandReader::next() {
    literal_octets_ = 0;
    literals_.set(0);
    for (;;) {
        wire::Event event = co_await read_line_event();
        if (answers_.ended()) co_return std::nullopt;
        if (auto* command = std::get_if<wire::Command>(&event)) co_return std::move(*command);
        if (const auto* rejected = std::get_if<wire::Rejected>(&event)) {
            reject(*rejected);
            co_return std::nullopt;
        }
        if (const auto* literal = std::get_if<wire::NeedLiteral>(&event)) {
            co_await take_literal(*literal);
        } else {
            co_await skip_octets(std::get<wire::SkipLiteral>(event).octets);
        }
    }
}

// The receiver's event for the client's next line.
awaitable<wire::Event> CommandReader::read_line_event() {
    const net::ReadLine read = co_await stream_.read_line(line_octets_);
    log_.spoken();
    const auto* line = std::get_if<net::Line>(&read);
    const auto* dropped = std::get_if<net::LineTooLong>(&read);
    // A tag may be "GET", but a command is never "/". A web page made a browser connect here: nothing that it sends may
    // be taken for commands.
    if (!receiver_.in_command() && base::is_http_request(line != nullptr ? line->text : dropped->begin)) {
        log_.warn("http-request", {{"address", stream_.remote().address().to_string()}});
        answers_.end(services::EndReason::http_request, "This is no HTTP server");
        co_return wire::Rejected{};
    }
    co_return line != nullptr ? receiver_.line(line->text) : receiver_.line_too_long(dropped->begin, dropped->end);
}

awaitable<void> CommandReader::take_literal(wire::NeedLiteral literal) {
    literal_octets_ += literal.octets;
    if (!literals_.set(literal_octets_)) throw net::Interrupted(net::Interrupted::Cause::crowded_out);
    if (literal.synchronizing) {
        answers_.say().continuation("OK");
        co_await stream_.flush();
    }
    std::string octets;  // limited by the receiver
    while (octets.size() < literal.octets) {
        const std::string_view chunk = co_await stream_.read_chunk(literal.octets - octets.size());
        octets.append(chunk);
    }
    receiver_.literal(octets);
}

awaitable<void> CommandReader::skip_octets(std::uint64_t octets) {
    while (octets > 0) {
        const std::uint64_t most = std::min<std::uint64_t>(octets, options_.chunk_octets);
        const std::string_view chunk = co_await stream_.read_chunk(static_cast<std::size_t>(most));
        octets -= chunk.size();
    }
}

awaitable<std::optional<wire::AppendParts>> CommandReader::next_append_parts() {
    const net::ReadLine read = co_await stream_.read_line(options_.line_octets);
    const auto* line = std::get_if<net::Line>(&read);
    if (line == nullptr) {
        const auto& dropped = std::get<net::LineTooLong>(read);
        wire::Event rejection = receiver_.line_too_long(dropped.begin, dropped.end);
        co_await conclude(std::move(rejection));
        co_return std::nullopt;
    }
    wire::AppendEvent event = receiver_.append_line(line->text);
    if (auto* parts = std::get_if<wire::AppendParts>(&event)) co_return std::move(*parts);
    if (auto* rejected = std::get_if<wire::Rejected>(&event)) {
        co_await conclude(std::move(*rejected));
    } else if (const auto* skip = std::get_if<wire::SkipLiteral>(&event)) {
        co_await conclude(*skip);
    }
    co_return std::nullopt;
}

awaitable<void> CommandReader::refuse(wire::Condition condition, std::string_view text, std::string_view code) {
    if (!receiver_.in_command()) {
        answers_.answer(condition, text, code);
        co_return;
    }
    const auto status = condition == wire::Condition::bad ? wire::Rejected::Status::bad : wire::Rejected::Status::no;
    wire::Event event = receiver_.refuse(status, code, text);
    co_await conclude(std::move(event));
}

// Drops the literals still coming for a refused command, then answers it.
awaitable<void> CommandReader::conclude(wire::Event event) {
    while (const auto* skip = std::get_if<wire::SkipLiteral>(&event)) {
        co_await skip_octets(skip->octets);
        event = co_await read_line_event();
    }
    const auto& rejected = std::get<wire::Rejected>(event);
    const bool bad = rejected.status == wire::Rejected::Status::bad;
    const wire::Condition condition = bad ? wire::Condition::bad : wire::Condition::no;
    if (!rejected.fatal) {
        answers_.answer(condition, rejected.text, rejected.code);
        co_return;
    }
    answers_.report_no_changes();  // BYE is the last response, and the answer comes before it
    answers_.say().status(answers_.tag(), condition, rejected.code, rejected.text);
    answers_.end(services::EndReason::too_much_data, rejected.text);
}

void CommandReader::reject(const wire::Rejected& rejected) {
    const bool bad = rejected.status == wire::Rejected::Status::bad;
    answers_.say().status(rejected.tag, bad ? wire::Condition::bad : wire::Condition::no, rejected.code, rejected.text);
    log_.debug("rejected", {{"tag", rejected.tag}, {"text", rejected.text}});
    if (rejected.fatal) return answers_.end(services::EndReason::too_much_data, rejected.text);
    if (bad) count_bad();
}

void CommandReader::count_bad() {
    if (++bad_in_a_row_ < options_.bad_commands) return;
    answers_.end(services::EndReason::too_many_errors, "Too many commands that are none");
}

}  // namespace imap
