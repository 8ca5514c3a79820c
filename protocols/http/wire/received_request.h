// What the fields of a request say about its framing and its connection; whatever two recipients could understand in
// two ways is refused. RFC 9112 §3.2, §6, §9.3, RFC 9110 §10.1.1.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "protocols/http/wire/fault.h"
#include "protocols/http/wire/message.h"

namespace http::wire {

struct ReceivedRequest {
    RequestHead head;                             // its fields without Host, which is in the authority
    bool chunked = false;                         // its content comes in chunks (RFC 9112 §7.1); never in HTTP/2
    std::optional<std::uint64_t> content_length;  // nullopt: not said; in HTTP/1.1 there is no content if not chunked
    bool persistent = true;                       // the connection may go on after the response (RFC 9112 §9.3)
    bool expects_continue = false;                // the client waits for 100 before it sends content
    friend bool operator==(const ReceivedRequest&, const ReceivedRequest&) = default;
};

// A head whose method and target are well-formed; its authority is the target's, or empty. Whatever is wrong with Host,
// Content-Length, Transfer-Encoding or Expect is a fault. Content-Length and Transfer-Encoding exclude each other, and
// neither may come twice, not even with equal values (RFC 9110 §8.6 leaves that to us).
std::expected<ReceivedRequest, Fault> receive(RequestHead head);

}  // namespace http::wire
