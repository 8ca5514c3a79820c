// SEARCH. RFC 9051 §6.4.4; RETURN: RFC 4731, RFC 5182 (SAVE), RFC 9394 (PARTIAL); MODSEQ: RFC 7162 §3.1.5;
// OLDER, YOUNGER: RFC 5032; FUZZY: RFC 6203; EMAILID, THREADID: RFC 8474; SAVED…: RFC 8514; ESEARCH: RFC 7377. Strings
// stay in the charset that the command names.
#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/object_id.h"
#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

using KeyKind = SearchKey::Kind;

SearchKey of_kind(KeyKind kind) {
    SearchKey key;
    key.kind = kind;
    return key;
}

SearchKey has_flag(std::uint8_t bit) {
    SearchKey key = of_kind(KeyKind::flag);
    key.flag = bit;
    return key;
}

SearchKey negated(SearchKey child) {
    SearchKey key = of_kind(KeyKind::negation);
    key.children.push_back(std::move(child));
    return key;
}

// RECENT and not \Seen (RFC 3501 §6.4.4).
SearchKey is_new() {
    SearchKey key = of_kind(KeyKind::every);
    key.children.push_back(of_kind(KeyKind::recent));
    key.children.push_back(negated(has_flag(system_flag::seen)));
    return key;
}

// A key's name, its kind, and its argument.
enum class Argument : std::uint8_t {
    none,
    text,
    name_and_text,
    keyword,
    date,
    octets,
    seconds,
    mod_seq,
    uids,
    uids_behind,
    uids_before,
    object_id
};
struct KeyForm {
    std::string_view name;
    KeyKind kind;
    Argument argument;
    std::uint8_t flag = 0;
    bool negated = false;
};
constexpr std::array<KeyForm, 43> key_forms = {{
    {"ALL", KeyKind::all, Argument::none},
    {"ANSWERED", KeyKind::flag, Argument::none, system_flag::answered},
    {"BCC", KeyKind::bcc, Argument::text},
    {"BEFORE", KeyKind::before, Argument::date},
    {"BODY", KeyKind::body, Argument::text},
    {"CC", KeyKind::cc, Argument::text},
    {"DELETED", KeyKind::flag, Argument::none, system_flag::deleted},
    {"DRAFT", KeyKind::flag, Argument::none, system_flag::draft},
    {"EMAILID", KeyKind::email_id, Argument::object_id},
    {"FLAGGED", KeyKind::flag, Argument::none, system_flag::flagged},
    {"FROM", KeyKind::from, Argument::text},
    {"HEADER", KeyKind::header, Argument::name_and_text},
    {"KEYWORD", KeyKind::keyword, Argument::keyword},
    {"LARGER", KeyKind::larger, Argument::octets},
    {"MODSEQ", KeyKind::mod_seq, Argument::mod_seq},
    {"OLD", KeyKind::recent, Argument::none, 0, true},
    {"OLDER", KeyKind::older, Argument::seconds},
    {"ON", KeyKind::on, Argument::date},
    {"RECENT", KeyKind::recent, Argument::none},
    {"SAVEDATESUPPORTED", KeyKind::all, Argument::none},
    {"SAVEDBEFORE", KeyKind::saved_before, Argument::date},
    {"SAVEDON", KeyKind::saved_on, Argument::date},
    {"SAVEDSINCE", KeyKind::saved_since, Argument::date},
    {"SEEN", KeyKind::flag, Argument::none, system_flag::seen},
    {"SENTBEFORE", KeyKind::sent_before, Argument::date},
    {"SENTON", KeyKind::sent_on, Argument::date},
    {"SENTSINCE", KeyKind::sent_since, Argument::date},
    {"SINCE", KeyKind::since, Argument::date},
    {"SMALLER", KeyKind::smaller, Argument::octets},
    {"SUBJECT", KeyKind::subject, Argument::text},
    {"TEXT", KeyKind::text, Argument::text},
    {"THREADID", KeyKind::thread_id, Argument::object_id},
    {"TO", KeyKind::to, Argument::text},
    {"UID", KeyKind::uid_set, Argument::uids},
    {"UIDAFTER", KeyKind::uid_set, Argument::uids_behind},
    {"UIDBEFORE", KeyKind::uid_set, Argument::uids_before},
    {"UNANSWERED", KeyKind::flag, Argument::none, system_flag::answered, true},
    {"UNDELETED", KeyKind::flag, Argument::none, system_flag::deleted, true},
    {"UNDRAFT", KeyKind::flag, Argument::none, system_flag::draft, true},
    {"UNFLAGGED", KeyKind::flag, Argument::none, system_flag::flagged, true},
    {"UNKEYWORD", KeyKind::keyword, Argument::keyword, 0, true},
    {"UNSEEN", KeyKind::flag, Argument::none, system_flag::seen, true},
    {"YOUNGER", KeyKind::younger, Argument::seconds},
}};

