// What of a message a peer can take: internationalized addresses and header sections need SMTPUTF8, a domain alone does
// not (RFC 6531 §3.2, §3.7.1). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/smtp/client.h"
#include "storage/queue.h"

namespace server::queue {

struct Fitted {
    smtp::OutgoingMessage message;                       // for those that it can be sent to
    std::vector<std::size_t> recipients;                 // their places in the queued message
    std::vector<std::optional<smtp::Outcome>> outcomes;  // of the others, by place
};

// `headers_are_ascii` is asked only where the message says that it is internationalized and the peer does not know
// that.
Fitted fit(const storage::QueueMessage& message, const smtp::wire::PeerExtensions& peer, bool headers_are_ascii);

}  // namespace server::queue
