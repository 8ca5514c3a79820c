// URLs of messages, and of parts of them, on this server. RFC 5092 §6 (imessagepart), §7 (relative references), as
// CATENATE uses them: RFC 4469 §3. The session checks that the message exists.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/limits.h"

namespace imap::wire {

// "/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.MIME/;PARTIAL=0.1024"
struct MessageUrl {
    std::string mailbox;                        // UTF-8
    std::optional<std::uint32_t> uid_validity;  // absent: any
    std::uint32_t uid = 0;
    Section section;                 // absent: the whole message
    std::optional<Partial> partial;  // without a length: up to the end
};

// nullopt if it is not such a URL, or has a scheme, a server or an authorisation (URLAUTH). Without "/" at its
// beginning it is relative to the selected mailbox; empty: none is selected.
std::optional<MessageUrl> parse_message_url(std::string_view url, std::string_view selected,
                                            const ReceiverLimits& limits);

// For the response code BADURL: octets not allowed there are percent-encoded. RFC 4469 §5.
std::string bad_url_code(std::string_view url);

}  // namespace imap::wire
