// Matching of LIST's patterns, by following all ways through the pattern at once. RFC 9051 §6.3.9.
#include "protocols/imap/wire/list_pattern.h"

#include <cstddef>

#include "protocols/base/text.h"

namespace imap::wire {
namespace {

bool is_wildcard(char c) { return c == '*' || c == '%'; }

// A place behind wildcards is reached as soon as they are, since they may match nothing.
void reach_past_wildcards(std::string_view pattern, std::string& reached) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (reached[i] != 0 && is_wildcard(pattern[i])) reached[i + 1] = 1;
    }
}

}  // namespace

std::string join_reference(std::string_view reference, std::string_view pattern, char separator) {
    if (pattern.starts_with(separator)) return std::string(pattern);
    std::string joined(reference);
    joined += pattern;
    return joined;
}

bool matches_list_pattern(std::string_view pattern, std::string_view name, char separator) {
    constexpr std::string_view inbox = "INBOX";
    const bool is_inbox =
        base::istarts_with(name, inbox) && (name.size() == inbox.size() || name[inbox.size()] == separator);
    std::string reached(pattern.size() + 1, 0);  // reached[i]: pattern[0, i) matches the name so far
    reached[0] = 1;
    reach_past_wildcards(pattern, reached);
    for (std::size_t at = 0; at < name.size(); ++at) {
        std::string next(pattern.size() + 1, 0);
        const char c = name[at];
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (reached[i] == 0) continue;
            const char p = pattern[i];
            if (p == '*' || (p == '%' && c != separator)) {
                next[i] = 1;
            } else if (p == c || (is_inbox && at < inbox.size() && base::to_lower(p) == base::to_lower(c))) {
                next[i + 1] = 1;
            }
        }
        reach_past_wildcards(pattern, next);
        reached.swap(next);
    }
    return reached[pattern.size()] != 0;
}

}  // namespace imap::wire
