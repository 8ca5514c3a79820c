// A message's header section on its way in: collected up to its blank line, then mended as RFC 6409 §8 allows. Pure.
// What fields mean is mime's; who may say what is the intake's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace server::delivery {

// Collects the header section from content in any cuts. Memory is bounded by the limit.
class HeaderCollector {
  public:
    explicit HeaderCollector(std::size_t most_octets) : most_octets_(most_octets) {}

    // Takes what belongs to the header section and says how many octets that was; the rest is body.
    std::size_t take(std::string_view octets);
    // No more is to come.
    void finish() { complete_ = true; }

    bool complete() const { return complete_; }
    bool too_large() const { return too_large_; }  // complete() only because the limit was reached
    // The section with its blank line, as far as the content had one.
    const std::string& section() const { return section_; }
    std::size_t room() const { return most_octets_ - section_.size(); }
    // Frees the memory.
    void clear() { std::string().swap(section_); }

  private:
    void judge_line(std::string_view line);

    std::size_t most_octets_;
    std::string section_;
    std::size_t line_start_ = 0;
    bool first_line_ = true;
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
