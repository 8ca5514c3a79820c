// Checks for what can only fail by a bug of ours. A failure ends the current session (421, BYE), not the process.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

namespace base {

// Thrown by expects(): a bug of ours. what() says where.
class BrokenExpectation : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

// Throws BrokenExpectation with file and line unless `holds`.
inline void expects(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
    if (!holds) {
        throw BrokenExpectation(std::string(where.file_name()) + ":" + std::to_string(where.line()) + ": " + what);
    }
}

}  // namespace base
