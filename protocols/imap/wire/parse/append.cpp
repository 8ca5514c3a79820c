// APPEND and REPLACE up to a literal. RFC 9051 §6.3.12, RFC 8508 §5, RFC 3502 (several messages), RFC 4469 (CATENATE),
// RFC 6855 §4 (UTF8), RFC 3516 §4.4 (literal8).
#include <utility>

#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

// literal / literal8 / "UTF8" SP "(" literal8 ")", up to the literal's octets.
bool message_octets(Cursor& cursor, AppendParts& out) {
    AppendLiteral literal;
    if (cursor.accept_word("UTF8")) {
        literal.utf8 = true;
        if (!cursor.sp() || !cursor.expect('(')) return false;
        if (cursor.peek() != '~') return cursor.fail("expected a literal8, ~{n}");
    }
    base::NeedLiteral announced;
    if (!cursor.message_literal(announced)) return false;
    literal.octets = announced.octets;
    literal.synchronizing = announced.synchronizing;
    literal.binary = announced.binary;
    out.parts.emplace_back(literal);
    return true;
}

// url = "URL" SP astring, after its "URL"
bool url(Cursor& cursor, AppendParts& out) {
    if (!cursor.sp()) return false;
    if (cursor.peek() != '{') {
        AppendUrl part;
        if (!cursor.astring(part.url)) return false;
        out.parts.emplace_back(std::move(part));
        return true;
    }
    base::NeedLiteral announced;
    if (!cursor.message_literal(announced)) return false;
    out.parts.emplace_back(
        AppendLiteral{.octets = announced.octets, .synchronizing = announced.synchronizing, .is_url = true});
    return true;
}

// cat-part = "TEXT" SP literal / url / utf8-literal
bool cat_part(Cursor& cursor, AppendParts& out) {
    if (cursor.accept_word("URL")) return url(cursor, out);
    if (cursor.accept_word("TEXT")) return cursor.sp() && message_octets(cursor, out);
    if (cursor.peek() == 'U' || cursor.peek() == 'u') return message_octets(cursor, out);
    return cursor.fail("expected TEXT, URL or UTF8");
}

// append-message = [SP flag-list] [SP date-time] SP append-data, CATENATE's list up to its first part
bool append_message(Cursor& cursor, AppendParts& out) {
    AppendMessage message;
    if (!cursor.sp()) return false;
    if (cursor.peek() == '(') {
        // Clients that copy messages send back all flags that FETCH gave them, also \Recent.
        if (!cursor.list([&](Cursor& at) { return flag(at, message.flags, true); }) || !cursor.sp()) return false;
    }
    if (cursor.peek() == '"') {
        if (!cursor.date_time(message.date.emplace()) || !cursor.sp()) return false;
    }
    message.catenate = cursor.accept_word("CATENATE");
    const bool catenate = message.catenate;
    out.parts.emplace_back(std::move(message));
    if (!catenate) return message_octets(cursor, out);
    return cursor.sp() && cursor.expect('(') && cat_part(cursor, out);
}

bool ends_in_literal(const AppendParts& parts) {
    return !parts.parts.empty() && std::holds_alternative<AppendLiteral>(parts.parts.back());
}

}  // namespace

// *(SP cat-part) ")" where a list is open, then *append-message
bool append_parts(Cursor& cursor, AppendProgress progress, AppendParts& out) {
    if (progress.in_utf8 && !cursor.accept(')')) return cursor.fail("expected ')' behind the UTF8 literal");
    while (!ends_in_literal(out)) {
        if (progress.in_list && !cursor.accept(')')) {
            if (cursor.at_end()) return cursor.fail("a list is not closed");
            if (!cursor.sp() || !cat_part(cursor, out)) return false;
        } else if (cursor.at_end()) {
            out.complete = true;
            return true;
        } else if (progress.messages == 0) {
            return cursor.fail("expected the end of the command: it takes one message");
        } else {
            --progress.messages;
            if (!append_message(cursor, out)) return false;
            progress.in_list = true;  // only a CATENATE goes on without a literal
        }
    }
    return true;
}

namespace {

// replace = "REPLACE" SP seq-number SP mailbox append-message
bool replace_command(Cursor& cursor, AnyCommand& out, bool uid) {
    Replace replace{.uid = uid, .message = {}, .mailbox = {}, .first = {}};
    if (!cursor.sp() || !cursor.sequence_set(replace.message)) return false;
    const std::vector<NumberRange>& ranges = replace.message.ranges;
    const bool one = ranges.size() == 1 && ranges[0].first == ranges[0].last;
    if (!one) return cursor.fail("expected the number of one message");
    if (!cursor.sp() || !cursor.mailbox(replace.mailbox)) return false;
    if (cursor.at_end()) return cursor.fail("an argument is missing");
    if (!append_parts(cursor, {.messages = 1}, replace.first)) return false;
    out = std::move(replace);
    return true;
}

}  // namespace

// append = "APPEND" SP mailbox 1*append-message
bool parse_append(Cursor& cursor, AnyCommand& out) {
    Append append;
    if (!cursor.sp() || !cursor.mailbox(append.mailbox)) return false;
    if (cursor.at_end()) return cursor.fail("an argument is missing");
    if (!append_parts(cursor, {}, append.first)) return false;
    out = std::move(append);
    return true;
}

bool parse_replace(Cursor& cursor, AnyCommand& out) { return replace_command(cursor, out, false); }
bool parse_uid_replace(Cursor& cursor, AnyCommand& out) { return replace_command(cursor, out, true); }

}  // namespace imap::wire
