// The base subject. RFC 5256 §2.1 (the steps), §5 (their grammar); its strings match in any case.
// Steps (3) to (5) are one loop: a run of blobs is either the front of a leader, or each blob is dropped as long as
// something is left after it.
#include "protocols/mime/base_subject.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/encoded_word.h"

namespace mime {
namespace {

// Step (1).
std::string single_spaced(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\r' || c == '\n'; }, ' ');
    const auto rest = std::ranges::unique(text, [](char a, char b) { return a == ' ' && b == ' '; });
    text.erase(rest.begin(), rest.end());
    return text;
}

void drop_spaces(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(' '), text.size())); }

// subj-blob = "[" *BLOBCHAR "]" *WSP
bool take_blob(std::string_view& text) {
    if (!text.starts_with('[')) return false;
    const std::size_t end = text.find_first_of("[]", 1);
    if (end == std::string_view::npos || text[end] == '[') return false;
    text.remove_prefix(end + 1);
    drop_spaces(text);
    return true;
}

// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
bool take_reply_mark(std::string_view& text) {
    std::string_view rest = text;
    if (base::istarts_with(rest, "fwd")) {
        rest.remove_prefix(3);
    } else if (base::istarts_with(rest, "re") || base::istarts_with(rest, "fw")) {
        rest.remove_prefix(2);
    } else {
        return false;
    }
    drop_spaces(rest);
    take_blob(rest);
    if (!rest.starts_with(':')) return false;
    text = rest.substr(1);
    return true;
}

// Step (2): subj-trailer = "(fwd)" / WSP
void drop_trailers(std::string_view& text, bool& marked) {
    for (;;) {
        if (text.ends_with(' ')) {
            text.remove_suffix(1);
        } else if (text.size() >= 5 && base::iequals(text.substr(text.size() - 5), "(fwd)")) {
            text.remove_suffix(5);
            marked = true;
        } else {
            return;
        }
    }
}

// Steps (3) to (5): subj-leader = (*subj-blob subj-refwd) / WSP, and blobs with something after them.
void drop_leaders(std::string_view& text, bool& marked) {
    for (;;) {
        drop_spaces(text);
        std::string_view rest = text;
        std::string_view last_blob = text;
        for (std::string_view at = rest; take_blob(at); at = rest) {
            last_blob = rest;
            rest = at;
        }
        const bool whole = rest.empty();
        if (!take_reply_mark(rest)) {
            text = whole ? last_blob : rest;
            return;
        }
        marked = true;
        text = rest;
    }
}

}  // namespace

BaseSubject base_subject(std::string_view subject) {
    const std::string decoded = single_spaced(decode_encoded_words(subject));
    constexpr std::string_view forward_head = "[fwd:";
    std::string_view text = decoded;
    BaseSubject base;
    for (;;) {
        drop_trailers(text, base.is_reply_or_forward);
        drop_leaders(text, base.is_reply_or_forward);
        if (!base::istarts_with(text, forward_head) || !text.ends_with(']')) break;  // step (6)
        text.remove_prefix(forward_head.size());
        text.remove_suffix(1);
        base.is_reply_or_forward = true;
    }
    base.text = text;
    return base;
}

}  // namespace mime
