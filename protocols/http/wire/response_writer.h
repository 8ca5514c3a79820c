// Responses of HTTP/1.1 as octets. RFC 9112 §4, §5, §7.1.
#pragma once

#include <string>
#include <string_view>

#include "protocols/http/wire/message.h"

namespace http::wire {

// RFC 9110 §15, RFC 6585: "Not Found"; empty for a status that has no name here.
std::string_view reason_phrase(int status);

// Whether a response may have content: not for HEAD, and not with 1xx, 204 and 304 (RFC 9112 §6.3); its header section
// then ends it, whatever it says about lengths.
bool may_have_content(std::string_view method, int status);

// Appends status line, fields and the empty line. Adds no field: Date and lengths are the caller's. A name that is not
// a token in lower case, and a CR, LF or other control in a value, are bugs of ours (expects()): nobody splits a
// response.
void append_response_head(std::string& out, const ResponseHead& head);

// Appends a chunk; `content` is not empty, since an empty chunk would be the last.
void append_chunk(std::string& out, std::string_view content);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// Before the content of a request that expects it (RFC 9110 §10.1.1).
inline constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace http::wire
