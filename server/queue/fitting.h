// Which recipients of a message a peer can take: non-ASCII local parts and header sections need SMTPUTF8, a non-ASCII
// domain alone does not (RFC 6531 §3.2, §3.7.1). Pure.
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
    smtp::OutgoingMessage message;                       // for the recipients it can be sent to
    std::vector<std::size_t> recipients;                 // their indexes in the queued message
    std::vector<std::optional<smtp::Outcome>> outcomes;  // of the others, by index
};

// `headers_are_ascii` is used only if the message is marked as internationalized and the peer lacks SMTPUTF8.
Fitted fit(const storage::QueueMessage& message, const smtp::wire::PeerExtensions& peer, bool headers_are_ascii);

}  // namespace server::queue
