// SORT and THREAD, and their UID forms. RFC 5256 §5; RFC 5267 §5 (extended-sort), RFC 5957 §5, RFC 6203 §7.
// parse/search.cpp reads search keys and RETURN options.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

using Key = SortCriterion::Key;

constexpr std::array<std::pair<std::string_view, Key>, 10> sort_keys = {{
    {"ARRIVAL", Key::arrival},
    {"CC", Key::cc},
    {"DATE", Key::date},
    {"DISPLAYFROM", Key::display_from},
    {"DISPLAYTO", Key::display_to},
    {"FROM", Key::from},
    {"RELEVANCY", Key::relevancy},
    {"SIZE", Key::size},
    {"SUBJECT", Key::subject},
    {"TO", Key::to},
}};

// sort-criterion = ["REVERSE" SP] sort-key
bool criterion(Cursor& cursor, SortCriterion& out) {
    if (cursor.accept_word("REVERSE")) {
        out.reverse = true;
        if (!cursor.sp()) return false;
    }
    for (const auto& [name, key] : sort_keys) {
        if (!cursor.accept_word(name)) continue;
        out.key = key;
        return true;
    }
    return cursor.fail("expected a sort key such as DATE or SUBJECT");
}

// sort = "SORT" [search-return-opts] SP sort-criteria SP search-criteria
bool sort_command(Cursor& cursor, AnyCommand& out, bool uid) {
    Sort sort;
    sort.search.uid = uid;
    const auto one = [&](Cursor& at) { return criterion(at, sort.criteria.emplace_back()); };
    if (!cursor.sp() || !search_returns(cursor, sort.search)) return false;
    if (!cursor.nonempty_list(one) || !cursor.sp() || !search_criteria(cursor, sort.search)) return false;
    const bool by_relevancy =
        std::ranges::find(sort.criteria, Key::relevancy, &SortCriterion::key) != sort.criteria.end();
    if (by_relevancy && !sort.search.fuzzy) return cursor.fail("RELEVANCY is for FUZZY keys");
    out = std::move(sort);
    return true;
}

// thread = "THREAD" SP thread-alg SP search-criteria
bool thread_command(Cursor& cursor, AnyCommand& out, bool uid) {
    Thread thread;
    thread.search.uid = uid;
    if (!cursor.sp()) return false;
    if (cursor.accept_word("REFERENCES")) {
        thread.algorithm = Thread::Algorithm::references;
    } else if (!cursor.accept_word("ORDEREDSUBJECT")) {
        return cursor.fail("expected ORDEREDSUBJECT or REFERENCES");
    }
    if (!cursor.sp() || !search_criteria(cursor, thread.search)) return false;
    out = std::move(thread);
    return true;
}

}  // namespace

bool parse_sort(Cursor& cursor, AnyCommand& out) { return sort_command(cursor, out, false); }
bool parse_uid_sort(Cursor& cursor, AnyCommand& out) { return sort_command(cursor, out, true); }
bool parse_thread(Cursor& cursor, AnyCommand& out) { return thread_command(cursor, out, false); }
bool parse_uid_thread(Cursor& cursor, AnyCommand& out) { return thread_command(cursor, out, true); }

}  // namespace imap::wire