// Reads search keys and counts them, nested ones too.
class KeyParser {
  public:
    explicit KeyParser(Cursor& cursor) : cursor_(cursor) {}

    // search-key *(SP search-key), up to the end of the command.
    bool program(SearchKey& out) {
        out = of_kind(KeyKind::every);
        do {
            if (!key(out.children.emplace_back())) return false;
        } while (more(' '));
        return true;
    }
    bool by_number() const { return by_number_; }
    bool fuzzy() const { return fuzzy_; }

  private:
    bool more(char separator) {
        if (cursor_.peek() != separator) return false;
        cursor_.spaces();
        return true;
    }

    // search-key
    bool key(SearchKey& out) {
        if (++count_ > cursor_.limits().max_search_keys) return cursor_.fail("too many search keys");
        if (!cursor_.enter()) return false;
        const bool good = key_within(out);
        cursor_.leave();
        return good;
    }

    bool key_within(SearchKey& out) {
        const char c = cursor_.peek();
        if (c == '(') return parenthesised(out);
        if (base::is_digit(c) || c == '*' || c == '$') {
            out = of_kind(KeyKind::message_set);
            if (!cursor_.sequence_set(out.set)) return false;
            by_number_ = by_number_ || !out.set.saved_result;
            return true;
        }
        if (cursor_.accept_word("NOT")) {
            out = of_kind(KeyKind::negation);
            return cursor_.sp() && key(out.children.emplace_back());
        }
        if (cursor_.accept_word("FUZZY")) {
            out = of_kind(KeyKind::fuzzy);
            fuzzy_ = true;
            return cursor_.sp() && key(out.children.emplace_back());
        }
        if (cursor_.accept_word("OR")) {
            out = of_kind(KeyKind::either);
            out.children.resize(2);
            return cursor_.sp() && key(out.children[0]) && cursor_.sp() && key(out.children[1]);
        }
        if (cursor_.accept_word("NEW")) {
            out = is_new();
            return true;
        }
        return named(out);
    }

    // "(" search-key *(SP search-key) ")"
    bool parenthesised(SearchKey& out) {
        out = of_kind(KeyKind::every);
        if (!cursor_.expect('(')) return false;
        cursor_.spaces();
        do {
            if (!key(out.children.emplace_back())) return false;
        } while (more(' ') && cursor_.peek() != ')');
        return cursor_.expect(')');
    }

    bool named(SearchKey& out) {
        for (const KeyForm& form : key_forms) {
            if (!cursor_.accept_word(form.name)) continue;
            SearchKey found = of_kind(form.kind);
            found.flag = form.flag;
            if (!argument(form.argument, found)) return false;
            out = form.negated ? negated(std::move(found)) : std::move(found);
            return true;
        }
        return cursor_.fail("expected a search key such as ALL or SUBJECT");
    }

