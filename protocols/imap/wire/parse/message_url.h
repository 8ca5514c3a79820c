// URLs of messages, and of parts of them, that are on this server. RFC 5092 §6 (imessagepart), §7 (relative
// references), as CATENATE uses them: RFC 4469 §3. That there is such a message is the session's to find out.
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
    std::optional<std::uint32_t> uid_validity;  // absent: whatever it is
    std::uint32_t uid = 0;
    Section section;                 // absent: all of the message
    std::optional<Partial> partial;  // without a length: all that follows
};

// Nothing for what is no such URL, or one with a scheme, a server or an authorisation (URLAUTH). One that does
// not begin with "/" is relative to the selected mailbox; empty: none is selected.
std::optional<MessageUrl> parse_message_url(std::string_view url, std::string_view selected,
                                            const ReceiverLimits& limits);

// As BADURL tells it back: what cannot stand in a response code is percent-encoded. RFC 4469 §5.
std::string bad_url_code(std::string_view url);

}  // namespace imap::wire
