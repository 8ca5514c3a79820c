// The result of a wire parser. Parsers do no I/O: they say what they still need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

namespace base {

// The octets so far are a valid beginning: call again with more.
struct NeedMore {};

// An IMAP literal is announced here (RFC 9051 §4.3): read `octets` octets after the line, then parse again.
struct NeedLiteral {
    std::uint64_t octets = 0;
    bool synchronizing = true;  // the client waits for a "+" continuation
    bool binary = false;        // literal8, "~{n}" (RFC 3516)
};

// The peer's octets are not what the grammar allows.
struct SyntaxError {
    std::size_t offset = 0;  // octets from the start of the input
    std::string what;        // what was expected there, in words fit for the peer to read
};

template <class T>
using Parsed = std::variant<T, NeedMore, NeedLiteral, SyntaxError>;

}  // namespace base
