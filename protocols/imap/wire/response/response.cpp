// Data formats and all responses except FETCH. RFC 9051 §4, §7. response/search.cpp has those of SEARCH and related
// commands.
#include "protocols/imap/wire/response/response.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/mutf7.h"
#include "protocols/imap/wire/object_id.h"
#include "protocols/imap/wire/rights.h"

namespace imap::wire {
namespace {

constexpr std::size_t longest_quoted = 1000;  // octets; longer strings go as literals

// The kinds of octets in a string, found in one pass without branches.
struct Shape {
    bool specials = false;  // '"' or '\': escaped in a quoted string
    bool controls = false;  // below space, and DEL
    bool eight_bit = false;
};
Shape shape_of(std::string_view text) {
    unsigned specials = 0;
    unsigned controls = 0;
    unsigned eight_bit = 0;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        specials |= static_cast<unsigned>(octet == '"') | static_cast<unsigned>(octet == '\\');
        controls |= static_cast<unsigned>(octet < 0x20) | static_cast<unsigned>(octet == 0x7f);
        eight_bit |= octet & 0x80U;
    }
    return {specials != 0, controls != 0, eight_bit != 0};
}

// Printable ASCII without '"' and '\\'. Eight octets at a time: envelopes of whole mailboxes go through it.
bool is_plain(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = 0x8080808080808080U;
    const auto has_below = [](std::uint64_t word, std::uint64_t octet) { return (word - ones * octet) & ~word & tops; };
    const auto has = [&](std::uint64_t word, std::uint64_t octet) { return has_below(word ^ (ones * octet), 1); };
    std::uint64_t other = 0;
    std::uint64_t word = 0;
    const auto look = [&] {
        other |= (word & tops) | has_below(word, 0x20) | has(word, 0x7f) | has(word, '"') | has(word, '\\');
    };
    std::size_t at = 0;
    for (; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        look();
    }
    std::array<char, sizeof word> tail{};
    tail.fill(' ');
    text.copy(tail.data(), tail.size(), at);
    std::memcpy(&word, tail.data(), sizeof word);
    look();
    return other == 0;
}

void append_quoted(std::string& out, std::string_view text, bool escape) {
    out += '"';
    for (const char c : text) {
        if (escape && (c == '"' || c == '\\')) out += '\\';
        out += c;
    }
    out += '"';
}

// NUL is not allowed in a literal (RFC 9051 §9, CHAR8), and is left out.
void append_literal(std::string& out, std::string_view text) {
    const auto nuls = static_cast<std::size_t>(std::ranges::count(text, '\0'));
    out += '{';
    append_number(out, text.size() - nuls);
    out += "}\r\n";
    if (nuls == 0) {
        out += text;
    } else {
        std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c != '\0'; });
    }
}

// literal8 (RFC 3516 §7) may contain NUL.
void append_literal8(std::string& out, std::string_view text) {
    out += "~{";
    append_number(out, text.size());
    out += "}\r\n";
    out += text;
}

bool is_plain_atom_char(char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.' || c == '$' || c == '/';
}

constexpr std::array<std::string_view, 5> condition_names = {"OK", "NO", "BAD", "PREAUTH", "BYE"};

constexpr std::array<std::pair<std::uint8_t, std::string_view>, 5> system_flag_names = {{
    {system_flag::answered, "\\Answered"},
    {system_flag::flagged, "\\Flagged"},
    {system_flag::deleted, "\\Deleted"},
    {system_flag::seen, "\\Seen"},
    {system_flag::draft, "\\Draft"},
}};

std::string_view status_item_name(StatusItem item) {
    switch (item) {
        case StatusItem::messages:
            return "MESSAGES";
        case StatusItem::recent:
            return "RECENT";
        case StatusItem::uid_next:
            return "UIDNEXT";
        case StatusItem::uid_validity:
            return "UIDVALIDITY";
        case StatusItem::unseen:
            return "UNSEEN";
        case StatusItem::deleted:
            return "DELETED";
        case StatusItem::size:
            return "SIZE";
        case StatusItem::highest_mod_seq:
            return "HIGHESTMODSEQ";
        case StatusItem::deleted_storage:
            return "DELETED-STORAGE";
        case StatusItem::mailbox_id:
            return "MAILBOXID";
        case StatusItem::append_limit:
            return "APPENDLIMIT";
    }
    return "";
}

}  // namespace

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_labelled(std::string& out, std::string_view label, std::uint64_t number) {
    out += label;
    append_number(out, number);
}

bool append_plain_string(std::string& out, std::string_view text) {
    if (text.size() > longest_quoted || !is_plain(text)) return false;
    const std::size_t at = out.size();
    out.append(text.size() + 2, '"');
    text.copy(out.data() + at + 1, text.size());
    return true;
}

void append_string(std::string& out, std::string_view text, bool utf8) {
    if (append_plain_string(out, text)) return;
    const Shape shape = shape_of(text);
    const bool quotable =
        text.size() <= longest_quoted && !shape.controls && (!shape.eight_bit || (utf8 && base::is_utf8(text)));
    if (quotable) {
        append_quoted(out, text, shape.specials);
    } else {
        append_literal(out, text);
    }
}

