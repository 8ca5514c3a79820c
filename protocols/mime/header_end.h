// Where a message's header section ends, told line by line: the one rule of all that read messages. RFC 5322 §2.1 has a
// blank line there; what senders do instead is forgiven. A line that is no field is passed over if a field follows it;
// else the blank line is missing, and it is the first line of the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mime {

class HeaderEnd {
  public:
    enum class Verdict : std::uint8_t {
        mbox_line,       // the "From " line of an mbox file, in front of the section and no part of it
        inside,          // a field, or the continuation of one
        in_doubt,        // neither: the next line tells
        blank,           // ends the section and is its last line
        before_line,     // the section ended in front of this line: the body starts with it
        before_doubted,  // it ended in front of the line that was in doubt
    };

    // whole_message: no part within one; that may have an mbox line.
    explicit HeaderEnd(bool whole_message = true) : may_be_mbox_(whole_message) {}

    // The next line, with or without its end. Not to be asked again once the section has ended.
    Verdict judge(std::string_view line);

    // The last line was in doubt, as it still is at the message's end: there, too, it is the body's.
    [[nodiscard]] bool in_doubt() const { return in_doubt_; }

  private:
    bool may_be_mbox_;
    bool begun_ = false;  // some line was part of the section
    bool in_doubt_ = false;
};

// Octets of the header section that the message begins with, its blank line included; all of it, where it has no body.
std::size_t header_section_octets(std::string_view message);

}  // namespace mime
