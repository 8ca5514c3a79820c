// Gathers commands, and checks every literal before it is read. RFC 9051 §4.3, RFC 7888 §4.
#include "protocols/imap/wire/parse/receiver.h"

#include <algorithm>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/base/text.h"
#include "protocols/imap/wire/any_command.h"
#include "protocols/imap/wire/parse/command.h"
#include "protocols/imap/wire/parse/tokens.h"

namespace imap::wire {
namespace {

// An invalid command is refused before its literal is read, and an APPEND's message is handed out, which is its second
// literal at most. That check parses the whole command so far: so a command is parsed three times, whatever its size.
constexpr std::size_t checked_literals = 2;

// Trailing spaces are harmless, and some clients send them; but a literal's announcement must end its line.
std::string_view without_trailing_spaces(std::string_view line) {
    std::string_view trimmed = line;
    while (trimmed.ends_with(' ')) trimmed.remove_suffix(1);
    return trailing_announcement(trimmed) ? line : trimmed;
}

Rejected too_long(std::string_view what) {
    Rejected verdict;
    verdict.status = Rejected::Status::no;
    verdict.code = "LIMIT";
    verdict.text = what;
    return verdict;
}

}  // namespace

Receiver::Receiver(const ReceiverLimits& limits) : limits_(limits) {}

void Receiver::set_limits(const ReceiverLimits& limits) { limits_ = limits; }

void Receiver::set_utf8(bool utf8) { utf8_ = utf8; }

bool Receiver::in_command() const { return state_ != State::idle; }

void Receiver::reset() {
    state_ = State::idle;
    std::string().swap(buffer_);
    literals_ = 0;
    skipped_ = 0;
    tag_.clear();
    append_ = {};
}

Event Receiver::line(std::string_view line) {
    base::expects(state_ != State::appending, "append_line() is what takes the line behind an APPEND's message");
    if (state_ == State::skipping) return skip_on(line);
    if (state_ == State::idle) tag_ = recover_tag(line);
    const std::optional<NeedLiteral> announced = trailing_announcement(line);
    if (!announced) line = without_trailing_spaces(line);
    if (line.size() > limits_.max_command - std::min(buffer_.size(), limits_.max_command)) {
        return give_up(too_long("The command is too long."), announced);
    }
    buffer_ += line;
    if (announced) return literal_announced(*announced);
    return finish();
}

Event Receiver::line_too_long(std::string_view begin, std::string_view end) {
    if (state_ == State::skipping) return skip_on(end);
    if (state_ == State::idle) tag_ = recover_tag(begin);
    Rejected verdict;
    verdict.text = "The line is too long.";
    return give_up(std::move(verdict), trailing_announcement(end));
}

void Receiver::literal(std::string_view octets) {
    base::expects(state_ == State::gathering && octets.size() == pending_.octets, "this literal was not asked for");
    buffer_ += "\r\n";
    buffer_ += octets;
}

// The command so far ends in {n}: is it valid, and is the literal a string to gather or an APPEND's message?
Event Receiver::literal_announced(const NeedLiteral& announced) {
    if (literals_ >= checked_literals) return gather(announced);
    base::Parsed<Command> parsed = parse_command(buffer_, limits_, utf8_);
    if (auto* const command = std::get_if<Command>(&parsed)) return start_append(std::move(*command), announced);
    if (const auto* const error = std::get_if<base::SyntaxError>(&parsed)) return give_up(rejected(*error), announced);
    return gather(announced);
}

Event Receiver::gather(const NeedLiteral& announced) {
    if (announced.octets > limits_.max_literal || announced.octets + 2 > limits_.max_command - buffer_.size()) {
        return give_up(too_long("The literal is too long."), announced);
    }
    if (literals_ == limits_.max_literals) return give_up(too_long("Too many literals in one command."), announced);
    ++literals_;
    state_ = State::gathering;
    pending_ = announced;
    return announced;
}

Event Receiver::finish() {
    base::Parsed<Command> parsed = parse_command(buffer_, limits_, utf8_);
    if (auto* const command = std::get_if<Command>(&parsed)) {
        Event event = std::move(*command);
        reset();
        return event;
    }
    const auto* const error = std::get_if<base::SyntaxError>(&parsed);
    base::expects(error != nullptr, "a command without an announced literal needs none");
    return give_up(rejected(*error), std::nullopt);
}

// Only APPEND and REPLACE are passed on when a literal is announced.
Event Receiver::start_append(Command command, const NeedLiteral& announced) {
    const AppendParts* const parts = brought_by(command.body);
    base::expects(parts != nullptr, "no other command hands its literals out");
    if (!take_note(*parts)) return give_up(too_long("The URL is too long."), announced);
    if (std::holds_alternative<Replace>(command.body)) append_.messages = 0;
    std::string tag = std::move(tag_);
    const AppendProgress before = append_;
    reset();
    tag_ = std::move(tag);
    append_ = before;
    state_ = State::appending;
    return command;
}

// Records the state of the APPEND after these parts. False if they announce a literal with a too long URL.
bool Receiver::take_note(const AppendParts& parts) {
    for (const AppendPart& part : parts.parts) {
        if (const auto* const message = std::get_if<AppendMessage>(&part)) append_.in_list = message->catenate;
    }
    append_.in_utf8 = false;
    if (parts.complete) return true;
    const auto& literal = std::get<AppendLiteral>(parts.parts.back());
    append_.in_utf8 = literal.utf8;
    pending_ = {literal.octets, literal.synchronizing, literal.binary};
    return !literal.is_url || literal.octets <= limits_.max_literal;
}

AppendEvent Receiver::append_line(std::string_view line) {
    base::expects(state_ == State::appending, "no APPEND is under way");
    const auto rejection = [&](Rejected verdict) -> AppendEvent {
        Event event = give_up(std::move(verdict), trailing_announcement(line));
        if (const auto* const skip = std::get_if<SkipLiteral>(&event)) return *skip;
        return std::get<Rejected>(std::move(event));
    };
    base::Parsed<AppendParts> parsed = parse_append_parts(without_trailing_spaces(line), append_, limits_);
    if (const auto* const error = std::get_if<base::SyntaxError>(&parsed)) return rejection(rejected(*error));
    auto* const parts = std::get_if<AppendParts>(&parsed);
    base::expects(parts != nullptr, "what an APPEND brings is not gathered");
    if (!take_note(*parts)) return rejection(too_long("The URL is too long."));
    if (parts->complete) reset();
    return std::move(*parts);
}

Event Receiver::refuse(Rejected::Status status, std::string_view code, std::string_view text) {
    base::expects(state_ == State::gathering || state_ == State::appending, "no literal is awaited");
    Rejected verdict;
    verdict.status = status;
    verdict.code = code;
    verdict.text = text;
    return give_up(std::move(verdict), pending_);
}

// The rest of a rejected command is dropped: octets of a literal must never be read as commands.
Event Receiver::give_up(Rejected verdict, const std::optional<NeedLiteral>& on_its_way) {
    verdict.tag = tag_.empty() ? "*" : tag_;
    const std::uint64_t skipped = skipped_;
    reset();
    if (!on_its_way || on_its_way->synchronizing) return verdict;
    if (on_its_way->octets > limits_.max_skip - std::min(skipped, limits_.max_skip)) {
        verdict.fatal = true;
        return verdict;
    }
    tag_ = verdict.tag;
    skipped_ = skipped + on_its_way->octets;
    state_ = State::skipping;
    verdict_ = std::move(verdict);
    return SkipLiteral{on_its_way->octets};
}

Event Receiver::skip_on(std::string_view line) {
    Rejected verdict = std::move(verdict_);
    return give_up(std::move(verdict), trailing_announcement(line));
}

Rejected Receiver::rejected(const base::SyntaxError& error) const {
    Rejected verdict;
    verdict.text = error.what;
    if (!verdict.text.empty()) verdict.text[0] = base::to_upper(verdict.text[0]);
    verdict.text += " (at octet " + std::to_string(error.offset + 1) + ").";
    return verdict;
}

}  // namespace imap::wire