void append_nstring(std::string& out, std::optional<std::string_view> text, bool utf8) {
    if (text) {
        append_string(out, *text, utf8);
    } else {
        out += "NIL";
    }
}

void append_astring(std::string& out, std::string_view text, bool utf8) {
    const bool atom = !text.empty() && std::ranges::all_of(text, is_plain_atom_char) && !base::iequals(text, "NIL");
    if (atom) {
        out += text;
    } else {
        append_string(out, text, utf8);
    }
}

void append_mailbox(std::string& out, std::string_view name, bool utf8) {
    if (utf8 || std::ranges::all_of(name, [](char c) { return c >= 0x20 && c <= 0x7e && c != '&'; })) {
        append_string(out, name, utf8);
        return;
    }
    std::string encoded;
    append_mutf7(encoded, name);
    append_string(out, encoded, false);
}

void append_flags(std::string& out, std::uint8_t system, bool recent, std::span<const std::string_view> keywords) {
    const std::size_t start = out.size();
    const auto add = [&](std::string_view name) {
        if (out.size() != start) out += ' ';
        out += name;
    };
    for (const auto& [bit, name] : system_flag_names) {
        if ((system & bit) != 0) add(name);
    }
    if (recent) add("\\Recent");
    for (const std::string_view keyword : keywords) add(keyword);
}

void ResponseWriter::status(std::string_view tag, Condition condition, std::string_view code, std::string_view text) {
    out_ += tag;
    out_ += ' ';
    out_ += condition_names[static_cast<std::size_t>(condition)];
    out_ += ' ';
    if (!code.empty()) {
        out_ += '[';
        out_ += code;
        out_ += "] ";
    }
    for (const char c : text.empty() ? std::string_view("Done.") : text) {
        const auto octet = static_cast<unsigned char>(c);
        const bool good = (octet >= 0x20 && octet < 0x7f) || (utf8_ && octet >= 0x80);
        out_ += good ? c : '?';
    }
    out_ += "\r\n";
}

void ResponseWriter::continuation(std::string_view text) {
    out_ += "+ ";
    out_ += text;
    out_ += "\r\n";
}

void ResponseWriter::capability(std::string_view names) {
    out_ += "* CAPABILITY ";
    out_ += names;
    out_ += "\r\n";
}

void ResponseWriter::enabled(std::span<const std::string_view> names) {
    out_ += "* ENABLED";
    for (const std::string_view name : names) {
        out_ += ' ';
        out_ += name;
    }
    out_ += "\r\n";
}

void ResponseWriter::id(std::span<const std::pair<std::string_view, std::string_view>> fields) {
    out_ += "* ID ";
    if (fields.empty()) out_ += "NIL";
    char before = '(';
    for (const auto& [name, value] : fields) {
        out_ += before;
        append_string(out_, name, utf8_);
        out_ += ' ';
        append_string(out_, value, utf8_);
        before = ' ';
    }
    if (!fields.empty()) out_ += ')';
    out_ += "\r\n";
}

void ResponseWriter::namespaces(std::string_view other_users) {
    out_ += "* NAMESPACE ((\"\" \"";
    out_ += hierarchy_separator;
    out_ += "\")) ((";
    append_mailbox(out_, other_users, utf8_);
    out_ += " \"";
    out_ += hierarchy_separator;
    out_ += "\")) NIL\r\n";
}

void ResponseWriter::flags(std::uint8_t system, std::span<const std::string_view> keywords) {
    out_ += "* FLAGS (";
    append_flags(out_, system, false, keywords);
    out_ += ")\r\n";
}

void ResponseWriter::count(std::uint32_t number, std::string_view name) {
    out_ += "* ";
    append_number(out_, number);
    out_ += name;
    out_ += "\r\n";
}

void ResponseWriter::exists(std::uint32_t messages) { count(messages, " EXISTS"); }
void ResponseWriter::recent(std::uint32_t messages) { count(messages, " RECENT"); }
void ResponseWriter::expunge(std::uint32_t message_number) { count(message_number, " EXPUNGE"); }

void ResponseWriter::vanished(std::span<const NumberRange> uids, bool earlier) {
    if (uids.empty()) return;
    out_ += earlier ? "* VANISHED (EARLIER) " : "* VANISHED ";
    append_sequence_set(out_, uids);
    out_ += "\r\n";
}

void ResponseWriter::list(const ListResponse& response) {
    out_ += response.lsub ? "* LSUB (" : response.xlist ? "* XLIST (" : "* LIST (";
    bool first = true;
    for (const std::string_view attribute : response.attributes) {
        if (!first) out_ += ' ';
        first = false;
        out_ += attribute;
    }
    out_ += ") \"";
    out_ += hierarchy_separator;
    out_ += "\" ";
    append_mailbox(out_, response.mailbox, utf8_);
    if (response.child_subscribed || response.old_name) {
        out_ += " (";
        if (response.child_subscribed) out_ += "\"CHILDINFO\" (\"SUBSCRIBED\")";
        if (response.child_subscribed && response.old_name) out_ += ' ';
        if (response.old_name) {
            out_ += "\"OLDNAME\" (";
            append_mailbox(out_, *response.old_name, utf8_);
            out_ += ')';
        }
        out_ += ')';
    }
    out_ += "\r\n";
}

