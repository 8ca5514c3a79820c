// STORE, COPY, MOVE, UID EXPUNGE, UIDBATCHES. RFC 9051 §6.4; UNCHANGEDSINCE: RFC 7162 §3.1.3; UIDBATCHES: RFC 10022.
#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

// copy = "COPY" SP sequence-set SP mailbox;  move likewise
template <class T>
bool set_and_mailbox(Cursor& cursor, AnyCommand& out, bool uid) {
    T command;
    command.uid = uid;
    if (!cursor.sp() || !cursor.sequence_set(command.messages) || !cursor.sp()) return false;
    if (!cursor.mailbox(command.mailbox)) return false;
    out = std::move(command);
    return true;
}

// store-modifier = "UNCHANGEDSINCE" SP mod-sequence-valzer
bool store_modifier(Cursor& cursor, Store& store) {
    if (!cursor.accept_word("UNCHANGEDSINCE")) return cursor.fail("expected UNCHANGEDSINCE");
    if (store.unchanged_since) return cursor.fail("UNCHANGEDSINCE is given twice");
    return cursor.sp() && cursor.number64(store.unchanged_since.emplace());
}

// (["+" / "-"] "FLAGS" [".SILENT"])
bool store_item(Cursor& cursor, Store& store) {
    if (cursor.accept('+')) {
        store.mode = Store::Mode::add;
    } else if (cursor.accept('-')) {
        store.mode = Store::Mode::remove;
    }
    if (cursor.accept_word("FLAGS")) return true;
    if (!cursor.accept_word("FLAGS.SILENT")) return cursor.fail("expected FLAGS, +FLAGS or -FLAGS");
    store.silent = true;
    return true;
}

// flag-list / (flag *(SP flag))
bool store_flags(Cursor& cursor, FlagList& flags) {
    const auto one = [&](Cursor& at) { return flag(at, flags, false); };
    if (cursor.peek() == '(') return cursor.list(one);
    for (std::size_t count = 0; count < cursor.limits().max_items; ++count) {
        if (!one(cursor)) return false;
        if (cursor.peek() != ' ') return true;
        cursor.spaces();
    }
    return cursor.fail("too many flags");
}

// store = "STORE" SP sequence-set [SP "(" store-modifier *(SP store-modifier) ")"] SP store-att-flags
bool store_command(Cursor& cursor, AnyCommand& out, bool uid) {
    Store store;
    store.uid = uid;
    if (!cursor.sp() || !cursor.sequence_set(store.messages) || !cursor.sp()) return false;
    if (cursor.peek() == '(') {
        if (!cursor.nonempty_list([&](Cursor& at) { return store_modifier(at, store); }) || !cursor.sp()) return false;
    }
    if (!store_item(cursor, store) || !cursor.sp() || !store_flags(cursor, store.flags)) return false;
    out = std::move(store);
    return true;
}

}  // namespace

// flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword
bool flag(Cursor& cursor, FlagList& flags, bool ignore_recent) {
    constexpr std::array<std::pair<std::string_view, std::uint8_t>, 5> system = {{
        {"Seen", system_flag::seen},
        {"Answered", system_flag::answered},
        {"Flagged", system_flag::flagged},
        {"Deleted", system_flag::deleted},
        {"Draft", system_flag::draft},
    }};
    if (cursor.accept('\\')) {
        for (const auto& [name, bit] : system) {
            if (!cursor.accept_word(name)) continue;
            flags.system |= bit;
            return true;
        }
        if (ignore_recent && cursor.accept_word("Recent")) return true;
        return cursor.fail("this system flag does not exist or cannot be changed");
    }
    std::string keyword;
    if (!cursor.atom(keyword)) return cursor.fail("expected a flag");
    const auto same = [&](const std::string& other) { return base::iequals(other, keyword); };
    if (std::ranges::none_of(flags.keywords, same)) flags.keywords.push_back(std::move(keyword));
    return true;
}

// uid-expunge = "EXPUNGE" SP sequence-set
bool parse_uid_expunge(Cursor& cursor, AnyCommand& out) {
    Expunge expunge;
    if (!cursor.sp() || !cursor.sequence_set(expunge.uids.emplace())) return false;
    out = std::move(expunge);
    return true;
}

// uidbatches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]
bool parse_uid_batches(Cursor& cursor, AnyCommand& out) {
    UidBatches batches;
    if (!cursor.sp() || !cursor.nz_number(batches.size)) return false;
    if (cursor.accept(' ')) {
        auto& [from, to] = batches.batches.emplace();
        if (!cursor.nz_number(from) || !cursor.expect(':') || !cursor.nz_number(to)) return false;
    }
    out = batches;
    return true;
}

bool parse_store(Cursor& cursor, AnyCommand& out) { return store_command(cursor, out, false); }
bool parse_uid_store(Cursor& cursor, AnyCommand& out) { return store_command(cursor, out, true); }
bool parse_copy(Cursor& cursor, AnyCommand& out) { return set_and_mailbox<Copy>(cursor, out, false); }
bool parse_uid_copy(Cursor& cursor, AnyCommand& out) { return set_and_mailbox<Copy>(cursor, out, true); }
bool parse_move(Cursor& cursor, AnyCommand& out) { return set_and_mailbox<Move>(cursor, out, false); }
bool parse_uid_move(Cursor& cursor, AnyCommand& out) { return set_and_mailbox<Move>(cursor, out, true); }

}  // namespace imap::wire
