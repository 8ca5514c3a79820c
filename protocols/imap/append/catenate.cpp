// Octets of stored messages by URL. RFC 4469 §3, RFC 5092 §6.
#include "protocols/imap/append/catenate.h"

#include <memory>
#include <utility>

#include "protocols/imap/fetch/content.h"
#include "storage/mailboxes.h"

namespace imap {

using storage::Result;

namespace {

Result<CatenatedPart> find_part(storage::Snapshot& snapshot, storage::AccountId account, const wire::MessageUrl& url,
                                const CatenateLimits& limits) {
    const Result<storage::Mailbox> mailbox =
        storage::find_mailbox(account, url.mailbox, storage::right::read)(snapshot);
    if (!mailbox) return std::unexpected(mailbox.error());
    if (url.uid_validity && *url.uid_validity != mailbox->uid_validity) {
        return storage::refuse(storage::Reason::no_such_message, "the mailbox has another UIDVALIDITY now");
    }
    const wire::FetchItem part{
        .kind = wire::FetchItem::Kind::body_section, .section = url.section, .partial = url.partial, .peek = true};
    auto plan = std::make_shared<FetchPlan>(storage::Access(mailbox->id, account), std::vector{part});
    plan->batch_messages = 1;
    plan->chunk_octets = limits.chunk_octets;
    plan->header_octets = limits.header_octets;
    Result<FetchBatch> batch =
        read_fetch_batch(std::move(plan), storage::UidSet{storage::Uid{url.uid}}, true)(snapshot);
    if (!batch) return std::unexpected(std::move(batch.error()));
    if (batch->messages.empty()) return storage::refuse(storage::Reason::no_such_message, "there is no such message");
    FetchedMessage& message = batch->messages.front();
    FetchedContent& content = message.contents.front();
    if (content.source.kind == ContentSource::Kind::nothing) {
        return storage::refuse(storage::Reason::no_such_message, "the message has no such part");
    }
    return CatenatedPart{.loaded = content.loaded,
                         .octets = std::move(content.octets),
                         .mailbox = mailbox->id,
                         .blob = message.blob,
                         .range = content.source.range};
}

}  // namespace

storage::Query<CatenatedPart> find_catenated_part(storage::AccountId account, wire::MessageUrl url,
                                                  CatenateLimits limits) {
    return [account, url = std::move(url), limits](storage::Snapshot& snapshot) {
        return find_part(snapshot, account, url, limits);
    };
}

}  // namespace imap
