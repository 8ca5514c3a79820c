// Blobs are read whole, since a message is composed or parsed from them: within the limit of an upload.
#include "web/jmap/email_writing.h"

#include <algorithm>
#include <utility>

#include "protocols/mime/summary.h"
#include "protocols/mime/summary_view.h"
#include "protocols/mime/thread_names.h"
#include "storage/blobs.h"
#include "storage/contents.h"
#include "storage/object_id_text.h"
#include "web/jmap/mail/body_values.h"
#include "web/jmap/wire/method_error.h"

namespace jmap {
namespace {

using storage::Result;
using storage::Snapshot;

constexpr std::uint64_t piece_of_content = 64U << 10;

// The part's decoded content, or the whole message; nullopt: there is no such part.
std::optional<std::string> octets_of_blob(const storage::ClientBlob& blob, const storage::BlobName& name,
                                          const mime::ReadOctets& read) {
    std::string octets;
    if (name.part.empty()) {
        for (std::uint64_t at = 0; at < blob.size_octets; at = octets.size()) {
            const std::string_view piece = read(at, piece_of_content);
            if (piece.empty()) break;
            octets += piece;
        }
        return octets;
    }
    std::string anew;
    const mime::SummaryView summary(mime::readable_summary(blob.summary, read, anew));
    const std::optional<mime::PartView> view = mime::find_part(summary, name.part);
    if (!view || view->kind == mime::PartKind::multipart) return std::nullopt;
    BodyPart part;
    part.view = *view;
    read_decoded(part, read, [&octets](std::string_view piece) {
        octets += piece;
        return true;
    });
    return octets;
}

}  // namespace

storage::Query<std::map<std::string, std::string>> load_blobs(storage::EmailAccess access, std::set<std::string> ids,
                                                              std::uint64_t most) {
    return [=, ids = std::move(ids)](Snapshot& snapshot) -> Result<std::map<std::string, std::string>> {
        std::map<std::string, std::string> blobs;
        std::uint64_t total = 0;
        for (const std::string& id : ids) {
            const Result<std::optional<storage::ClientBlob>> blob = storage::find_client_blob(access, id)(snapshot);
            if (!blob) return std::unexpected(blob.error());
            if (!*blob) continue;
            total += (*blob)->size_octets;
            if (total > most) throw MethodError("requestTooLarge", "these blobs are too large together");
            storage::ContentReader reader(snapshot, {(*blob)->content});
            reader.open((*blob)->content);
            const mime::ReadOctets read = [&reader](std::uint64_t offset, std::uint64_t length) {
                return reader.read(offset, length);
            };
            std::optional<std::string> octets = octets_of_blob(**blob, *storage::parse_blob_id(id), read);
            if (octets) blobs[id] = *std::move(octets);
        }
        return blobs;
    };
}

asio::awaitable<Result<storage::NewMessage>> stage_message(Call& call, const std::string& octets,
                                                           storage::NamedFlags flags, std::int64_t date) {
    storage::BlobWriter writer(call.context.store.unchecked(), call.context.identity.account);
    const Result<std::monostate> written = co_await writer.write(octets);
    if (!written) co_return std::unexpected(written.error());
    Result<storage::StagedBlob> staged = co_await writer.finish();
    if (!staged) co_return std::unexpected(staged.error());
    const mime::Summary summary = mime::summarize(octets);
    co_return storage::NewMessage{.content = *std::move(staged),
                                  .summary = mime::encode_summary(summary),
                                  .thread_names = mime::thread_names(summary),
                                  .text_sizes = {summary.text_octets, summary.ascii_text_octets},
                                  .flags = std::move(flags),
                                  .internal_date = date};
}

SetError set_error_of(const storage::Refusal& refusal) {
    using storage::Reason;
    switch (refusal.reason) {
        case Reason::no_such_message:
            return {.type = "notFound", .description = ""};
        case Reason::no_such_mailbox:
        case Reason::conflict:
            return invalid_properties({"mailboxIds"}, refusal.text);
        case Reason::not_permitted:
            return {.type = "forbidden", .description = refusal.text};
        case Reason::over_quota:
            return {.type = "overQuota", .description = refusal.text};
        case Reason::too_large:
            return {.type = "tooLarge", .description = refusal.text};
        case Reason::too_many:
            return {.type = "tooManyKeywords", .description = refusal.text};
        case Reason::already_exists:
            return {.type = "alreadyExists", .description = "", .extra = {{"existingId", refusal.text}}};
        default:
            return {.type = "serverFail", .description = refusal.text};
    }
}

std::optional<std::vector<storage::MailboxId>> mailboxes_in(const Json& mailbox_ids, const CreationIds& created) {
    if (!mailbox_ids.is_object()) return std::nullopt;
    std::vector<storage::MailboxId> mailboxes;
    for (const auto& [given, value] : mailbox_ids.items()) {
        const std::optional<std::string> id = created.resolve(given);
        const std::optional<storage::MailboxId> mailbox = id ? storage::parse_mailbox_id(*id) : std::nullopt;
        if (!mailbox || value != true) return std::nullopt;
        mailboxes.push_back(*mailbox);
    }
    std::ranges::sort(mailboxes);
    mailboxes.erase(std::ranges::unique(mailboxes).begin(), mailboxes.end());
    return mailboxes;
}

Json created_email(const storage::Email& email) {
    return {{"id", email.id}, {"blobId", email.blob_id}, {"threadId", email.thread_id}, {"size", email.size_octets}};
}

}  // namespace jmap