    bool argument(Argument kind, SearchKey& out) {
        if (kind == Argument::none) return true;
        if (!cursor_.sp()) return false;
        switch (kind) {
            case Argument::none:
                break;
            case Argument::text:
                return cursor_.astring(out.text);
            case Argument::name_and_text:
                return cursor_.astring(out.name) && cursor_.sp() && cursor_.astring(out.text);
            case Argument::keyword:
                return cursor_.atom(out.text);
            case Argument::date:
                return cursor_.date(out.date);
            case Argument::octets:
                return cursor_.number64(out.number);
            case Argument::seconds:
                return cursor_.nz_number64(out.number);
            case Argument::mod_seq:
                return mod_sequence(cursor_, out.number);
            case Argument::uids:
                return cursor_.sequence_set(out.set);
            case Argument::uids_behind:
            case Argument::uids_before:
                return uids_beside(out, kind == Argument::uids_behind);
            case Argument::object_id:
                if (!cursor_.atom(out.text)) return false;
                return is_object_id(out.text) || cursor_.fail("expected an object identifier");
        }
        return true;
    }

    // UIDAFTER and UIDBEFORE of RFC 9738: the UIDs above this one, or below it. If there can be none, the set is empty.
    bool uids_beside(SearchKey& out, bool behind) {
        std::uint32_t uid = 0;
        if (!cursor_.nz_number(uid)) return false;
        if (behind && uid < UINT32_MAX) out.set.ranges.push_back({uid + 1, UINT32_MAX});
        if (!behind && uid > 1) out.set.ranges.push_back({1, uid - 1});
        return true;
    }

    Cursor& cursor_;
    std::size_t count_ = 0;
    bool by_number_ = false;
    bool fuzzy_ = false;
};

// search-return-opt = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" / "CONTEXT" / "RELEVANCY" / "PARTIAL" SP partial-range /
//                     "UPDATE" [SP "(" fetch-att *(SP fetch-att) ")"]
bool return_option(Cursor& cursor, SearchReturn& returns) {
    if (cursor.accept_word("MIN")) {
        returns.min = true;
    } else if (cursor.accept_word("MAX")) {
        returns.max = true;
    } else if (cursor.accept_word("ALL")) {
        returns.all = true;
    } else if (cursor.accept_word("COUNT")) {
        returns.count = true;
    } else if (cursor.accept_word("SAVE")) {
        returns.save = true;
    } else if (cursor.accept_word("UPDATE")) {
        returns.update = true;
        return fetch_atts(cursor, returns.update_atts);
    } else if (cursor.accept_word("CONTEXT")) {
        return true;
    } else if (cursor.accept_word("RELEVANCY")) {
        returns.relevancy = true;
    } else if (cursor.accept_word("PARTIAL")) {
        if (returns.partial) return cursor.fail("PARTIAL is given twice");
        return cursor.sp() && partial_range(cursor, returns.partial.emplace());
    } else {
        return cursor.fail("unknown SEARCH return option");
    }
    return true;
}

// charset SP;  charset = atom / quoted
bool charset(Cursor& cursor, Search& search) {
    std::string name;
    if (!cursor.astring(name) || !cursor.sp()) return false;
    search.charset = base::upper(name);
    return true;
}

// [search-return-opts SP] search-program
bool search_arguments(Cursor& cursor, Search& search) {
    if (!search_returns(cursor, search)) return false;
    if (cursor.accept_prefix("CHARSET ") && !charset(cursor, search)) return false;
    return search_keys(cursor, search);
}

// search = "SEARCH" [search-return-opts] SP search-program
bool search_command(Cursor& cursor, AnyCommand& out, bool uid) {
    Search search;
    search.uid = uid;
    if (!cursor.sp() || !search_arguments(cursor, search)) return false;
    out = std::move(search);
    return true;
}

// esearch-source-opts = "IN" SP "(" filter-mailboxes *(SP filter-mailboxes) [SP "(" scope-options ")"] ")"
// There are no scope options yet.
bool search_sources(Cursor& cursor, std::vector<MailboxFilter>& sources) {
    const auto source = [&](Cursor& at) {
        MailboxFilter& filter = sources.emplace_back();
        if (!mailbox_filter(at, filter)) return false;
        return filter.kind != MailboxFilter::Kind::selected_delayed || at.fail("SELECTED-DELAYED is for NOTIFY");
    };
    return cursor.nonempty_list(source) && cursor.sp();
}

}  // namespace

