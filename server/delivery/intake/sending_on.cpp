// IncomingMessage, where aliases send it on: from which address, and whether they have done so before.
#include <algorithm>
#include <set>
#include <string>

#include "protocols/base/text.h"
#include "server/delivery/intake/incoming_message.h"
#include "server/delivery/return_addresses.h"
#include "server/delivery/trace.h"
#include "storage/domains.h"
#include "storage/store_await.h"

namespace server::delivery {

using storage::Reason;
using storage::Result;

// An alias whose Delivered-To the message has sends it on no more: it would come back for ever (RFC 5321 §6.3).
IncomingMessage::Done IncomingMessage::leave_out_loops(const HeaderFacts& facts) {
    std::set<std::string> been;
    for (const std::string_view value : facts.delivered_to) been.insert(base::lower(base::trim(value)));
    if (been.empty()) return std::monostate{};
    std::set<std::string> told;
    std::size_t left = envelope_.recipients.size();
    for (services::IntakeRecipient& recipient : envelope_.recipients) {
        const std::string name = recipient.recipient.destinations->name;
        if (!sends_on(recipient) || !been.contains(base::lower(delivered_to(name)))) continue;
        --left;
        recipient.recipient.destinations = {};
        if (!told.insert(name).second) continue;
        looped_.push_back(
            {.alias = recipient.recipient.address,
             .report = {.forward_path = recipient.recipient.address,
                        .original_recipient = recipient.original_recipient,
                        .notify = recipient.notify,
                        .reply = "the message has been sent on from here before: it goes round in circles",
                        .status = "5.4.6",
                        .remote = {},
                        .said = {}},
             .whole = true});
    }
    if (left != 0 || looped_.empty()) return std::monostate{};
    return storage::refuse(Reason::mail_loop, looped_.front().report.reply);
}

LeftOut IncomingMessage::left_out(std::uint64_t octets) const {
    if (!list_.empty()) return {};  // those of an alias beside it have been told of with the others' part
    LeftOut left_out = left_out_of(envelope_, octets);
    left_out.members.insert(left_out.members.end(), looped_.begin(), looped_.end());
    return left_out;
}

// Aliases send on others' mail from return addresses of their own domains: by SPF, this server may not send from the
// sender's. Our own senders, and bounces, stay what they are.
asio::awaitable<Result<Forwarding>> IncomingMessage::forwarding() {
    Forwarding forwarding{.now = now_};
    const std::string& sender = envelope_.reverse_path;
    if (envelope_.submitter || sender.empty() || std::ranges::none_of(envelope_.recipients, sends_on))
        co_return forwarding;
    const Result<bool> ours = co_await house_.store.read(storage::is_our_domain(sender.substr(sender.rfind('@') + 1)));
    if (!ours) co_return std::unexpected(ours.error());
    if (*ours) co_return forwarding;
    Result<Seals> seals = co_await current_seals(house_.store, now_);
    if (!seals) co_return std::unexpected(std::move(seals.error()));
    forwarding.seals = *std::move(seals);
    co_return forwarding;
}

}  // namespace server::delivery
