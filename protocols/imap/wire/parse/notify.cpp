// NOTIFY. RFC 5465 §8 (grammar), §5 and §6.1 (which events go together), §3.1 (its example has events without
// parentheses). An unknown event is not a syntax error: the session answers NO (§3.1).
#include <array>
#include <utility>

#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

// message-event = "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"] / ...;  event = message-event / ... / atom
bool event(Cursor& cursor, NotifyEvents& events) {
    struct Name {
        std::string_view name;
        bool NotifyEvents::* member;
    };
    constexpr std::array names = {Name{"MessageExpunge", &NotifyEvents::message_expunge},
                                  Name{"FlagChange", &NotifyEvents::flag_change},
                                  Name{"MailboxName", &NotifyEvents::mailbox_name},
                                  Name{"SubscriptionChange", &NotifyEvents::subscription_change},
                                  Name{"MailboxMetadataChange", &NotifyEvents::mailbox_metadata_change},
                                  Name{"ServerMetadataChange", &NotifyEvents::server_metadata_change}};
    if (cursor.accept_word("MessageNew")) {
        events.message_new = true;
        return fetch_atts(cursor, events.fetch_atts);
    }
    for (const Name& one : names) {
        if (!cursor.accept_word(one.name)) continue;
        events.*one.member = true;
        return true;
    }
    std::string unknown;
    events.unsupported = true;
    return cursor.atom(unknown);
}

// events = ("(" event *(SP event) ")") / "NONE"
bool events(Cursor& cursor, NotifyEvents& out) {
    if (cursor.accept_word("NONE")) return true;
    const bool in_parentheses = cursor.accept('(');
    std::size_t count = 0;
    do {
        if (count++ == cursor.limits().max_items) return cursor.fail("too many elements in a list");
        if (!event(cursor, out)) return false;
    } while (cursor.accept(' '));
    return !in_parentheses || cursor.expect(')');
}

bool is_for_selected(const NotifyGroup& group) {
    return group.mailboxes.kind == MailboxFilter::Kind::selected ||
           group.mailboxes.kind == MailboxFilter::Kind::selected_delayed;
}

// RFC 5465 §5, §6.1, §8.
bool goes_together(Cursor& cursor, const NotifyGroup& group) {
    if (group.mailboxes.kind == MailboxFilter::Kind::subtree_one) return cursor.fail("SUBTREE-ONE is for ESEARCH");
    const NotifyEvents& wanted = group.events;
    if (wanted.message_new != wanted.message_expunge) {
        return cursor.fail("MessageNew and MessageExpunge go together");
    }
    if (wanted.flag_change && !wanted.message_new) {
        return cursor.fail("FlagChange goes with MessageNew and MessageExpunge");
    }
    const bool beside_messages = wanted.mailbox_name || wanted.subscription_change || wanted.mailbox_metadata_change ||
                                 wanted.server_metadata_change;
    if (is_for_selected(group) && beside_messages) {
        return cursor.fail("only events of messages can be had of the selected mailbox");
    }
    if (!is_for_selected(group) && !wanted.fetch_atts.empty()) {
        return cursor.fail("messages can be fetched from the selected mailbox alone");
    }
    return true;
}

// event-group = "(" filter-mailboxes SP events ")"
bool group(Cursor& cursor, Notify& notify) {
    NotifyGroup one;
    if (!cursor.expect('(') || !mailbox_filter(cursor, one.mailboxes) || !cursor.sp() || !events(cursor, one.events) ||
        !cursor.expect(')') || !goes_together(cursor, one)) {
        return false;
    }
    for (const NotifyGroup& other : notify.groups) {
        if (is_for_selected(one) && is_for_selected(other)) return cursor.fail("the selected mailbox is given twice");
    }
    notify.groups.push_back(std::move(one));
    return true;
}

}  // namespace

// notify = "NOTIFY" SP (notify-set / notify-none);  notify-set = "SET" [SP "STATUS"] SP event-groups
bool parse_notify(Cursor& cursor, AnyCommand& out) {
    Notify notify;
    if (!cursor.sp()) return false;
    notify.none = cursor.accept_word("NONE");
    if (!notify.none) {
        if (!cursor.accept_word("SET")) return cursor.fail("expected SET or NONE");
        if (!cursor.sp()) return false;
        notify.status = cursor.accept_word("STATUS");
        if (notify.status && !cursor.sp()) return false;
        do {
            if (notify.groups.size() == cursor.limits().max_items) return cursor.fail("too many event groups");
            if (!group(cursor, notify)) return false;
        } while (cursor.accept(' '));
    }
    out = std::move(notify);
    return true;
}

}  // namespace imap::wire
