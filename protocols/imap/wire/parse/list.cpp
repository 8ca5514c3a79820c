// LIST and LSUB. RFC 3501 §6.3.8, RFC 5258 (selection and return options), RFC 5819 (STATUS), RFC 6154 (SPECIAL-USE),
// RFC 9590 (METADATA), RFC 8440 (MYRIGHTS).
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

// The name that patterns are relative to.
bool reference(Cursor& cursor, std::string& out) {
    return cursor.mailbox(out) && (base::is_utf8(out) || cursor.fail("the name is not well encoded (RFC 3501, 5.1.3)"));
}

// list-select-opt
bool selection_option(Cursor& cursor, List::Selection& select) {
    if (cursor.accept_word("SUBSCRIBED")) {
        select.subscribed = true;
    } else if (cursor.accept_word("REMOTE")) {
        select.remote = true;
    } else if (cursor.accept_word("RECURSIVEMATCH")) {
        select.recursive_match = true;
    } else if (cursor.accept_word("SPECIAL-USE")) {
        select.special_use = true;
    } else {
        return cursor.fail("unknown LIST selection option");
    }
    return true;
}

// return-option = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" / "STATUS" SP "(" status-att *(SP status-att) ")" /
//                 "METADATA" SP entries / "MYRIGHTS"
bool return_option(Cursor& cursor, List::Return& returns) {
    if (cursor.accept_word("SUBSCRIBED")) {
        returns.subscribed = true;
    } else if (cursor.accept_word("CHILDREN")) {
        returns.children = true;
    } else if (cursor.accept_word("SPECIAL-USE")) {
        returns.special_use = true;
    } else if (cursor.accept_word("MYRIGHTS")) {
        returns.my_rights = true;
    } else if (cursor.accept_word("STATUS")) {
        return cursor.sp() && cursor.nonempty_list([&](Cursor& at) { return status_item(at, returns.status); });
    } else if (cursor.accept_word("METADATA")) {
        return cursor.sp() && metadata_entries(cursor, returns.metadata);
    } else {
        return cursor.fail("unknown LIST return option");
    }
    return true;
}

// mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
bool patterns(Cursor& cursor, List& list) {
    const auto pattern = [&](Cursor& at) { return at.list_mailbox(list.patterns.emplace_back()); };
    if (cursor.peek() != '(') return pattern(cursor);
    list.extended = true;
    return cursor.nonempty_list(pattern);
}

// [SP "(" [list-select-opt *(SP list-select-opt)] ")"]. RECURSIVEMATCH needs a base option, and only SUBSCRIBED is one:
// REMOTE and SPECIAL-USE are independent options (RFC 5258 §6, RFC 6154 §6).
bool selection(Cursor& cursor, List& list) {
    if (cursor.peek() != '(') return true;
    list.extended = true;
    List::Selection& select = list.select;
    if (!cursor.list([&](Cursor& at) { return selection_option(at, select); })) return false;
    if (select.recursive_match && !select.subscribed) {
        return cursor.fail("RECURSIVEMATCH needs SUBSCRIBED beside it");
    }
    return cursor.sp();
}

}  // namespace

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP "RETURN" SP "(" [return-option ...] ")"]
bool parse_list(Cursor& cursor, AnyCommand& out) {
    List list;
    if (!cursor.sp() || !selection(cursor, list)) return false;
    if (!reference(cursor, list.reference) || !cursor.sp() || !patterns(cursor, list)) return false;
    if (cursor.accept_prefix(" RETURN")) {
        list.extended = true;
        if (!cursor.sp() || !cursor.list([&](Cursor& at) { return return_option(at, list.returns); })) return false;
    }
    out = std::move(list);
    return true;
}

// lsub = "LSUB" SP mailbox SP list-mailbox
bool parse_lsub(Cursor& cursor, AnyCommand& out) {
    Lsub lsub;
    if (!cursor.sp() || !reference(cursor, lsub.reference) || !cursor.sp() || !cursor.list_mailbox(lsub.pattern)) {
        return false;
    }
    out = std::move(lsub);
    return true;
}

// xlist = "XLIST" SP mailbox SP list-mailbox, as in the old LIST
bool parse_xlist(Cursor& cursor, AnyCommand& out) {
    List list;
    list.xlist = true;
    if (!cursor.sp() || !reference(cursor, list.reference) || !cursor.sp() ||
        !cursor.list_mailbox(list.patterns.emplace_back())) {
        return false;
    }
    out = std::move(list);
    return true;
}

}  // namespace imap::wire
