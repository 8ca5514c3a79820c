// The grammar's terminals and small rules. RFC 9051 §9, §4 (data formats); RFC 7888 ("{n+}"), RFC 3516 ("~{n}").
#include "protocols/imap/wire/parse/tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/mutf7.h"

namespace imap::wire {
namespace {

constexpr std::uint64_t largest_63_bits = std::numeric_limits<std::int64_t>::max();

// Put before a badly encoded name: no mailbox can have such a name.
constexpr std::string_view no_utf8 = "\xff";

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

// atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials
bool is_atom_char(char c) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet <= 0x20 || octet >= 0x7f) return false;
    return std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
}
bool is_astring_char(char c) { return is_atom_char(c) || c == ']'; }
bool is_list_char(char c) { return is_astring_char(c) || c == '%' || c == '*'; }
bool is_tag_char(char c) { return is_astring_char(c) && c != '+'; }

}  // namespace

Cursor::Cursor(std::string_view input, const ReceiverLimits& limits, bool utf8)
    : input_(input), limits_(limits), utf8_(utf8) {}

bool Cursor::fail(std::string_view what) {
    if (!error_ && !need_literal_) error_ = base::SyntaxError{at_, std::string(what)};
    return false;
}

bool Cursor::accept(char c) {
    if (at_end() || input_[at_] != c) return false;
    ++at_;
    return true;
}

bool Cursor::accept_prefix(std::string_view prefix) {
    if (!base::istarts_with(input_.substr(at_), prefix)) return false;
    at_ += prefix.size();
    return true;
}

bool Cursor::accept_word(std::string_view keyword) {
    const std::string_view rest = input_.substr(at_);
    if (!base::istarts_with(rest, keyword)) return false;
    if (rest.size() > keyword.size() && is_atom_char(rest[keyword.size()])) return false;
    at_ += keyword.size();
    return true;
}

template <class Predicate>
std::string_view Cursor::take_while(Predicate&& fits) {
    const std::size_t start = at_;
    while (at_ < input_.size() && fits(input_[at_])) ++at_;
    return input_.substr(start, at_ - start);
}

bool Cursor::expect(char c) {
    if (accept(c)) return true;
    return fail(std::string("expected '") + c + "'");
}

bool Cursor::sp() {
    if (accept(' ')) return true;
    return fail(at_end() ? "an argument is missing" : "expected a space");
}

void Cursor::spaces() {
    while (accept(' ')) {
    }
}

bool Cursor::end() { return at_end() || fail("expected the end of the command"); }

bool Cursor::tag(std::string& out) {
    const std::string_view text = take_while(is_tag_char);
    if (text.empty()) return fail("expected a tag");
    out = text;
    return true;
}

bool Cursor::atom(std::string& out) {
    const std::string_view text = take_while(is_atom_char);
    if (text.empty()) return fail("expected an atom");
    out = text;
    return true;
}

bool Cursor::word(std::string& out) {
    const std::string_view text = take_while(is_atom_char);
    if (text.empty()) return fail("expected a word");
    out = base::upper(text);
    return true;
}

bool Cursor::astring(std::string& out) {
    if (peek() == '"' || peek() == '{') return string(out);
    const std::string_view text = take_while(is_astring_char);
    if (text.empty()) return fail("expected a string");
    out = text;
    return true;
}

bool Cursor::string(std::string& out) {
    if (peek() == '"') return quoted(out);
    if (peek() == '{') return literal(out);
    return fail("expected a quoted string or a literal");
}

bool Cursor::nstring(std::optional<std::string>& out) {
    if (accept_word("NIL")) {
        out.reset();
        return true;
    }
    return string(out.emplace());
}

bool Cursor::nstring8(std::optional<std::string>& out) {
    if (peek() == '~') return literal(out.emplace());
    return nstring(out);
}

// quoted = DQUOTE *QUOTED-CHAR DQUOTE. UTF-8 is accepted in every session, as in RFC 9051.
bool Cursor::quoted(std::string& out) {
    if (!expect('"')) return false;
    std::string text;
    for (;;) {
        text += take_while([](char c) { return c != '"' && c != '\\' && c != '\r' && c != '\n' && c != '\0'; });
        if (accept('"')) break;
        if (!accept('\\')) return fail("a quoted string is not closed");
        if (peek() != '"' && peek() != '\\') return fail("only '\"' and '\\' may follow '\\' in a quoted string");
        text += input_[at_++];
    }
    if (!base::is_utf8(text)) return fail("a quoted string holds octets that are not UTF-8");
    out = std::move(text);
    return true;
}

// literal = "{" number64 ["+"] "}" CRLF *CHAR8
bool Cursor::announcement(base::NeedLiteral& out) {
    out = {};
    out.binary = accept('~');
    if (!expect('{')) return false;
    const std::string_view text = take_while(base::is_digit);
    if (text.empty()) return fail("expected a literal's number of octets");
    const std::optional<std::uint64_t> octets = base::parse_number<std::uint64_t>(text);
    out.octets = std::min(octets.value_or(largest_63_bits), largest_63_bits);
    out.synchronizing = !accept('+');
    return expect('}');
}

bool Cursor::literal(std::string& out) {
    base::NeedLiteral announced;
    if (!announcement(announced)) return false;
    if (at_end()) {
        if (!error_) need_literal_ = announced;
        return false;
    }
    if (!accept_prefix("\r\n") || announced.octets > input_.size() - at_) return fail("a literal is cut short");
    const std::string_view octets = input_.substr(at_, static_cast<std::size_t>(announced.octets));
    if (!announced.binary && octets.find('\0') != std::string_view::npos) return fail("a literal holds a NUL octet");
    at_ += octets.size();
    out = octets;
    return true;
}

