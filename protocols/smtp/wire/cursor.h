// A position in a command line, for the recursive-descent parsers of this folder. Views only; never past the end. Names
// follow RFC 5234's core rules if there is one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocols/base/parsed.h"
#include "protocols/base/text.h"

namespace smtp::wire {

class Cursor {
  public:
    explicit Cursor(std::string_view line) : line_(line) {}

    bool at_end() const { return at_ == line_.size(); }
    char peek() const { return at_end() ? '\0' : line_[at_]; }
    std::string_view rest() const { return line_.substr(at_); }
    std::size_t offset() const { return at_; }
    void advance(std::size_t octets) { at_ += octets < line_.size() - at_ ? octets : line_.size() - at_; }

    bool skip(char c) {
        if (at_end() || line_[at_] != c) return false;
        ++at_;
        return true;
    }
    // True if there was at least one space.
    bool skip_spaces() {
        const std::size_t from = at_;
        while (!at_end() && base::is_space(line_[at_])) ++at_;
        return at_ > from;
    }
    // The text up to a space or the end.
    std::string_view word() {
        return take_while([](char c) { return !base::is_space(c); });
    }
    std::string_view take_while(auto accepts) {
        const std::size_t from = at_;
        while (!at_end() && accepts(line_[at_])) ++at_;
        return line_.substr(from, at_ - from);
    }

    base::SyntaxError error(std::string what) const { return {at_, std::move(what)}; }

  private:
    std::string_view line_;
    std::size_t at_ = 0;
};

}  // namespace smtp::wire
