#include "server/queue/fitting.h"

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"

namespace server::queue {
namespace {

// Whether its local part is not ASCII; a non-ASCII domain alone can be written as A-labels.
bool is_international(std::string_view path) { return !base::is_ascii(path.substr(0, path.rfind('@'))); }

bool needs_smtputf8(const storage::QueueMessage& message) {
    if (message.smtputf8 || is_international(message.reverse_path)) return true;
    for (const storage::QueueRecipient& recipient : message.recipients) {
        if (is_international(recipient.forward_path)) return true;
    }
    return false;
}

}  // namespace

Fitted fit(const storage::QueueMessage& message, const smtp::wire::PeerExtensions& peer, bool headers_are_ascii) {
    const bool with_smtputf8 = peer.smtputf8 && needs_smtputf8(message);
    const auto written = [&](const std::string& path) { return with_smtputf8 ? path : dns::with_ascii_domain(path); };
    const bool none_goes = !with_smtputf8 && (is_international(message.reverse_path) || !headers_are_ascii);
    Fitted fitted{.message = {.reverse_path = written(message.reverse_path),
                              .size_octets = message.size_octets,
                              .envelope_id = message.envelope_id,
                              .dsn_return = message.dsn_return,
                              .eight_bit_mime = message.eight_bit_mime,
                              .smtputf8 = with_smtputf8,
                              .recipients = {}},
                  .recipients = {},
                  .outcomes = std::vector<std::optional<smtp::Outcome>>(message.recipients.size())};
    for (std::size_t i = 0; i < message.recipients.size(); ++i) {
        const storage::QueueRecipient& recipient = message.recipients[i];
        if (none_goes || (!with_smtputf8 && is_international(recipient.forward_path))) {
            fitted.outcomes[i] =
                smtp::permanent("5.6.7", "the other server cannot take internationalized mail (SMTPUTF8)");
            continue;
        }
        fitted.recipients.push_back(i);
        fitted.message.recipients.push_back({.forward_path = written(recipient.forward_path),
                                             .notify = recipient.notify,
                                             .original_recipient = recipient.original_recipient});
    }
    return fitted;
}

}  // namespace server::queue
