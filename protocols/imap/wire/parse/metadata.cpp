// GETMETADATA and SETMETADATA. RFC 5464 §4.2, §4.3, §5; entry names: §3.2.
// The examples of §4.2.1 have the options after the mailbox, the grammar of §5 before it: both are accepted, and so are
// the bare lists of entries of §4.4.1.
#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

bool is_entry_octet(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet > 0x19 && octet < 0x80 && c != '*' && c != '%';
}

// A scope alone is not an entry, but asks for all entries below it.
bool has_scope(std::string_view name) {
    for (const std::string_view scope : {"/private", "/shared"}) {
        if (!base::istarts_with(name, scope)) continue;
        if (name.size() == scope.size() || name[scope.size()] == '/') return true;
    }
    return false;
}

// At least two components, or four for vendor entries.
bool can_be_set(std::string_view name) {
    const auto components = std::ranges::count(name, '/');
    const std::string_view second = name.substr(std::min(name.find('/', 1), name.size()));
    const bool of_vendor = base::iequals(second, "/vendor") || base::istarts_with(second, "/vendor/");
    return components >= (of_vendor ? 4 : 2);
}

// getmetadata-option = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")
bool option(Cursor& cursor, GetMetadata& get) {
    if (cursor.accept_word("MAXSIZE")) return cursor.sp() && cursor.number(get.max_size.emplace());
    if (!cursor.accept_word("DEPTH")) return cursor.fail("expected MAXSIZE or DEPTH");
    if (!cursor.sp()) return false;
    if (cursor.accept_word("0")) {
        get.depth = GetMetadata::Depth::zero;
    } else if (cursor.accept_word("1")) {
        get.depth = GetMetadata::Depth::one;
    } else if (cursor.accept_word("infinity")) {
        get.depth = GetMetadata::Depth::infinity;
    } else {
        return cursor.fail("expected 0, 1 or infinity");
    }
    return true;
}

bool entry(Cursor& cursor, std::vector<std::string>& entries) {
    if (entries.size() == cursor.limits().max_items) return cursor.fail("too many entries");
    return metadata_entry(cursor, entries.emplace_back());
}

// A list in parentheses: of options, or of entries, which begin with "/".
bool options_or_entries(Cursor& cursor, GetMetadata& get) {
    return cursor.nonempty_list([&](Cursor& at) {
        const bool is_option = base::is_alpha(at.peek());
        if (is_option && !get.entries.empty()) return at.fail("expected an entry");
        return is_option ? option(at, get) : entry(at, get.entries);
    });
}

}  // namespace

// entry = astring
bool metadata_entry(Cursor& cursor, std::string& out) {
    std::string name;
    if (!cursor.astring(name)) return false;
    if (!std::ranges::all_of(name, is_entry_octet) || name.contains("//") || name.ends_with('/') || !has_scope(name)) {
        return cursor.fail("the name of an entry is a path below /private or /shared (RFC 5464, 3.2)");
    }
    out = std::move(name);
    return true;
}

// entries = entry / "(" entry *(SP entry) ")"
bool metadata_entries(Cursor& cursor, std::vector<std::string>& entries) {
    if (cursor.peek() == '(') return cursor.nonempty_list([&](Cursor& at) { return entry(at, entries); });
    return entry(cursor, entries);
}

// getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
bool parse_getmetadata(Cursor& cursor, AnyCommand& out) {
    GetMetadata get;
    if (!cursor.sp()) return false;
    if (cursor.peek() == '(') {
        if (!cursor.nonempty_list([&](Cursor& at) { return option(at, get); }) || !cursor.sp()) return false;
    }
    if (!cursor.mailbox(get.mailbox)) return false;
    while (cursor.accept(' ')) {
        if (!(cursor.peek() == '(' ? options_or_entries(cursor, get) : entry(cursor, get.entries))) return false;
    }
    if (get.entries.empty()) return cursor.fail("an argument is missing");
    out = std::move(get);
    return true;
}

// setmetadata = "SETMETADATA" SP mailbox SP "(" entry SP value *(SP entry SP value) ")";  value = nstring / literal8
bool parse_setmetadata(Cursor& cursor, AnyCommand& out) {
    SetMetadata set;
    if (!cursor.sp() || !cursor.mailbox(set.mailbox) || !cursor.sp()) return false;
    const auto entry_value = [&](Cursor& at) {
        auto& [name, value] = set.entries.emplace_back();
        if (!metadata_entry(at, name)) return false;
        if (!can_be_set(name)) return at.fail("the name of an entry has too few components (RFC 5464, 3.2)");
        return at.sp() && at.nstring8(value);
    };
    if (!cursor.nonempty_list(entry_value)) return false;
    out = std::move(set);
    return true;
}

}  // namespace imap::wire
