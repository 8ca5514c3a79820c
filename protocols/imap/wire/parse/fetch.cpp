// FETCH. RFC 9051 §6.4.5, RFC 3501 §6.4.5 (RFC822.*), RFC 3516 (BINARY), RFC 7162 §3.1.4 (MODSEQ, modifiers),
// RFC 9394 (PARTIAL), RFC 8474 (EMAILID, THREADID), RFC 8514 (SAVEDATE), RFC 8970 (PREVIEW).
#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

using ItemKind = FetchItem::Kind;

// section-part = nz-number *("." nz-number); a "." after it is left to the caller.
bool section_part(Cursor& cursor, std::vector<std::uint32_t>& part, bool& dot) {
    dot = false;
    while (cursor.peek() >= '0' && cursor.peek() <= '9') {
        if (part.size() == cursor.limits().max_depth) return cursor.fail("the part number is too long");
        if (!cursor.nz_number(part.emplace_back())) return false;
        dot = cursor.accept('.');
        if (!dot) return true;
    }
    return true;
}

// SP "(" header-fld-name *(SP header-fld-name) ")"
bool header_list(Cursor& cursor, std::vector<std::string>& fields) {
    return cursor.sp() && cursor.nonempty_list([&](Cursor& at) { return at.astring(fields.emplace_back()); });
}

// section-text = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT" / "MIME"
bool section_text(Cursor& cursor, Section& section) {
    if (cursor.accept_word("HEADER")) {
        section.text = Section::Text::header;
    } else if (cursor.accept_word("TEXT")) {
        section.text = Section::Text::text;
    } else if (cursor.accept_word("MIME")) {
        if (section.part.empty()) return cursor.fail("MIME needs a part number before it");
        section.text = Section::Text::mime;
    } else if (cursor.accept_word("HEADER.FIELDS")) {
        section.text = Section::Text::header_fields;
        return header_list(cursor, section.fields);
    } else if (cursor.accept_word("HEADER.FIELDS.NOT")) {
        section.text = Section::Text::header_fields_not;
        return header_list(cursor, section.fields);
    } else {
        return cursor.fail("expected HEADER, HEADER.FIELDS, TEXT, MIME or a part number");
    }
    return true;
}

// section-binary = "[" [section-part] "]", after its "["
bool section_binary(Cursor& cursor, Section& out) {
    bool dot = false;
    if (!section_part(cursor, out.part, dot)) return false;
    if (dot) return cursor.fail("expected a number behind '.'");
    return cursor.expect(']');
}

// partial = "<" number64 "." nz-number64 ">"
bool partial(Cursor& cursor, std::optional<Partial>& out) {
    if (!cursor.accept('<')) return true;
    Partial& range = out.emplace();
    return cursor.number64(range.offset) && cursor.expect('.') && cursor.nz_number64(range.count) && cursor.expect('>');
}

// Items with a section.
struct SectionItem {
    std::string_view opening;
    ItemKind kind;
    bool peek;
};
constexpr std::array<SectionItem, 5> section_items = {{
    {"BODY[", ItemKind::body_section, false},
    {"BODY.PEEK[", ItemKind::body_section, true},
    {"BINARY[", ItemKind::binary, false},
    {"BINARY.PEEK[", ItemKind::binary, true},
    {"BINARY.SIZE[", ItemKind::binary_size, true},
}};

// Items of one word. Those beginning with RFC822 are sections under another name.
struct WordItem {
    std::string_view name;
    ItemKind kind;
    Section::Text text = Section::Text::content;
    bool peek = true;
};
constexpr std::array<WordItem, 15> word_items = {{
    {"UID", ItemKind::uid},
    {"FLAGS", ItemKind::flags},
    {"INTERNALDATE", ItemKind::internal_date},
    {"RFC822.SIZE", ItemKind::rfc822_size},
    {"ENVELOPE", ItemKind::envelope},
    {"BODY", ItemKind::body},
    {"BODYSTRUCTURE", ItemKind::body_structure},
    {"MODSEQ", ItemKind::mod_seq},
    {"EMAILID", ItemKind::email_id},
    {"THREADID", ItemKind::thread_id},
    {"SAVEDATE", ItemKind::save_date},
    {"PREVIEW", ItemKind::preview},
    {"RFC822", ItemKind::rfc822, Section::Text::content, false},
    {"RFC822.HEADER", ItemKind::rfc822_header, Section::Text::header, true},
    {"RFC822.TEXT", ItemKind::rfc822_text, Section::Text::text, false},
}};

bool with_section(Cursor& cursor, const SectionItem& form, FetchItem& out) {
    out.kind = form.kind;
    out.peek = form.peek;
    if (form.kind == ItemKind::body_section) return section(cursor, out.section) && partial(cursor, out.partial);
    if (!section_binary(cursor, out.section)) return false;
    return form.kind == ItemKind::binary_size || partial(cursor, out.partial);
}

// [SP "(" preview-mod *(SP preview-mod) ")"], preview-mod = "LAZY". Any other list after PREVIEW belongs to FETCH.
bool preview_modifiers(Cursor& cursor, FetchItem& out) {
    out.lazy = cursor.accept_prefix(" (LAZY");
    if (!out.lazy) return true;
    while (cursor.accept_prefix(" LAZY")) {
    }
    return cursor.expect(')');
}

std::size_t hash_of(const FetchItem& item) {
    std::size_t hash = static_cast<std::size_t>(item.kind) << 8 | static_cast<std::size_t>(item.section.text);
    const auto mix = [&hash](std::size_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15U + (hash >> 29); };
    for (const std::uint32_t part : item.section.part) mix(part);
    for (const std::string& field : item.section.fields) mix(std::hash<std::string>{}(field));
    if (item.partial) {
        mix(item.partial->offset);
        mix(item.partial->count);
    }
    return hash;
}

