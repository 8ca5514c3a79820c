// Dot transparency and strict line ends, a line at a time by memchr. RFC 5321 §4.5.2, §2.3.8.
// Every octet is looked at twice (for LF, then for CR before it); input is not copied. The session sets limits and
// refuses faulty data.
#include "protocols/smtp/wire/data.h"

#include <cstring>

namespace smtp::wire {

namespace {

// Position of `c` in text at or after `from` and before `to`; `to` when there is none.
std::size_t find(std::string_view text, char c, std::size_t from, std::size_t to) {
    if (from >= to) return to;
    const void* found = std::memchr(text.data() + from, c, to - from);
    return found == nullptr ? to : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

std::string_view LineEndMender::mend(std::string_view octets) {
    if (octets.empty()) return octets;
    copy_.clear();
    std::size_t copied = 0;
    std::size_t at = 0;
    if (after_cr_) {
        at = octets[0] == '\n' ? 1 : 0;
        if (at == 0) bare_cr_ = true;
        after_cr_ = false;
    }
    while (at < octets.size()) {
        const std::size_t lf = find(octets, '\n', at, octets.size());
        const std::size_t cr = find(octets, '\r', at, lf);
        if (cr + 1 < lf) bare_cr_ = true;
        if (lf == octets.size()) {
            after_cr_ = octets.back() == '\r';
            break;
        }
        if (lf == at || octets[lf - 1] != '\r') {
            copy_.append(octets, copied, lf - copied).append("\r\n");
            copied = lf + 1;
            ++mended_;
        }
        at = lf + 1;
    }
    return copied == 0 ? octets : std::string_view(copy_.append(octets, copied));
}

// Continues inside a line, up to a line that begins with a dot or the end of the input.
std::size_t DataReader::run(std::string_view input, std::size_t from) {
    while (from < input.size()) {
        const std::size_t lf = find(input, '\n', from, input.size());
        const std::size_t cr = find(input, '\r', from, lf);
        if (cr + 1 < lf) bare_ = true;
        if (lf == input.size()) {
            at_ = input.back() == '\r' ? At::cr : At::line;
            return lf;
        }
        const bool line_end = lf > from && input[lf - 1] == '\r';
        if (!line_end) bare_ = true;
        from = lf + 1;
        at_ = line_end ? At::line_start : At::line;
        if (line_end && (from == input.size() || input[from] == '.')) return from;
    }
    return from;
}

DataReader::Step DataReader::next(std::string_view input) {
    std::size_t at = 0;
    while (at < input.size()) {
        switch (at_) {
            case At::line_start:
                if (input[at] == '.') {
                    at_ = At::dot;
                    return {input.substr(0, at), at + 1, false};
                }
                at = run(input, at);
                break;
            case At::line:
                at = run(input, at);
                break;
            case At::cr:
                if (input[at] == '\n') {
                    at_ = At::line_start;
                    ++at;
                } else {
                    bare_ = true;
                    at_ = At::line;
                }
                break;
            case At::dot:
                if (input[at] == '\r') {
                    at_ = At::dot_cr;
                    return {{}, at + 1, false};
                }
                at_ = At::line;
                break;
            case At::dot_cr:
                if (input[at] == '\n') {
                    at_ = At::line_start;
                    return {{}, at + 1, true};
                }
                bare_ = true;
                at_ = At::line;
                return {"\r", at, false};
        }
    }
    return {input, at, false};
}

// A piece of a line, without any line end in it.
void DataWriter::append_line_part(std::string& out, std::string_view part) {
    if (part.empty()) return;
    if (line_start_ && part.front() == '.' && dots_ == Dots::stuffed) out += '.';
    line_start_ = false;
    out += part;
}

void DataWriter::end_line(std::string& out) {
    out += "\r\n";
    line_start_ = true;
    after_cr_ = false;
}

void DataWriter::append(std::string& out, std::string_view content) {
    std::size_t at = 0;
    while (at < content.size()) {
        if (after_cr_) {
            if (content[at] == '\n') ++at;
            end_line(out);
            continue;
        }
        const std::size_t lf = find(content, '\n', at, content.size());
        const std::size_t cr = find(content, '\r', at, lf);
        append_line_part(out, content.substr(at, cr - at));
        at = cr;
        if (at == content.size()) return;
        if (cr == lf) end_line(out);
        after_cr_ = cr != lf;
        ++at;
    }
}

void DataWriter::finish(std::string& out) {
    if (after_cr_ || !line_start_) end_line(out);
    if (dots_ == Dots::stuffed) out += ".\r\n";
}

}  // namespace smtp::wire