bool Cursor::message_literal(base::NeedLiteral& out) {
    if (peek() != '{' && peek() != '~') return fail("expected the message as a literal");
    return announcement(out) && (at_end() || fail("expected the end of the line behind the literal's announcement"));
}

bool Cursor::digits(std::uint64_t& out, std::uint64_t most, bool zero_allowed) {
    const std::size_t start = at_;
    const std::string_view text = take_while(base::is_digit);
    const std::optional<std::uint64_t> number = base::parse_number<std::uint64_t>(text);
    if (!number || *number > most || (!zero_allowed && text.front() == '0')) {
        at_ = start;
        return fail(text.empty()                           ? "expected a number"
                    : number == 0U                         ? "the number must not be zero"
                    : !zero_allowed && text.front() == '0' ? "a number starts with zero"
                                                           : "the number is too large");
    }
    out = *number;
    return true;
}

bool Cursor::number(std::uint32_t& out) {
    std::uint64_t value = 0;
    if (!digits(value, std::numeric_limits<std::uint32_t>::max(), true)) return false;
    out = static_cast<std::uint32_t>(value);
    return true;
}

bool Cursor::nz_number(std::uint32_t& out) {
    std::uint64_t value = 0;
    if (!digits(value, std::numeric_limits<std::uint32_t>::max(), false)) return false;
    out = static_cast<std::uint32_t>(value);
    return true;
}

bool Cursor::number64(std::uint64_t& out) { return digits(out, largest_63_bits, true); }

bool Cursor::nz_number64(std::uint64_t& out) { return digits(out, largest_63_bits, false); }

// mailbox = "INBOX" / astring. INBOX is case-insensitive, also as the first level of a longer name.
bool Cursor::mailbox(std::string& out) {
    constexpr std::string_view inbox = "INBOX";
    std::string name;
    if (!astring(name)) return false;
    if (!decode_name(name) && base::is_utf8(name)) name.insert(0, no_utf8);
    const bool is_inbox =
        base::istarts_with(name, inbox) && (name.size() == inbox.size() || name[inbox.size()] == hierarchy_separator);
    if (is_inbox) name.replace(0, inbox.size(), inbox);
    out = std::move(name);
    return true;
}

bool Cursor::list_mailbox(std::string& out) {
    std::string name;
    if (peek() == '"' || peek() == '{') {
        if (!string(name)) return false;
    } else {
        name = take_while(is_list_char);
        if (name.empty()) return fail("expected a mailbox name or pattern");
    }
    if (!decode_name(name)) {
        if (!std::ranges::all_of(name, is_printable)) return fail("the name is not well encoded (RFC 3501, 5.1.3)");
        name.insert(0, no_utf8);
    }
    out = std::move(name);
    return true;
}

// Converts the wire's encoding to UTF-8; false if it is invalid. Once UTF8=ACCEPT is enabled, "&" means "&" (CLIENTS.md
// 8).
bool Cursor::decode_name(std::string& name) const {
    if (utf8_) return base::is_utf8(name);
    std::optional<std::string> decoded = decode_mutf7(name);
    if (!decoded) return false;
    name = *std::move(decoded);
    return true;
}

bool Cursor::sequence_set(SequenceSet& out) {
    const std::size_t start = at_;
    const std::string_view text =
        take_while([](char c) { return base::is_digit(c) || c == ':' || c == ',' || c == '*' || c == '$'; });
    std::optional<SequenceSet> set = text.empty() ? std::nullopt : parse_sequence_set(text, limits_.max_ranges);
    if (!set) {
        at_ = start;
        const auto commas = static_cast<std::size_t>(std::ranges::count(text, ','));
        return fail(commas >= limits_.max_ranges ? "too many ranges in a set of numbers"
                                                 : "expected a set of numbers such as 1:3,5 or 7:*");
    }
    out = std::move(*set);
    return true;
}

// date = date-text / DQUOTE date-text DQUOTE
bool Cursor::date(std::chrono::year_month_day& out) {
    std::string text;
    if (!(peek() == '"' ? quoted(text) : atom(text))) return false;
    const std::optional<std::chrono::year_month_day> day = parse_date(text);
    if (!day) return fail("expected a date such as 1-Feb-1994");
    out = *day;
    return true;
}

bool Cursor::date_time(DateTime& out) {
    std::string text;
    if (!quoted(text)) return false;
    const std::optional<DateTime> moment = parse_date_time(text);
    if (!moment) return fail("expected a date and time such as \"17-Jul-1996 02:44:25 -0700\"");
    out = *moment;
    return true;
}

bool Cursor::enter() {
    if (depth_ == limits_.max_depth) return fail("nested too deeply");
    ++depth_;
    return true;
}

std::optional<base::NeedLiteral> trailing_announcement(std::string_view line) {
    if (!line.ends_with('}')) return std::nullopt;
    std::size_t at = line.size() - 1;
    const bool plus = at > 0 && line[at - 1] == '+';
    if (plus) --at;
    const std::size_t digits_end = at;
    while (at > 0 && base::is_digit(line[at - 1])) --at;
    if (at == digits_end || at == 0 || line[at - 1] != '{') return std::nullopt;
    const auto octets = base::parse_number<std::uint64_t>(line.substr(at, digits_end - at));
    base::NeedLiteral announced;
    announced.octets = std::min(octets.value_or(largest_63_bits), largest_63_bits);
    announced.synchronizing = !plus;
    announced.binary = at > 1 && line[at - 2] == '~';
    return announced;
}

}  // namespace imap::wire
