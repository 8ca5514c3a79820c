// Aliases, lists and quotas are looked at when the message is due, not when it is submitted: until then they may
// change.
#include "server/queue/here.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/delivery/trace.h"
#include "server/queue/send_message.h"
#include "storage/blobs.h"
#include "storage/store_await.h"

namespace server::queue {
namespace {

using storage::Reason;

// The author was checked when it was submitted: it comes from nobody, and is judged by nobody.
services::IntakeEnvelope envelope_of(const storage::QueueMessage& message) {
    services::IntakeEnvelope envelope;
    envelope.session = message.session;
    envelope.area = "queue";
    envelope.protocol = "LMTP";
    envelope.reverse_path = message.reverse_path;
    envelope.envelope_id = message.envelope_id;
    envelope.dsn_return = message.dsn_return;
    envelope.eight_bit_mime = message.eight_bit_mime;
    envelope.smtputf8 = message.smtputf8;
    envelope.tls_wish = message.tls_wish;
    return envelope;
}

// RFC 3463. What may pass is tried again: a mailbox may have room tomorrow.
smtp::Outcome refused(const storage::Refusal& refusal) {
    switch (refusal.reason) {
        case Reason::no_such_account:
            return smtp::permanent("5.1.1", refusal.text);
        case Reason::over_quota:
            return smtp::temporary("4.2.2", refusal.text);
        case Reason::too_large:
            return smtp::permanent("5.3.4", refusal.text);
        case Reason::mail_loop:
            return smtp::permanent("5.4.6", refusal.text);
        case Reason::not_permitted:
        case Reason::not_deliverable:
            return smtp::permanent("5.7.1", refusal.text);
        default:
            return smtp::temporary("4.3.0", refusal.text);
    }
}

asio::awaitable<storage::Result<std::monostate>> copy_content(storage::Store& store,
                                                              const storage::QueueMessage& message,
                                                              services::IncomingMessage& into) {
    std::uint64_t offset = 0;
    while (offset < message.size_octets) {
        storage::Result<std::string> read = co_await store.read(storage::read_blob(message.blob, offset, chunk_octets));
        if (!read) co_return std::unexpected(std::move(read.error()));
        if (read->empty()) co_return storage::refuse(Reason::unavailable, "the content of a queued message is gone");
        const std::size_t skipped = offset == 0 ? delivery::return_path_octets(*read) : 0;
        const auto written = co_await into.write(std::string_view(*read).substr(skipped));
        if (!written) co_return written;
        offset += read->size();
    }
    co_return std::monostate{};
}

asio::awaitable<std::optional<smtp::Outcome>> deliver(storage::Store& store, services::Intake& intake,
                                                      const storage::QueueMessage& message,
                                                      services::IntakeEnvelope envelope) {
    const std::unique_ptr<services::IncomingMessage> incoming = intake.begin(std::move(envelope));
    const auto copied = co_await copy_content(store, message, *incoming);
    if (!copied) co_return refused(copied.error());
    const auto receipt = co_await incoming->finish();
    if (!receipt) co_return refused(receipt.error());
    co_return std::nullopt;
}

}  // namespace

// What the directory refuses is here, too: it refuses nothing of other domains. It must not be sent out and come back.
asio::awaitable<HeldMessage> divide_held(services::Directory& directory, storage::QueueMessage message) {
    const std::vector<storage::QueueRecipient> recipients = std::exchange(message.recipients, {});
    HeldMessage held{.here = message, .found = {}, .elsewhere = std::move(message)};
    for (const storage::QueueRecipient& recipient : recipients) {
        storage::Result<services::Recipient> found = co_await directory.resolve(recipient.forward_path);
        const bool here = !found || found->ours;
        (here ? held.here : held.elsewhere).recipients.push_back(recipient);
        if (here) held.found.push_back(std::move(found));
    }
    co_return held;
}

asio::awaitable<std::vector<smtp::Outcome>> deliver_here(storage::Store& store, services::Intake& intake,
                                                         const HeldMessage& held) {
    services::IntakeEnvelope envelope = envelope_of(held.here);
    std::vector<std::optional<smtp::Outcome>> refusals(held.found.size());
    for (std::size_t i = 0; i < held.found.size(); ++i) {
        const storage::Result<services::Recipient>& found = held.found[i];
        if (!found) {
            refusals[i] = refused(found.error());
        } else if (!found->destinations->takes(held.here.size_octets)) {
            refusals[i] = smtp::temporary("4.2.2", "mailbox full");
        } else {
            envelope.recipients.push_back({.recipient = *found});
        }
    }
    smtp::Outcome of_others{.kind = smtp::Outcome::Kind::accepted, .status = "2.0.0", .text = "delivered here"};
    if (!envelope.recipients.empty()) {
        std::optional<smtp::Outcome> refusal = co_await deliver(store, intake, held.here, std::move(envelope));
        if (refusal) of_others = *std::move(refusal);
    }
    std::vector<smtp::Outcome> outcomes;
    for (std::optional<smtp::Outcome>& refusal : refusals) outcomes.push_back(std::move(refusal).value_or(of_others));
    co_return outcomes;
}

}  // namespace server::queue
