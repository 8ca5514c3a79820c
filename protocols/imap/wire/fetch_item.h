// What FETCH can ask for, as values, for command.h and search_command.h: fetch-att, RFC 9051 §6.4.5, and the extensions
// named at each kind. parse/fetch.cpp fills them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace imap::wire {

// The section in BODY[...]. RFC 9051 §6.4.5.1.
struct Section {
    enum class Text : std::uint8_t { content, header, header_fields, header_fields_not, text, mime };
    std::vector<std::uint32_t> part;  // 4.2: {4, 2}; empty: the message itself
    Text text = Text::content;        // content: BODY[] or the part's body
    std::vector<std::string> fields;  // for header_fields and header_fields_not, as written
    friend bool operator==(const Section&, const Section&) = default;
};

// <offset.count>: that many octets from offset (0 is the first).
struct Partial {
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
    friend bool operator==(const Partial&, const Partial&) = default;
};

struct FetchItem {
    enum class Kind : std::uint8_t {
        uid,
        flags,
        internal_date,
        rfc822_size,
        envelope,
        body,  // BODY without a section
        body_structure,
        mod_seq,        // RFC 7162 §3.1.4
        email_id,       // RFC 8474 §5
        thread_id,      // RFC 8474 §5
        save_date,      // RFC 8514 §4.2
        preview,        // RFC 8970; lazy
        body_section,   // section, partial, peek
        rfc822,         // as BODY[]; section and peek are set accordingly
        rfc822_header,  // as BODY.PEEK[HEADER]
        rfc822_text,    // as BODY[TEXT]
        binary,         // RFC 3516: section.part, partial, peek
        binary_size,    // section.part
    };
    Kind kind = Kind::flags;
    Section section;
    std::optional<Partial> partial;
    bool peek = true;   // false: \Seen is set
    bool lazy = false;  // answer NIL instead of waiting (RFC 8970 §4.1)
    friend bool operator==(const FetchItem&, const FetchItem&) = default;
};

}  // namespace imap::wire
