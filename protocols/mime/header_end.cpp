// One rule for all: used by the message parser and by code that reads a header section from a stream.
#include "protocols/mime/header_end.h"

#include <algorithm>
#include <utility>

#include "protocols/mime/header.h"

namespace mime {

HeaderEnd::Verdict HeaderEnd::judge(std::string_view line) {
    constexpr std::size_t longest_name = 1000;  // of a field name: only so much of a line is searched for the colon
    if (line.ends_with('\n')) line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
    HeaderLine kind = classify_header_line(line.substr(0, longest_name));
    const bool may_be_mbox = std::exchange(may_be_mbox_, false);
    if (kind == HeaderLine::continuation && !begun_) kind = HeaderLine::malformed;
    if (in_doubt_ && kind != HeaderLine::field) return Verdict::before_doubted;
    in_doubt_ = false;
    if (kind == HeaderLine::blank) return Verdict::blank;
    if (kind == HeaderLine::malformed) {
        if (line.starts_with("--")) return Verdict::before_line;  // perhaps a boundary of the multipart announced above
        if (may_be_mbox && line.starts_with("From ")) return Verdict::mbox_line;
    }
    begun_ = true;
    in_doubt_ = kind == HeaderLine::malformed;
    return in_doubt_ ? Verdict::in_doubt : Verdict::inside;
}

std::size_t header_section_octets(std::string_view message) {
    HeaderEnd rule;
    std::size_t doubted_at = 0;
    for (std::size_t at = 0; at < message.size();) {
        const std::size_t end = std::min(message.find('\n', at), message.size() - 1) + 1;
        switch (rule.judge(message.substr(at, end - at))) {
            case HeaderEnd::Verdict::blank:
                return end;
            case HeaderEnd::Verdict::before_line:
                return at;
            case HeaderEnd::Verdict::before_doubted:
                return doubted_at;
            case HeaderEnd::Verdict::in_doubt:
                doubted_at = at;
                break;
            case HeaderEnd::Verdict::mbox_line:
            case HeaderEnd::Verdict::inside:
                break;
        }
        at = end;
    }
    return rule.in_doubt() ? doubted_at : message.size();
}

}  // namespace mime
