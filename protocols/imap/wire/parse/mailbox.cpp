// Commands about one mailbox. RFC 9051 §6.3; SELECT's parameters: RFC 7162 §3.1.8, §3.2.5; CREATE's USE: RFC 6154.
#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

// known-uids = sequence-set, without "*"
bool known_set(Cursor& cursor, SequenceSet& set) {
    if (!cursor.sequence_set(set)) return false;
    return (!set.has_star() && !set.saved_result) || cursor.fail("expected numbers without '*' or '$'");
}

bool is_ascending(const SequenceSet& set) {
    std::uint32_t last = 0;
    for (const NumberRange& range : set.ranges) {
        if (range.first <= last || range.last < range.first) return false;
        last = range.last;
    }
    return true;
}

std::uint64_t count_of(const SequenceSet& set) {
    std::uint64_t count = 0;
    for (const NumberRange& range : set.ranges) count += std::uint64_t{range.last} - range.first + 1;
    return count;
}

// "(" known-sequence-set SP known-uid-set ")": pairs, both in ascending order (RFC 7162 §3.2.5.2)
bool sequence_match(Cursor& cursor, QuickResync& resync) {
    auto& [numbers, uids] = resync.match.emplace();
    if (!cursor.expect('(') || !known_set(cursor, numbers) || !cursor.sp() || !known_set(cursor, uids)) return false;
    if (!is_ascending(numbers) || !is_ascending(uids)) return cursor.fail("match data is not in ascending order");
    if (count_of(numbers) != count_of(uids)) return cursor.fail("match data has not as many UIDs as numbers");
    return cursor.expect(')');
}

// "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
bool quick_resync(Cursor& cursor, QuickResync& resync) {
    if (!cursor.expect('(') || !cursor.nz_number(resync.uid_validity) || !cursor.sp()) return false;
    if (!cursor.number64(resync.mod_seq)) return false;
    while (cursor.accept(' ')) {
        const bool good = cursor.peek() == '('
                              ? !resync.match && sequence_match(cursor, resync)
                              : !resync.match && !resync.known_uids && known_set(cursor, resync.known_uids.emplace());
        if (!good) return cursor.fail("QRESYNC has parameters that are not understood");
    }
    return cursor.expect(')');
}

bool select_parameter(Cursor& cursor, Select& select) {
    if (cursor.accept_word("CONDSTORE")) {
        select.condstore = true;
        return true;
    }
    if (cursor.accept_word("QRESYNC")) {
        if (select.qresync) return cursor.fail("QRESYNC is given twice");
        return cursor.sp() && quick_resync(cursor, select.qresync.emplace());
    }
    return cursor.fail("expected CONDSTORE or QRESYNC");
}

// select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]
bool select_or_examine(Cursor& cursor, AnyCommand& out, bool read_only) {
    Select select;
    select.read_only = read_only;
    if (!cursor.sp() || !cursor.mailbox(select.mailbox)) return false;
    if (cursor.accept(' ') && !cursor.list([&](Cursor& at) { return select_parameter(at, select); })) {
        return false;
    }
    out = std::move(select);
    return true;
}

// use-attr in any case, kept in the registered spelling (RFC 6154 §2).
bool special_use(Cursor& cursor, std::vector<std::string>& uses) {
    constexpr std::array<std::string_view, 8> known = {"\\All",  "\\Archive", "\\Drafts", "\\Flagged",
                                                       "\\Junk", "\\Sent",    "\\Trash",  "\\Important"};
    std::string name;
    if (!cursor.expect('\\') || !cursor.atom(name)) return false;
    name.insert(0, 1, '\\');
    const auto* const spelt =
        std::ranges::find_if(known, [&](std::string_view use) { return base::iequals(use, name); });
    if (spelt != known.end()) name = *spelt;
    if (std::ranges::find(uses, name) == uses.end()) uses.push_back(std::move(name));
    return true;
}

}  // namespace

bool parse_select(Cursor& cursor, AnyCommand& out) { return select_or_examine(cursor, out, false); }
bool parse_examine(Cursor& cursor, AnyCommand& out) { return select_or_examine(cursor, out, true); }
bool parse_delete(Cursor& cursor, AnyCommand& out) { return parse_mailbox_only<Delete>(cursor, out); }
bool parse_subscribe(Cursor& cursor, AnyCommand& out) { return parse_mailbox_only<Subscribe>(cursor, out); }
bool parse_unsubscribe(Cursor& cursor, AnyCommand& out) { return parse_mailbox_only<Unsubscribe>(cursor, out); }

