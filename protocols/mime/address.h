// Mailbox and group lists of a header field. RFC 5322 §3.4 and §4.4 (obsolete: routes, empty elements, spaces between
// the parts), RFC 6532 (UTF-8), RFC 6854 (groups in From). Encoded words stay raw: see encoded_word.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

// One element of an address list, in the flat form of RFC 9051 §7.5.2: a group is its start, its members, its end.
struct Address {
    enum class Kind : std::uint8_t { mailbox, group_start, group_end };

    Kind kind = Kind::mailbox;
    std::string name;    // display name without quotes and comments, encoded words raw; group_start: the group's name
    std::string route;   // obsolete source route, "@a,@b" without the colon; mostly empty
    std::string local;   // local part without quotes; empty if it is missing
    std::string domain;  // domain or "[literal]"; empty if it is missing: then it is a bare word such as "root"

    bool operator==(const Address&) const = default;
};

// The list in a field's raw value (folds allowed). Garbage spoils its own element, never the list. A comment is the
// display name if there is no other: bob@example.org (Bob). At most max_addresses elements.
std::vector<Address> parse_addresses(std::string_view value, std::size_t max_addresses = 1000);

// The same, and whether there were more.
struct AddressList {
    std::vector<Address> addresses;
    bool cut = false;
};
AddressList parse_address_list(std::string_view value, std::size_t max_addresses);

// The first mailbox with a local part in it, or nothing.
std::optional<Address> parse_mailbox(std::string_view value);

// "local@domain" with the local part quoted where the grammar demands it; no display name, no angle brackets.
std::string render_addr_spec(const Address& address);

// An address list as a field value: display names quoted, or RFC 2047 words where they are not ASCII (kept as UTF-8
// if `utf8`). One line, not folded: compose.h folds it.
std::string render_addresses(std::span<const Address> addresses, bool utf8 = false);

}  // namespace mime
