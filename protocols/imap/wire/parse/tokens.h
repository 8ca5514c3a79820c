// A cursor over one command's octets; its functions have the names of the grammar. RFC 9051 §9, RFC 3501 §9.
// parse/*.cpp uses it. Literals are in the input as on the wire, "{3}" CRLF and the octets.
//
// Each reading function returns whether it succeeded, and sets its argument only then; the first failure is kept
// (error()). accept_* and peek() do not fail: they look ahead, and accept_* takes what fits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/parsed.h"
#include "protocols/imap/wire/date_time.h"
#include "protocols/imap/wire/limits.h"
#include "protocols/imap/wire/sequence_set.h"

namespace imap::wire {

class Cursor {
  public:
    // Views input and limits: both must outlive this. utf8: mailbox names are UTF-8, not modified UTF-7.
    Cursor(std::string_view input, const ReceiverLimits& limits, bool utf8);

    // ---- errors

    // Keeps the first failure; returns false, so that a rule can `return cursor.fail("…")`. `what` is a text for the
    // client's user; if it starts with "expected", it ends the sentence "Expected …".
    bool fail(std::string_view what);
    const std::optional<base::SyntaxError>& error() const { return error_; }

    // The input ends in the announcement of a literal, whose octets are needed to continue.
    const std::optional<base::NeedLiteral>& need_literal() const { return need_literal_; }

    // ---- looking ahead

    char peek() const { return at_ < input_.size() ? input_[at_] : '\0'; }
    bool at_end() const { return at_ >= input_.size(); }
    bool accept(char c);
    // Takes a whole atom equal to keyword, ignoring case.
    bool accept_word(std::string_view keyword);
    // Takes prefix, in any case, whatever follows.
    bool accept_prefix(std::string_view prefix);

    // ---- the grammar

    bool expect(char c);
    bool sp();
    // Zero or more spaces: between and around list elements, where some clients are careless.
    void spaces();
    // The end of the input.
    bool end();

    bool tag(std::string& out);
    bool atom(std::string& out);     // 1*ATOM-CHAR
    bool word(std::string& out);     // an atom, in upper case
    bool astring(std::string& out);  // 1*ASTRING-CHAR / string
    bool string(std::string& out);   // quoted / literal
    bool nstring(std::optional<std::string>& out);
    bool nstring8(std::optional<std::string>& out);  // nstring / literal8: with NUL octets (RFC 3516 §4.4)
    bool quoted(std::string& out);
    bool literal(std::string& out);

    bool number(std::uint32_t& out);
    bool number64(std::uint64_t& out);  // 63 bits (RFC 9051 §9)
    bool nz_number(std::uint32_t& out);
    bool nz_number64(std::uint64_t& out);

    // Decoded to UTF-8, INBOX in upper case. A badly encoded name is not a syntax error, but becomes a name that no
    // mailbox has: it is not valid UTF-8.
    bool mailbox(std::string& out);
    // A mailbox or pattern, the same way; octets that no name can have are a syntax error.
    bool list_mailbox(std::string& out);
    bool sequence_set(SequenceSet& out);
    bool date(std::chrono::year_month_day& out);
    bool date_time(DateTime& out);

    // The announcement of a message's literal at the input's end (APPEND), without its octets.
    bool message_literal(base::NeedLiteral& out);

    // "(" [element *(SP element)] ")"; element(cursor) reads one; at most max_items.
    template <class Element>
    bool list(Element&& element);
    // The same with at least one element.
    template <class Element>
    bool nonempty_list(Element&& element);

    // Nesting, for rules that call themselves: enter() fails beyond max_depth.
    bool enter();
    void leave() { --depth_; }

    const ReceiverLimits& limits() const { return limits_; }

  private:
    template <class Predicate>
    std::string_view take_while(Predicate&& fits);
    bool digits(std::uint64_t& out, std::uint64_t most, bool zero_allowed);
    bool announcement(base::NeedLiteral& out);
    bool decode_name(std::string& name) const;

    std::string_view input_;
    const ReceiverLimits& limits_;
    bool utf8_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::optional<base::SyntaxError> error_;
    std::optional<base::NeedLiteral> need_literal_;
};

// The literal announcement at the end of a line, "{n}", "{n+}" or "~{n}"; nullopt if there is none. A number beyond 63
// bits counts as the largest one, so that limits refuse it.
std::optional<base::NeedLiteral> trailing_announcement(std::string_view line);

template <class Element>
bool Cursor::list(Element&& element) {
    if (!expect('(')) return false;
    spaces();
    for (std::size_t count = 0; !accept(')'); ++count) {
        if (at_end()) return fail("a list is not closed");
        if (count == limits_.max_items) return fail("too many elements in a list");
        if (!element(*this)) return false;
        if (peek() != ' ' && peek() != ')') return fail("expected a space or ')' in a list");
        spaces();
    }
    return true;
}

template <class Element>
bool Cursor::nonempty_list(Element&& element) {
    std::size_t count = 0;
    const auto counted = [&](Cursor& cursor) {
        ++count;
        return element(cursor);
    };
    return list(counted) && (count > 0 || fail("the list is empty"));
}

}  // namespace imap::wire
