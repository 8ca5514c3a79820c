// The envelope of a message's header section. RFC 9051 §7.5.2 (ENVELOPE), RFC 5322 §3.6.
// (SMTP's envelope, the paths of RFC 5321, is smtp's.) Values stay as they were sent; decode with encoded_word.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/address.h"

namespace mime {

// nullopt: the field is absent (NIL); empty: present but empty. Strings are unfolded, encoded words raw. Octets in
// other charsets are converted to UTF-8 first (field_to_utf8()): address lists could not be parsed otherwise.
struct Envelope {
    std::optional<std::string> date;
    std::optional<std::string> subject;
    std::vector<Address> from;
    std::vector<Address> sender;    // as from, if the field is absent or empty
    std::vector<Address> reply_to;  // as from, if the field is absent or empty
    std::vector<Address> to;
    std::vector<Address> cc;
    std::vector<Address> bcc;
    std::optional<std::string> in_reply_to;
    std::optional<std::string> message_id;
    std::string charset;  // charset of the message's raw header octets; empty: none known
    bool cut = false;     // some addresses of a list were dropped (max_addresses)

    bool operator==(const Envelope&) const = default;
};

// If fields are repeated, the first date, subject and ids count; address lists are joined, so that no client can show
// other authors than we do. At most max_addresses in each list.
Envelope parse_envelope(std::string_view header_section, std::string_view charset = {},
                        std::size_t max_addresses = 1000);

// Takes the next message id ("<…>", as written) and all before it from the front of a References, In-Reply-To or
// Message-ID value. nullopt: no id is left, and the value is empty.
std::optional<std::string_view> take_message_id(std::string_view& value);

// The form in which equal message ids compare equal: without brackets, white space and quoting (RFC 5256 §3).
std::string normal_message_id(std::string_view id);

// The message ids ("<…>", brackets kept) in a References or In-Reply-To value, in order, at most max_ids: where there
// are more, the first (the thread's root) and the last ones.
std::vector<std::string> parse_message_ids(std::string_view value, std::size_t max_ids = 100);

}  // namespace mime
