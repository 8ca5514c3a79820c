// Finds the end of a message's header section, line by line; all code that reads messages uses this rule. RFC 5322 §2.1
// ends it with a blank line; some senders forget it. A line that is not a field is skipped if a field follows;
// otherwise the blank line is missing, and that line is the first of the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mime {

class HeaderEnd {
  public:
    enum class Verdict : std::uint8_t {
        mbox_line,       // the "From " line of an mbox file: before the section, not part of it
        inside,          // a field, or the continuation of one
        in_doubt,        // neither: the next line decides
        blank,           // ends the section and is its last line
        before_line,     // the section ended before this line: the body starts with it
        before_doubted,  // it ended before the line that was in doubt
    };

    // whole_message: not a part within one. Only a whole message may begin with an mbox line.
    explicit HeaderEnd(bool whole_message = true) : may_be_mbox_(whole_message) {}

    // The next line, with or without its end. Must not be called after the section has ended.
    Verdict judge(std::string_view line);

    // The last line was in doubt. If the message ends there, that line belongs to the body.
    [[nodiscard]] bool in_doubt() const { return in_doubt_; }

  private:
    bool may_be_mbox_;
    bool begun_ = false;  // some line was part of the section
    bool in_doubt_ = false;
};

// Octets of the message's header section with its blank line; all octets, if the message has no body.
std::size_t header_section_octets(std::string_view message);

}  // namespace mime
