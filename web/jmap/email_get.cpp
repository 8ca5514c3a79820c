// Email/get: RFC 8621 §4.2. Emails are made on the store's reader threads, in one snapshot.
#include <memory>
#include <utility>

#include "storage/contents.h"
#include "storage/store_await.h"
#include "web/jmap/email.h"
#include "web/jmap/mail/email_object.h"
#include "web/jmap/wire/get.h"

namespace jmap {
namespace {

using storage::Result;
using storage::Snapshot;

constexpr std::size_t most_value_octets = std::size_t{5} << 20;  // of a body value, whatever the client asks for

struct GotEmails {
    std::string state;
    Json list = Json::array();
    std::vector<std::string> not_found;
};

// Reads the octets of one message after the other, if they are asked for.
class Contents {
  public:
    Contents(Snapshot& snapshot, std::vector<storage::BlobId> contents) : reader_(snapshot, std::move(contents)) {}
    mime::ReadOctets of(storage::BlobId content) {
        return [this, content](std::uint64_t offset, std::uint64_t length) {
            if (open_ != content) reader_.open(content);
            open_ = content;
            return reader_.read(offset, length);
        };
    }

  private:
    storage::ContentReader reader_;
    storage::BlobId open_;
};

std::vector<storage::BlobId> contents_of(const std::vector<std::optional<storage::Email>>& emails) {
    std::vector<storage::BlobId> contents;
    for (const std::optional<storage::Email>& email : emails) {
        if (email && (contents.empty() || contents.back() != email->content)) contents.push_back(email->content);
    }
    return contents;
}

storage::Query<GotEmails> get_all_emails(storage::EmailAccess access, std::vector<std::string> ids,
                                         EmailRequest request) {
    return [=, ids = std::move(ids), request = std::move(request)](Snapshot& snapshot) -> Result<GotEmails> {
        const Result<storage::EmailState> state = storage::email_state(access)(snapshot);
        if (!state) return std::unexpected(state.error());
        Result<std::vector<std::optional<storage::Email>>> emails =
            storage::get_emails(access, ids, request.needs_summary())(snapshot);
        if (!emails) return std::unexpected(std::move(emails.error()));
        GotEmails got{.state = storage::state_text(state->modseq)};
        Contents contents(snapshot, contents_of(*emails));
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const std::optional<storage::Email>& email = (*emails)[i];
            if (!email) {
                got.not_found.push_back(ids[i]);
                continue;
            }
            const mime::ReadOctets read = contents.of(email->content);
            got.list.push_back(email_object(request, {.email = &*email,
                                                      .keywords = state->keywords,
                                                      .blob_id = email->blob_id,
                                                      .size_octets = email->size_octets,
                                                      .summary = email->summary,
                                                      .read = &read}));
            snapshot.give_way();
        }
        return got;
    };
}

// Without ids: all emails, if they are not too many (RFC 8620 §5.1).
storage::Query<std::vector<std::string>> all_ids(storage::EmailAccess access, std::size_t most) {
    return [=](Snapshot& snapshot) -> Result<std::vector<std::string>> {
        Result<std::vector<storage::MailboxId>> mailboxes = storage::readable_mailboxes(access)(snapshot);
        if (!mailboxes) return std::unexpected(std::move(mailboxes.error()));
        std::vector<storage::EmailKey> keys;
        const storage::SeeEmail see = [&](const storage::ScannedEmail& email) {
            keys.push_back({email.content, email.received_at});
            return keys.size() <= most;
        };
        storage::Query<std::monostate> scan =
            storage::scan_emails(access, {.mailboxes = *std::move(mailboxes), .only = {}}, see);
        const Result<std::monostate> shown = scan(snapshot);
        if (!shown) return std::unexpected(shown.error());
        if (keys.size() > most) throw MethodError("requestTooLarge", "there are too many emails: name those you want");
        return storage::name_emails(access, std::move(keys))(snapshot);
    };
}

}  // namespace

asio::awaitable<Json> email_get(Call& call) {
    const CallAccount account = call.account();
    const std::size_t most = call.context.limits.objects_in_get;
    GetArguments get = read_get(call.arguments, most, is_email_property);
    std::vector<std::string> properties;
    if (get.properties) {
        properties = *get.properties;
    } else {
        for (const char* property : default_email_properties()) properties.emplace_back(property);
    }
    EmailRequest request = read_email_request(call.arguments, std::move(properties), most_value_octets);
    call.arguments.end();
    const storage::EmailAccess access = email_access(call, account);
    std::vector<std::string> ids;
    if (get.ids) {
        for (const std::string& id : *get.ids) ids.push_back(call.creation_ids.resolve(id).value_or(id));
    } else {
        storage::Query<std::vector<std::string>> all = all_ids(access, most);
        ids = Call::unwrap(co_await call.context.store.read_long(std::move(all)));
    }
    const bool takes_long = request.needs_content();
    storage::Query<GotEmails> query = get_all_emails(access, std::move(ids), std::move(request));
    asio::awaitable<Result<GotEmails>> reading =
        takes_long ? call.context.store.read_long(std::move(query)) : call.context.store.read(std::move(query));
    GotEmails got = Call::unwrap(co_await std::move(reading));
    co_return get_response(account.id_text, got.state, std::move(got.list), std::move(got.not_found));
}

}  // namespace jmap
