// The commands' parsers, for the table in rules.cpp. Each reads what follows the command's name (with its leading
// space) and leaves the cursor after that.
#pragma once

#include <utility>

#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/parse/tokens.h"

namespace imap::wire {

// For commands without arguments.
template <class T>
bool parse_nothing(Cursor&, AnyCommand& out) {
    out = T{};
    return true;
}

// For commands with a mailbox as their only argument.
template <class T>
bool parse_mailbox_only(Cursor& cursor, AnyCommand& out) {
    T command;
    if (!cursor.sp() || !cursor.mailbox(command.mailbox)) return false;
    out = std::move(command);
    return true;
}

// parse/session.cpp
bool parse_id(Cursor& cursor, AnyCommand& out);
bool parse_authenticate(Cursor& cursor, AnyCommand& out);
bool parse_login(Cursor& cursor, AnyCommand& out);
bool parse_enable(Cursor& cursor, AnyCommand& out);
bool parse_compress(Cursor& cursor, AnyCommand& out);

// parse/mailbox.cpp
bool parse_select(Cursor& cursor, AnyCommand& out);
bool parse_examine(Cursor& cursor, AnyCommand& out);
bool parse_create(Cursor& cursor, AnyCommand& out);
bool parse_delete(Cursor& cursor, AnyCommand& out);
bool parse_rename(Cursor& cursor, AnyCommand& out);
bool parse_subscribe(Cursor& cursor, AnyCommand& out);
bool parse_unsubscribe(Cursor& cursor, AnyCommand& out);
bool parse_status(Cursor& cursor, AnyCommand& out);

// parse/list.cpp
bool parse_list(Cursor& cursor, AnyCommand& out);
bool parse_xlist(Cursor& cursor, AnyCommand& out);
bool parse_lsub(Cursor& cursor, AnyCommand& out);

// parse/quota.cpp
bool parse_getquota(Cursor& cursor, AnyCommand& out);
bool parse_getquotaroot(Cursor& cursor, AnyCommand& out);
bool parse_setquota(Cursor& cursor, AnyCommand& out);

// parse/metadata.cpp
bool parse_getmetadata(Cursor& cursor, AnyCommand& out);
bool parse_setmetadata(Cursor& cursor, AnyCommand& out);

// parse/acl.cpp
bool parse_setacl(Cursor& cursor, AnyCommand& out);
bool parse_deleteacl(Cursor& cursor, AnyCommand& out);
bool parse_getacl(Cursor& cursor, AnyCommand& out);
bool parse_listrights(Cursor& cursor, AnyCommand& out);
bool parse_myrights(Cursor& cursor, AnyCommand& out);

// parse/append.cpp
bool parse_append(Cursor& cursor, AnyCommand& out);
bool parse_replace(Cursor& cursor, AnyCommand& out);
bool parse_uid_replace(Cursor& cursor, AnyCommand& out);

// parse/message.cpp
bool parse_uid_expunge(Cursor& cursor, AnyCommand& out);
bool parse_uid_batches(Cursor& cursor, AnyCommand& out);
bool parse_store(Cursor& cursor, AnyCommand& out);
bool parse_uid_store(Cursor& cursor, AnyCommand& out);
bool parse_copy(Cursor& cursor, AnyCommand& out);
bool parse_uid_copy(Cursor& cursor, AnyCommand& out);
bool parse_move(Cursor& cursor, AnyCommand& out);
bool parse_uid_move(Cursor& cursor, AnyCommand& out);

// parse/search.cpp
bool parse_search(Cursor& cursor, AnyCommand& out);
bool parse_uid_search(Cursor& cursor, AnyCommand& out);
bool parse_esearch(Cursor& cursor, AnyCommand& out);
bool parse_cancel_update(Cursor& cursor, AnyCommand& out);

// parse/sort.cpp
bool parse_sort(Cursor& cursor, AnyCommand& out);
bool parse_uid_sort(Cursor& cursor, AnyCommand& out);
bool parse_thread(Cursor& cursor, AnyCommand& out);
bool parse_uid_thread(Cursor& cursor, AnyCommand& out);

// parse/notify.cpp
bool parse_notify(Cursor& cursor, AnyCommand& out);

// parse/fetch.cpp
bool parse_fetch(Cursor& cursor, AnyCommand& out);
bool parse_uid_fetch(Cursor& cursor, AnyCommand& out);

// ---- rules that several commands share

// status-att, added to items unless already there. parse/mailbox.cpp.
bool status_item(Cursor& cursor, std::vector<StatusItem>& items);

// filter-mailboxes of RFC 5465 §8, RFC 7377 §4: all kinds of either. parse/mailbox.cpp.
bool mailbox_filter(Cursor& cursor, MailboxFilter& out);

// entry, and entries, of RFC 5464 §5: one, or several in parentheses. parse/metadata.cpp.
bool metadata_entry(Cursor& cursor, std::string& out);
bool metadata_entries(Cursor& cursor, std::vector<std::string>& entries);

// flag, added to flags unless already there. \Recent is ignored if ignore_recent, else refused. parse/message.cpp.
bool flag(Cursor& cursor, FlagList& flags, bool ignore_recent);

// What an APPEND brings from `progress` on, up to the next literal or the end. parse/append.cpp.
bool append_parts(Cursor& cursor, AppendProgress progress, AppendParts& out);

// section-spec of BODY[...] and the "]" after it. parse/fetch.cpp.
bool section(Cursor& cursor, Section& out);

// [search-return-opts SP] of SEARCH and related commands. parse/search.cpp.
bool search_returns(Cursor& cursor, Search& search);
// search-key *(SP search-key), up to the end of the command. parse/search.cpp.
bool search_keys(Cursor& cursor, Search& search);
// search-criteria of RFC 5256: charset 1*(SP search-key). parse/search.cpp.
bool search_criteria(Cursor& cursor, Search& search);

// [SP "(" fetch-att *(SP fetch-att) ")"], each added to items unless already there. parse/fetch.cpp.
bool fetch_atts(Cursor& cursor, std::vector<FetchItem>& items);

// partial-range of RFC 9394. parse/search.cpp.
bool partial_range(Cursor& cursor, PartialRange& out);

// Skips entry-type-req and entry-name, then reads a mod-sequence. parse/search.cpp.
bool mod_sequence(Cursor& cursor, std::uint64_t& out);

}  // namespace imap::wire
