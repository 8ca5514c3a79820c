// The Sender Rewriting Scheme: the reverse-path of mail that is sent on becomes an address of ours, from which bounces
// go back to the sender. SPF then passes for us (RFC 7208 §11.4, appendix D). The formats are those that libsrs2 and
// others use, so that forwarders can follow each other:
//     SRS0=seal=stamp=domain=local@ours      of local@domain
//     SRS1=seal=host=rest@ours               of a forwarder's SRS0rest@host, or SRS1=…=host=rest: bounces go there at
//     once SRS0=seal=stamp==token@ours            of a sender that fits into no local part of 64 octets: the store has
//     it
// Pure. Whoever has seen such an address can write to that one sender until it expires, and to nobody else.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "server/delivery/seals.h"

namespace server::delivery::srs {

struct Rewritten {
    std::string reverse_path;
    std::string token;  // if not empty, the sender must be kept under it
};
// The return address at `domain` (ours) for this sender, which must not be empty.
Rewritten rewrite(const Seals& seals, std::string_view sender, std::string_view domain);

// Whether a local part looks like a return address; no other address here may begin so.
bool is_return_address(std::string_view local_part);

enum class Fault : std::uint8_t { malformed, forged, expired };
struct Reversed {
    std::string address;  // where bounces go; or, if it is empty,
    std::string token;    // what the store keeps it under
};
// What rewrite() made for that domain.
std::expected<Reversed, Fault> reverse(const Seals& seals, std::string_view local_part, std::string_view domain);

// "this return address has expired"
std::string_view words_for(Fault fault);

}  // namespace server::delivery::srs
