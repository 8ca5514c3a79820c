// Status lines. RFC 1939 §3, RFC 2449 §3 and §8 (response codes), at most 512 octets with their CRLF.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pop3::wire {

// Response codes: RFC 2449 §8.1, RFC 3206 §4, §5, RFC 6856 §5.
namespace code {
inline constexpr std::string_view none;
inline constexpr std::string_view in_use = "IN-USE";  // the maildrop is locked by another session
inline constexpr std::string_view login_delay = "LOGIN-DELAY";
inline constexpr std::string_view sys_temp = "SYS/TEMP";  // try again later
inline constexpr std::string_view sys_perm = "SYS/PERM";  // an administrator must act
inline constexpr std::string_view auth = "AUTH";          // the credentials are wrong
inline constexpr std::string_view utf8 = "UTF8";          // the message needs UTF-8 mode
}  // namespace code

// Appends "+OK text" or "-ERR [code] text". Line ends and other controls in text become spaces; too long text is cut to
// the line limit.
void append_ok(std::string& out, std::string_view text);
void append_error(std::string& out, std::string_view text, std::string_view response_code = code::none);

// Appends a number in decimal.
void append_number(std::string& out, std::uint64_t number);

// The last line of a multi-line response.
inline constexpr std::string_view multi_line_end = ".\r\n";

}  // namespace pop3::wire
