// The Email object, from a message's row, summary and octets: RFC 8621 §4.1, and which properties of it a client asks
// for, §4.2. Pure: the caller supplies the octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "protocols/mime/readable_summary.h"
#include "storage/emails.h"
#include "web/jmap/mail/header_forms.h"
#include "web/jmap/wire/arguments.h"
#include "web/jmap/wire/i_json.h"

namespace jmap {

// Of Email/get and Email/parse.
struct EmailRequest {
    std::vector<std::string> properties;
    std::vector<std::string> body_properties;
    bool text_values = false;
    bool html_values = false;
    bool all_values = false;
    std::size_t value_octets = 0;  // of one body value

    bool needs_summary() const;
    // The whole of messages may be read.
    bool needs_content() const;
};

// Whether an Email, or an EmailBodyPart, has a property of this name.
bool is_email_property(std::string_view property);
bool is_body_property(std::string_view property);

// The defaults of "properties" in Email/get; those of Email/parse are without what is of the mail store.
std::span<const char* const> default_email_properties();
std::span<const char* const> default_parse_properties();

// Reads bodyProperties, fetchTextBodyValues, fetchHTMLBodyValues, fetchAllBodyValues, maxBodyValueBytes; `most` is the
// most octets of a body value. Throws invalidArguments.
EmailRequest read_email_request(Arguments& arguments, std::vector<std::string> properties, std::size_t most);

// A message to be shown.
struct ShownMessage {
    const storage::Email* email = nullptr;  // nullptr: it is not in the mail store (Email/parse)
    std::span<const std::string> keywords;  // their names by number
    std::string blob_id;
    std::uint64_t size_octets = 0;
    std::string_view summary;                // as it is stored
    const mime::ReadOctets* read = nullptr;  // of its octets
};
Json email_object(const EmailRequest& request, const ShownMessage& message);

// "keywords" for these flags (§4.1.1).
Json keywords_object(const storage::Flags& flags, std::span<const std::string> names);

}  // namespace jmap
