// SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS. RFC 4314 §3, §7.
// Unknown rights are answered BAD (§3.1), never ignored.
#include <utility>

#include "protocols/imap/wire/parse/parsers.h"
#include "protocols/imap/wire/rights.h"

namespace imap::wire {
namespace {

bool mailbox_argument(Cursor& cursor, std::string& mailbox) { return cursor.sp() && cursor.mailbox(mailbox); }

bool identifier_argument(Cursor& cursor, std::string& identifier) {
    if (!cursor.sp() || !cursor.astring(identifier)) return false;
    return !identifier.empty() || cursor.fail("an identifier is empty");
}

template <class T>
bool mailbox_and_identifier(Cursor& cursor, AnyCommand& out) {
    T command;
    if (!mailbox_argument(cursor, command.mailbox) || !identifier_argument(cursor, command.identifier)) return false;
    out = std::move(command);
    return true;
}

// mod-rights = astring ;; +rights to add, -rights to remove, rights to replace
bool mod_rights(Cursor& cursor, SetAcl& set) {
    std::string text;
    if (!cursor.astring(text)) return false;
    std::string_view letters = text;
    if (letters.starts_with('+') || letters.starts_with('-')) {
        set.mode = letters.front() == '+' ? SetAcl::Mode::add : SetAcl::Mode::remove;
        letters.remove_prefix(1);
    }
    for (const char letter : letters) {
        const std::uint16_t meant = rights_of_letter(letter);
        if (meant == 0) return cursor.fail("rights are some of lrswipkxteacd, in lower case");
        set.rights |= meant;
    }
    return true;
}

}  // namespace

// setacl = "SETACL" SP mailbox SP identifier SP mod-rights
bool parse_setacl(Cursor& cursor, AnyCommand& out) {
    SetAcl set;
    if (!mailbox_argument(cursor, set.mailbox) || !identifier_argument(cursor, set.identifier)) return false;
    if (!cursor.sp() || !mod_rights(cursor, set)) return false;
    out = std::move(set);
    return true;
}

// deleteacl = "DELETEACL" SP mailbox SP identifier;  listrights = "LISTRIGHTS" SP mailbox SP identifier
bool parse_deleteacl(Cursor& cursor, AnyCommand& out) { return mailbox_and_identifier<DeleteAcl>(cursor, out); }
bool parse_listrights(Cursor& cursor, AnyCommand& out) { return mailbox_and_identifier<ListRights>(cursor, out); }

// getacl = "GETACL" SP mailbox;  myrights = "MYRIGHTS" SP mailbox
bool parse_getacl(Cursor& cursor, AnyCommand& out) { return parse_mailbox_only<GetAcl>(cursor, out); }
bool parse_myrights(Cursor& cursor, AnyCommand& out) { return parse_mailbox_only<MyRights>(cursor, out); }

}  // namespace imap::wire