// The items that are asked for. A repeated one is answered once, or a short command could ask for a message a thousand
// times.
class ItemList {
  public:
    void add(FetchItem item) {
        const auto same = [&](const FetchItem& other) {
            return other.kind == item.kind && other.section == item.section && other.partial == item.partial;
        };
        const std::size_t hash = hash_of(item);  // else each would be compared with all names of all others
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (hashes_[i] != hash || !same(items_[i])) continue;
            items_[i].peek = items_[i].peek && item.peek;
            items_[i].lazy = items_[i].lazy && item.lazy;
            return;
        }
        items_.push_back(std::move(item));
        hashes_.push_back(hash);
    }
    std::vector<FetchItem> take() { return std::move(items_); }

  private:
    std::vector<FetchItem> items_;
    std::vector<std::size_t> hashes_;
};

// fetch-att
bool fetch_item(Cursor& cursor, ItemList& items) {
    FetchItem item;
    for (const SectionItem& form : section_items) {
        if (!cursor.accept_prefix(form.opening)) continue;
        if (!with_section(cursor, form, item)) return false;
        items.add(std::move(item));
        return true;
    }
    for (const WordItem& form : word_items) {
        if (!cursor.accept_word(form.name)) continue;
        item.kind = form.kind;
        item.section.text = form.text;
        item.peek = form.peek;
        if (form.kind == ItemKind::preview && !preview_modifiers(cursor, item)) return false;
        items.add(std::move(item));
        return true;
    }
    return cursor.fail("expected a FETCH item such as FLAGS or BODY[]");
}

void add(ItemList& items, std::initializer_list<ItemKind> kinds) {
    for (const ItemKind kind : kinds) items.add({.kind = kind});
}

// "ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"
bool fetch_items(Cursor& cursor, ItemList& items) {
    if (cursor.peek() == '(') {
        return cursor.nonempty_list([&](Cursor& at) { return fetch_item(at, items); });
    }
    if (cursor.accept_word("FAST")) {
        add(items, {ItemKind::flags, ItemKind::internal_date, ItemKind::rfc822_size});
    } else if (cursor.accept_word("ALL")) {
        add(items, {ItemKind::flags, ItemKind::internal_date, ItemKind::rfc822_size, ItemKind::envelope});
    } else if (cursor.accept_word("FULL")) {
        add(items,
            {ItemKind::flags, ItemKind::internal_date, ItemKind::rfc822_size, ItemKind::envelope, ItemKind::body});
    } else {
        return fetch_item(cursor, items);
    }
    return true;
}

// fetch-modifier = "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" / "PARTIAL" SP partial-range
bool fetch_modifier(Cursor& cursor, Fetch& fetch) {
    if (cursor.accept_word("CHANGEDSINCE")) {
        if (fetch.changed_since) return cursor.fail("CHANGEDSINCE is given twice");
        return cursor.sp() && cursor.number64(fetch.changed_since.emplace());
    }
    if (cursor.accept_word("PARTIAL")) {
        if (fetch.partial) return cursor.fail("PARTIAL is given twice");
        return cursor.sp() && partial_range(cursor, fetch.partial.emplace());
    }
    if (!cursor.accept_word("VANISHED")) return cursor.fail("expected CHANGEDSINCE, VANISHED or PARTIAL");
    fetch.vanished = true;
    return true;
}

// fetch = "FETCH" SP sequence-set SP items [SP "(" fetch-modifier *(SP fetch-modifier) ")"]
bool fetch_command(Cursor& cursor, AnyCommand& out, bool uid) {
    Fetch fetch;
    fetch.uid = uid;
    if (!cursor.sp() || !cursor.sequence_set(fetch.messages) || !cursor.sp()) return false;
    ItemList items;
    if (!fetch_items(cursor, items)) return false;
    fetch.items = items.take();
    if (cursor.accept(' ') && !cursor.nonempty_list([&](Cursor& at) { return fetch_modifier(at, fetch); })) {
        return false;
    }
    if (fetch.vanished && (!uid || !fetch.changed_since)) {
        return cursor.fail("VANISHED goes with UID FETCH and CHANGEDSINCE only");
    }
    if (fetch.partial && !uid) return cursor.fail("PARTIAL goes with UID FETCH only");
    out = std::move(fetch);
    return true;
}

}  // namespace

// section = "[" [section-msgtext / (section-part ["." section-text])] "]", after its "["
bool section(Cursor& cursor, Section& out) {
    bool dot = false;
    if (!section_part(cursor, out.part, dot)) return false;
    const bool text_follows = out.part.empty() ? cursor.peek() != ']' : dot;
    if (text_follows && !section_text(cursor, out)) return false;
    return cursor.expect(']');
}

bool fetch_atts(Cursor& cursor, std::vector<FetchItem>& items) {
    if (!cursor.accept_prefix(" (")) return true;
    ItemList list;
    for (std::size_t count = 0; count < cursor.limits().max_items; ++count) {
        if (!fetch_item(cursor, list)) return false;
        if (cursor.accept(' ')) continue;
        items = list.take();
        return cursor.expect(')');
    }
    return cursor.fail("too many elements in a list");
}

bool parse_fetch(Cursor& cursor, AnyCommand& out) { return fetch_command(cursor, out, false); }
bool parse_uid_fetch(Cursor& cursor, AnyCommand& out) { return fetch_command(cursor, out, true); }

}  // namespace imap::wire
