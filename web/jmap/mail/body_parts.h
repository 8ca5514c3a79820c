// A message's parts as JMAP shows them, and which of them are its body: RFC 8621 §4.1.4. Pure: from a summary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/mime/summary_view.h"

namespace jmap {

// Views into the summary, which must outlive it.
struct BodyPart {
    std::vector<std::uint32_t> number;  // RFC 9051 §6.4.5.1; the root multipart has none
    mime::PartView view;
    std::string type;  // "text/plain"
    std::optional<std::string> name;
    std::optional<std::string> disposition;  // in lower case
    std::vector<BodyPart> sub_parts;

    bool is_multipart() const { return type.starts_with("multipart/"); }
    bool is_text() const { return type.starts_with("text/"); }
    std::string id() const;                      // "1.2"
    std::optional<std::string> charset() const;  // as §4.1.4 shows it
};

// The whole structure, without what is in attached messages.
BodyPart body_structure(const mime::SummaryView& summary);

// Pointers into the structure.
struct BodyLists {
    std::vector<const BodyPart*> text;
    std::vector<const BodyPart*> html;
    std::vector<const BodyPart*> attachments;
};
BodyLists body_lists(const BodyPart& root);

}  // namespace jmap
