// APPEND up to a message's literal. RFC 9051 §6.3.12, RFC 3502 (several messages), RFC 6855 §4 (UTF8), RFC 3516 §4.4.
#include <utility>

#include "protocols/imap/wire/parsers.h"

namespace imap::wire {
namespace {

// append-data = literal / literal8 / "UTF8" SP "(" literal8 ")"
bool append_data(Cursor& cursor, AppendMessage& out) {
    if (cursor.accept_word("UTF8")) {
        out.utf8 = true;
        if (!cursor.sp() || !cursor.expect('(')) return false;
        if (cursor.peek() != '~') return cursor.fail("expected a literal8, ~{n}");
    }
    base::NeedLiteral announced;
    if (!cursor.message_literal(announced)) return false;
    out.octets = announced.octets;
    out.synchronizing = announced.synchronizing;
    out.binary = announced.binary;
    return true;
}

}  // namespace

// append-message = [SP flag-list] [SP date-time] SP append-data
bool append_message(Cursor& cursor, AppendMessage& out) {
    AppendMessage message;
    if (!cursor.sp()) return false;
    if (cursor.peek() == '(') {
        // Clients that copy messages send back what FETCH gave them, \Recent too.
        if (!cursor.list([&](Cursor& at) { return flag(at, message.flags, true); }) || !cursor.sp()) return false;
    }
    if (cursor.peek() == '"') {
        if (!cursor.date_time(message.date.emplace()) || !cursor.sp()) return false;
    }
    if (!append_data(cursor, message)) return false;
    out = std::move(message);
    return true;
}

// append = "APPEND" SP mailbox 1*append-message
bool parse_append(Cursor& cursor, AnyCommand& out) {
    Append append;
    if (!cursor.sp() || !cursor.mailbox(append.mailbox) || !append_message(cursor, append.first)) return false;
    out = std::move(append);
    return true;
}

}  // namespace imap::wire