void ResponseWriter::mailbox_status(std::string_view mailbox,
                                    std::span<const std::pair<StatusItem, std::uint64_t>> values) {
    out_ += "* STATUS ";
    append_mailbox(out_, mailbox, utf8_);
    out_ += " (";
    bool first = true;
    for (const auto& [item, value] : values) {
        if (!first) out_ += ' ';
        first = false;
        out_ += status_item_name(item);
        out_ += ' ';
        if (item == StatusItem::mailbox_id) {
            append_mailbox_id(out_, value);
        } else {
            append_number(out_, value);
        }
    }
    out_ += ")\r\n";
}

void ResponseWriter::quota(std::string_view root, std::span<const QuotaResource> resources) {
    if (resources.empty()) return;
    out_ += "* QUOTA ";
    append_astring(out_, root, utf8_);
    char before = '(';
    out_ += ' ';
    for (const QuotaResource& resource : resources) {
        out_ += std::exchange(before, ' ');
        out_ += resource.name;
        append_labelled(out_, " ", resource.usage);
        append_labelled(out_, " ", resource.limit);
    }
    out_ += ")\r\n";
}

void ResponseWriter::quota_root(std::string_view mailbox, std::span<const std::string_view> quota_roots) {
    out_ += "* QUOTAROOT ";
    append_mailbox(out_, mailbox, utf8_);
    for (const std::string_view root : quota_roots) {
        out_ += ' ';
        append_astring(out_, root, utf8_);
    }
    out_ += "\r\n";
}

void ResponseWriter::acl(std::string_view mailbox, std::span<const AclEntry> entries) {
    out_ += "* ACL ";
    append_mailbox(out_, mailbox, utf8_);
    for (const AclEntry& entry : entries) {
        out_ += ' ';
        append_astring(out_, entry.identifier, utf8_);
        out_ += ' ';
        append_rights(out_, entry.rights);
    }
    out_ += "\r\n";
}

void ResponseWriter::list_rights(std::string_view mailbox, std::string_view identifier, std::uint16_t required,
                                 std::uint16_t optional) {
    out_ += "* LISTRIGHTS ";
    append_mailbox(out_, mailbox, utf8_);
    out_ += ' ';
    append_astring(out_, identifier, utf8_);
    out_ += ' ';
    append_rights(out_, required);
    for (const auto& [letter, rights] : right_letters) {
        if ((rights & optional) == 0) continue;
        out_ += ' ';
        out_ += letter;
    }
    out_ += "\r\n";
}

void ResponseWriter::my_rights(std::string_view mailbox, std::uint16_t rights) {
    out_ += "* MYRIGHTS ";
    append_mailbox(out_, mailbox, utf8_);
    out_ += ' ';
    append_rights(out_, rights);
    out_ += "\r\n";
}

void ResponseWriter::metadata_changed(std::string_view mailbox, std::span<const std::string> names) {
    if (names.empty()) return;
    out_ += "* METADATA ";
    append_mailbox(out_, mailbox, utf8_);
    for (const std::string& name : names) {
        out_ += ' ';
        append_astring(out_, name, utf8_);
    }
    out_ += "\r\n";
}

void ResponseWriter::metadata(std::string_view mailbox, std::span<const MetadataValue> values) {
    if (values.empty()) return;
    out_ += "* METADATA ";
    append_mailbox(out_, mailbox, utf8_);
    char before = '(';
    out_ += ' ';
    for (const MetadataValue& one : values) {
        out_ += before;
        before = ' ';
        append_astring(out_, one.name, utf8_);
        out_ += ' ';
        if (one.value && one.value->find('\0') != std::string_view::npos) {
            append_literal8(out_, *one.value);
        } else {
            append_nstring(out_, one.value, utf8_);
        }
    }
    out_ += ")\r\n";
}

std::string permanent_flags_code(std::uint8_t system, std::span<const std::string_view> keywords, bool more) {
    std::string code = "PERMANENTFLAGS (";
    const std::size_t start = code.size();
    append_flags(code, system, false, keywords);
    if (more) code += code.size() == start ? "\\*" : " \\*";
    code += ')';
    return code;
}

std::string append_uid_code(std::uint32_t uid_validity, std::span<const NumberRange> uids) {
    std::string code;
    append_labelled(code, "APPENDUID ", uid_validity);
    code += ' ';
    append_sequence_set(code, uids);
    return code;
}

std::string copy_uid_code(std::uint32_t uid_validity, std::span<const NumberRange> from,
                          std::span<const NumberRange> to) {
    std::string code;
    append_labelled(code, "COPYUID ", uid_validity);
    code += ' ';
    append_sequence_set(code, from);
    code += ' ';
    append_sequence_set(code, to);
    return code;
}

}  // namespace imap::wire
