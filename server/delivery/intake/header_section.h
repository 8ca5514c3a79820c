// A message's header section on its way in: collected up to its blank line, then mended as RFC 6409 §8 allows. Pure.
// What fields mean is mime's; who may say what is the intake's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/header_end.h"

namespace server::delivery {

// Collects the header section from content in any cuts; where it ends is told as the message parser tells it
// (mime::HeaderEnd), so that a message is the same whichever way it came. Memory is bounded by the limit.
class HeaderCollector {
  public:
    explicit HeaderCollector(std::size_t most_octets) : most_octets_(most_octets) {}

    // Takes what may belong to the header section and says how many octets that was; the rest is body.
    std::size_t take(std::string_view octets);
    // No more is to come.
    void finish();

    bool complete() const { return complete_; }
    bool too_large() const { return too_large_; }  // complete() only because the limit was reached
    // Once complete: the section with its blank line, as far as the content had one; no mbox line in front of it.
    const std::string& section() const { return section_; }
    // Once complete: what was taken and is the beginning of the body, since the blank line was missing.
    const std::string& body_start() const { return body_start_; }
    std::size_t room() const { return most_octets_ - section_.size(); }
    // Frees the memory.
    void clear();

  private:
    void end_line();
    void end_before(std::size_t body);

    std::size_t most_octets_;
    mime::HeaderEnd rule_;
    std::string section_;
    std::string body_start_;
    std::size_t line_start_ = 0;
    std::size_t doubted_at_ = 0;  // where the line starts that is in doubt
    bool complete_ = false;
    bool too_large_ = false;
};

// What there is in a section, for judging and mending it.
struct HeaderFacts {
    std::size_t fields = 0;
    std::size_t received = 0;
    bool date = false;
    bool message_id = false;
    bool from = false;
    bool resent = false;  // Resent-From or Resent-Sender
    bool resent_date = false;
    bool resent_message_id = false;
    std::vector<std::string> from_addresses;  // "local@domain" of From, or of Resent-From where there is one
    std::string sender;                       // of Sender (Resent-Sender), or empty
};
HeaderFacts examine_header(std::string_view section);

// The section without the fields of these names (ASCII case ignored), all else untouched.
std::string without_fields(std::string_view section, const std::vector<std::string_view>& names);

}  // namespace server::delivery
