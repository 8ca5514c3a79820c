#include "protocols/http/wire/line_reader.h"

#include <algorithm>

namespace http::wire {

LineReader::Outcome LineReader::take(std::string_view& input, std::size_t max_octets) {
    if (ended_) text_.clear();
    ended_ = false;
    const std::size_t end = input.find('\n');
    // One octet more than fits together with CR is enough to see that the line is too long.
    const std::size_t room = max_octets + 2 - std::min(text_.size(), max_octets + 2);
    const std::size_t octets = std::min({end, input.size(), room});
    text_.append(input.substr(0, octets));
    input.remove_prefix(octets);
    const bool has_cr = text_.ends_with('\r');
    if (text_.size() > max_octets + (has_cr ? 1 : 0)) return Outcome::too_long;
    if (octets != end) return Outcome::need_more;
    input.remove_prefix(1);
    if (!has_cr || text_.find('\r') != text_.size() - 1) return Outcome::bare_line_end;
    text_.pop_back();
    ended_ = true;
    return Outcome::line;
}

}  // namespace http::wire