// create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]
bool parse_create(Cursor& cursor, AnyCommand& out) {
    Create create;
    if (!cursor.sp() || !cursor.mailbox(create.mailbox)) return false;
    const auto parameter = [&](Cursor& at) {
        if (!at.accept_word("USE")) return at.fail("expected USE");
        return at.sp() && at.list([&](Cursor& in) { return special_use(in, create.special_use); });
    };
    if (cursor.accept(' ') && !cursor.list(parameter)) return false;
    if (create.mailbox.size() > 1 && create.mailbox.back() == hierarchy_separator) {
        create.mailbox.pop_back();
        create.only_names_to_come = true;
    }
    out = std::move(create);
    return true;
}

// rename = "RENAME" SP mailbox SP mailbox
bool parse_rename(Cursor& cursor, AnyCommand& out) {
    Rename rename;
    if (!cursor.sp() || !cursor.mailbox(rename.from) || !cursor.sp() || !cursor.mailbox(rename.to)) return false;
    out = std::move(rename);
    return true;
}

// status-att = "MESSAGES" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" / "DELETED" / "SIZE" / "RECENT" / "HIGHESTMODSEQ" /
//              "DELETED-STORAGE" / "MAILBOXID" / "APPENDLIMIT"
bool status_item(Cursor& cursor, std::vector<StatusItem>& items) {
    constexpr std::array<std::pair<std::string_view, StatusItem>, 11> known = {{
        {"MESSAGES", StatusItem::messages},
        {"RECENT", StatusItem::recent},
        {"UIDNEXT", StatusItem::uid_next},
        {"UIDVALIDITY", StatusItem::uid_validity},
        {"UNSEEN", StatusItem::unseen},
        {"DELETED", StatusItem::deleted},
        {"SIZE", StatusItem::size},
        {"HIGHESTMODSEQ", StatusItem::highest_mod_seq},
        {"DELETED-STORAGE", StatusItem::deleted_storage},
        {"MAILBOXID", StatusItem::mailbox_id},
        {"APPENDLIMIT", StatusItem::append_limit},
    }};
    for (const auto& [name, item] : known) {
        if (!cursor.accept_word(name)) continue;
        if (std::ranges::find(items, item) == items.end()) items.push_back(item);
        return true;
    }
    return cursor.fail("expected a STATUS item such as MESSAGES or UIDNEXT");
}

// filter-mailboxes = "selected" / "selected-delayed" / "inboxes" / "personal" / "subscribed" /
//                    ("subtree" / "subtree-one" / "mailboxes") SP one-or-more-mailbox
// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
bool mailbox_filter(Cursor& cursor, MailboxFilter& out) {
    using Kind = MailboxFilter::Kind;
    constexpr std::array<std::pair<std::string_view, Kind>, 8> known = {{{"selected", Kind::selected},
                                                                         {"selected-delayed", Kind::selected_delayed},
                                                                         {"inboxes", Kind::inboxes},
                                                                         {"personal", Kind::personal},
                                                                         {"subscribed", Kind::subscribed},
                                                                         {"subtree", Kind::subtree},
                                                                         {"subtree-one", Kind::subtree_one},
                                                                         {"mailboxes", Kind::named}}};
    for (const auto& [name, kind] : known) {
        if (!cursor.accept_word(name)) continue;
        out.kind = kind;
        if (kind != Kind::subtree && kind != Kind::subtree_one && kind != Kind::named) return true;
        if (!cursor.sp()) return false;
        const auto mailbox = [&](Cursor& at) { return at.mailbox(out.names.emplace_back()); };
        return cursor.peek() == '(' ? cursor.nonempty_list(mailbox) : mailbox(cursor);
    }
    return cursor.fail("expected which mailboxes, such as SELECTED or PERSONAL");
}

// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
bool parse_status(Cursor& cursor, AnyCommand& out) {
    Status status;
    if (!cursor.sp() || !cursor.mailbox(status.mailbox) || !cursor.sp()) return false;
    if (!cursor.nonempty_list([&](Cursor& at) { return status_item(at, status.items); })) return false;
    out = std::move(status);
    return true;
}

}  // namespace imap::wire