// "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" SP; "()" is "(ALL)" (RFC 4731 §3.1).
bool search_returns(Cursor& cursor, Search& search) {
    if (!cursor.accept_prefix("RETURN ")) return true;
    SearchReturn& returns = search.returns.emplace();
    bool given = false;
    const auto option = [&](Cursor& at) {
        given = true;
        return return_option(at, returns);
    };
    if (!cursor.list(option)) return false;
    if (!given) returns.all = true;
    if (returns.all && returns.partial) return cursor.fail("ALL and PARTIAL exclude each other");
    return cursor.sp();
}

bool search_keys(Cursor& cursor, Search& search) {
    cursor.spaces();
    KeyParser keys(cursor);
    if (!keys.program(search.key)) return false;
    search.by_number = keys.by_number();
    search.fuzzy = keys.fuzzy();
    if (search.returns && search.returns->relevancy && !search.fuzzy) return cursor.fail("RELEVANCY is for FUZZY keys");
    return true;
}

bool search_criteria(Cursor& cursor, Search& search) { return charset(cursor, search) && search_keys(cursor, search); }

// partial-range = nz-number ":" nz-number / MINUS nz-number ":" MINUS nz-number
bool partial_range(Cursor& cursor, PartialRange& out) {
    out.from_end = cursor.accept('-');
    if (!cursor.nz_number(out.first) || !cursor.expect(':')) return false;
    if (out.from_end && !cursor.expect('-')) return false;
    return cursor.nz_number(out.last);
}

// [entry-name SP entry-type-req SP] mod-sequence-valzer
bool mod_sequence(Cursor& cursor, std::uint64_t& out) {
    if (cursor.peek() == '"') {
        std::string entry;
        if (!cursor.quoted(entry) || !cursor.sp()) return false;
        if (!cursor.accept_word("priv") && !cursor.accept_word("shared") && !cursor.accept_word("all")) {
            return cursor.fail("expected priv, shared or all");
        }
        if (!cursor.sp()) return false;
    }
    return cursor.number64(out);
}

bool parse_search(Cursor& cursor, AnyCommand& out) { return search_command(cursor, out, false); }
bool parse_uid_search(Cursor& cursor, AnyCommand& out) { return search_command(cursor, out, true); }

// esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
bool parse_esearch(Cursor& cursor, AnyCommand& out) {
    Esearch esearch;
    esearch.search.uid = true;
    esearch.search.esearch = true;
    if (!cursor.sp()) return false;
    if (cursor.accept_prefix("IN ")) {
        if (!search_sources(cursor, esearch.sources)) return false;
    } else {
        esearch.sources.emplace_back();
    }
    if (!search_arguments(cursor, esearch.search)) return false;
    std::optional<SearchReturn>& returns = esearch.search.returns;
    const auto is_elsewhere = [](const MailboxFilter& source) { return source.kind != MailboxFilter::Kind::selected; };
    if (returns && returns->save && std::ranges::any_of(esearch.sources, is_elsewhere)) {
        return cursor.fail("SAVE is for the selected mailbox alone");  // RFC 7377 §2.2
    }
    if (!returns) returns.emplace().all = true;  // RFC 7377 §2.1
    out = std::move(esearch);
    return true;
}

// command-select =/ "CANCELUPDATE" 1*(SP quoted)
bool parse_cancel_update(Cursor& cursor, AnyCommand& out) {
    CancelUpdate cancel;
    do {
        if (cancel.tags.size() == cursor.limits().max_items) return cursor.fail("too many tags");
        if (!cursor.sp() || !cursor.quoted(cancel.tags.emplace_back())) return false;
    } while (cursor.peek() == ' ');
    out = std::move(cancel);
    return true;
}

}  // namespace imap::wire
