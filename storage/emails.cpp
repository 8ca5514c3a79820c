// Reading emails and threads: a few statements for any number of them.
#include "storage/emails.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "storage/access.h"
#include "storage/email_rows.h"
#include "storage/object_id_text.h"

namespace storage {

namespace {

using engine::Connection;

bool account_exists(Connection& connection, AccountId account) {
    auto found = connection.statement("SELECT 1 FROM account WHERE id = ?");
    return found.bind(account).step();
}

std::string select_rows(bool summaries) {
    return std::string(
               "SELECT message.blob_id, mailbox_id, uid, flags, keywords, modseq, shown_modseq, internal_date,"
               " size_octets, ids, thread_id, ") +
           (summaries ? "summary" : "NULL") +
           " FROM message JOIN account_content ON account_content.blob_id = message.blob_id AND account_id = ?" +
           (summaries ? " LEFT JOIN message_summary ON message_summary.blob_id = message.blob_id" : "") +
           " WHERE message.blob_id IN (" + ContentList::placeholders() +
           ") AND flags & 8 = 0 ORDER BY message.blob_id, internal_date, mailbox_id, uid";
}

EmailRow row_of(const engine::Statement& rows) {
    EmailRow row{.content = rows.column<BlobId>(0),
                 .mailbox = rows.column<MailboxId>(1),
                 .uid = rows.column<Uid>(2),
                 .flags = {},
                 .modseq = rows.column<ModSeq>(5),
                 .shown = rows.column<ModSeq>(6),
                 .internal_date = rows.column<std::int64_t>(7),
                 .size_octets = rows.column<std::uint64_t>(8),
                 .ids = rows.column<ContentIds>(9),
                 .thread = rows.column<ThreadId>(10),
                 .summary = rows.column<std::string>(11)};
    row.flags.system = rows.column<std::uint8_t>(3);
    if (!rows.is_null(4)) row.flags.keywords = KeywordSet(rows.column<std::string>(4));
    return row;
}

// Binds one parameter and a whole list.
template <std::size_t... indexes>
void bind_list(engine::Statement& statement, AccountId account, const std::vector<BlobId>& list,
               std::index_sequence<indexes...>) {
    statement.bind(account, list[indexes]...);
}
void bind_list(engine::Statement& statement, AccountId account, const std::vector<BlobId>& list) {
    bind_list(statement, account, list, std::make_index_sequence<ContentList::size>());
}

// Rows of one content and internal date, which are one email.
Email email_of(const ObjectIdSealer& sealer, EmailRow& first) {
    const ObjectIds ids = sealer.ids(first.ids, first.thread, first.content, first.internal_date);
    return {.id = email_id_text(ids.email, first.internal_date),
            .thread_id = thread_id_text(ids.thread),
            .blob_id = blob_id_text({.sealed = sealer.seal_content(first.content), .uploaded = false, .part = {}}),
            .content = first.content,
            .received_at = first.internal_date,
            .size_octets = first.size_octets,
            .places = {},
            .summary = std::move(first.summary)};
}

std::vector<Email> emails_of(const ObjectIdSealer& sealer, std::vector<EmailRow> rows) {
    std::vector<Email> emails;
    for (EmailRow& row : rows) {
        if (emails.empty() || emails.back().content != row.content || emails.back().received_at != row.internal_date) {
            emails.push_back(email_of(sealer, row));
        }
        emails.back().places.push_back(
            {.mailbox = row.mailbox, .uid = row.uid, .flags = std::move(row.flags), .modseq = row.modseq});
    }
    return emails;
}

std::vector<BlobId> contents_of_thread(Connection& connection, AccountId account, ThreadId thread, std::size_t most) {
    std::vector<BlobId> contents;
    if (thread.value == 0) return contents;
    auto rows = connection.statement(
        "SELECT blob_id FROM account_content WHERE thread_id = ? AND account_id = ? ORDER BY blob_id LIMIT ?");
    for (rows.bind(thread, account, most); rows.step();) contents.push_back(rows.column<BlobId>(0));
    return contents;
}

// An upload is for its own account alone.
std::optional<ClientBlob> find_upload(Connection& connection, const EmailAccess& access, std::int64_t upload) {
    if (access.actor != access.account) return std::nullopt;
    auto found = connection.statement(
        "SELECT upload.blob_id, size_octets, summary FROM upload"
        " LEFT JOIN message_summary ON message_summary.blob_id = upload.blob_id WHERE id = ? AND account_id = ?");
    if (!found.bind(upload, access.account).step()) return std::nullopt;
    return ClientBlob{.content = found.column<BlobId>(0),
                      .size_octets = found.column<std::uint64_t>(1),
                      .summary = found.column<std::string>(2)};
}

std::optional<EmailThread> thread_of(Connection& connection, const EmailAccess& access,
                                     const std::vector<MailboxId>& mailboxes, const ObjectIdSealer& sealer,
                                     const std::string& id, std::size_t most) {
    const std::optional<ObjectId> parsed = parse_thread_id(id);
    if (!parsed) return std::nullopt;
    std::vector<BlobId> contents = contents_of_thread(connection, access.account, sealer.thread_of(*parsed), most);
    if (contents.empty()) return std::nullopt;
    std::vector<Email> emails =
        emails_of(sealer, rows_with(connection, access.account, mailboxes, std::move(contents), false));
    if (emails.empty()) return std::nullopt;
    std::ranges::sort(emails, {}, [](const Email& email) { return std::pair(email.received_at, email.content); });
    EmailThread thread{.id = id, .email_ids = {}};
    for (Email& email : emails) thread.email_ids.push_back(std::move(email.id));
    return thread;
}

}  // namespace

ContentList::ContentList(std::vector<BlobId> contents) : contents_(std::move(contents)) {
    std::ranges::sort(contents_);
    contents_.erase(std::ranges::unique(contents_).begin(), contents_.end());
}

std::string ContentList::placeholders() {
    std::string list = "?";
    for (std::size_t i = 1; i < size; ++i) list += ", ?";
    return list;
}

std::vector<BlobId> ContentList::next() {
    const std::size_t count = std::min(size, contents_.size() - done_);
    if (count == 0) return {};
    const auto first = contents_.begin() + static_cast<std::ptrdiff_t>(done_);
    std::vector<BlobId> list(first, first + static_cast<std::ptrdiff_t>(count));
    done_ += count;
    list.resize(size, list.back());
    return list;
}

Result<std::vector<MailboxId>> readable(Connection& connection, const EmailAccess& access) {
    const bool owner = access.actor == access.account;
    const std::unordered_map<MailboxId, Rights> entries = rights_by_entries(connection, access.actor);
    std::vector<MailboxId> mailboxes;
    auto rows = connection.statement("SELECT id FROM mailbox WHERE account_id = ? ORDER BY id");
    for (rows.bind(access.account); rows.step();) {
        const auto mailbox = rows.column<MailboxId>(0);
        const auto entry = entries.find(mailbox);
        const bool may = entry == entries.end() ? owner : (entry->second & right::read) != 0;
        if (may) mailboxes.push_back(mailbox);
    }
    if (mailboxes.empty() && (!owner || !account_exists(connection, access.account))) {
        return refuse(Reason::no_such_account, "there is no such account");
    }
    return mailboxes;
}

std::vector<EmailRow> rows_with(Connection& connection, AccountId account, const std::vector<MailboxId>& mailboxes,
                                std::vector<BlobId> contents, bool summaries) {
    static const std::string plain = select_rows(false);
    static const std::string with_summary = select_rows(true);
    std::vector<EmailRow> found;
    ContentList lists(std::move(contents));
    auto rows = connection.statement(summaries ? with_summary : plain);
    for (std::vector<BlobId> list = lists.next(); !list.empty(); list = lists.next()) {
        for (bind_list(rows, account, list); rows.step();) {
            if (std::ranges::binary_search(mailboxes, rows.column<MailboxId>(1))) found.push_back(row_of(rows));
        }
    }
    return found;
}

Flags Email::flags() const {
    Flags all;
    for (const EmailPlace& place : places) {
        all.system |= place.flags.system;
        all.keywords.merge(place.flags.keywords);
    }
    return all;
}

Query<EmailState> email_state(EmailAccess access) {
    return [=](Snapshot& snapshot) -> Result<EmailState> {
        Connection& connection = engine::connection_of(snapshot);

        const Result<std::vector<MailboxId>> mailboxes = readable(connection, access);
        if (!mailboxes) return std::unexpected(mailboxes.error());
        EmailState state;
        auto account = connection.statement("SELECT highest_modseq FROM account WHERE id = ?");
        account.bind(access.account).step();
        state.modseq = account.column<ModSeq>(0);
        auto names = connection.statement("SELECT name FROM keyword WHERE account_id = ? ORDER BY number");
        for (names.bind(access.account); names.step();) state.keywords.push_back(names.column<std::string>(0));
        return state;
    };
}

Query<std::vector<std::optional<Email>>> get_emails(EmailAccess access, std::vector<std::string> ids, bool summaries) {
    return [=, ids = std::move(ids)](Snapshot& snapshot) -> Result<std::vector<std::optional<Email>>> {
        Connection& connection = engine::connection_of(snapshot);

        const Result<std::vector<MailboxId>> mailboxes = readable(connection, access);
        if (!mailboxes) return std::unexpected(mailboxes.error());
        const ObjectIdSealer sealer(connection);
        std::vector<BlobId> contents;
        for (const std::string& id : ids) {
            if (const auto name = parse_email_id(id)) contents.push_back(sealer.content_of(name->id));
        }
        std::unordered_map<std::string, Email> found;
        std::vector<EmailRow> rows = rows_with(connection, access.account, *mailboxes, std::move(contents), summaries);
        for (Email& email : emails_of(sealer, std::move(rows))) found.emplace(email.id, std::move(email));
        std::vector<std::optional<Email>> emails;
        for (const std::string& id : ids) {
            const auto email = found.find(id);
            emails.push_back(email == found.end() ? std::nullopt : std::optional(email->second));
        }
        return emails;
    };
}

Query<std::vector<std::optional<EmailThread>>> get_threads(EmailAccess access, std::vector<std::string> ids,
                                                           std::size_t most) {
    return [=, ids = std::move(ids)](Snapshot& snapshot) -> Result<std::vector<std::optional<EmailThread>>> {
        Connection& connection = engine::connection_of(snapshot);

        const Result<std::vector<MailboxId>> mailboxes = readable(connection, access);
        if (!mailboxes) return std::unexpected(mailboxes.error());
        const ObjectIdSealer sealer(connection);
        std::vector<std::optional<EmailThread>> threads;
        for (const std::string& id : ids) {
            threads.push_back(thread_of(connection, access, *mailboxes, sealer, id, most));
        }
        return threads;
    };
}

Query<std::vector<MailboxId>> readable_mailboxes(EmailAccess access) {
    return [=](Snapshot& snapshot) { return readable(engine::connection_of(snapshot), access); };
}

Query<std::optional<ClientBlob>> find_client_blob(EmailAccess access, std::string id) {
    return [=, id = std::move(id)](Snapshot& snapshot) -> Result<std::optional<ClientBlob>> {
        Connection& connection = engine::connection_of(snapshot);

        const Result<std::vector<MailboxId>> mailboxes = readable(connection, access);
        if (!mailboxes) return std::unexpected(mailboxes.error());
        const std::optional<BlobName> name = parse_blob_id(id);
        if (!name) return std::nullopt;
        if (name->uploaded)
            return find_upload(connection, access, ObjectIdSealer(connection).open_upload(name->sealed));
        const BlobId content = ObjectIdSealer(connection).open_content(name->sealed);
        std::vector<EmailRow> rows = rows_with(connection, access.account, *mailboxes, {content}, true);
        if (rows.empty()) return std::nullopt;
        return ClientBlob{
            .content = content, .size_octets = rows.front().size_octets, .summary = std::move(rows.front().summary)};
    };
}

Query<std::vector<std::string>> name_emails(EmailAccess access, std::vector<EmailKey> emails) {
    return [=, emails = std::move(emails)](Snapshot& snapshot) -> Result<std::vector<std::string>> {
        static const std::string sql =
            "SELECT blob_id, thread_id, ids FROM account_content WHERE account_id = ?"
            " AND blob_id IN (" +
            ContentList::placeholders() + ") ORDER BY blob_id";
        Connection& connection = engine::connection_of(snapshot);

        const ObjectIdSealer sealer(connection);
        std::vector<BlobId> contents;
        for (const EmailKey& email : emails) contents.push_back(email.content);
        std::unordered_map<BlobId, std::pair<ThreadId, ContentIds>> known;
        ContentList lists(std::move(contents));
        auto rows = connection.statement(sql);
        for (std::vector<BlobId> list = lists.next(); !list.empty(); list = lists.next()) {
            for (bind_list(rows, access.account, list); rows.step();) {
                known.emplace(rows.column<BlobId>(0), std::pair(rows.column<ThreadId>(1), rows.column<ContentIds>(2)));
            }
        }
        std::vector<std::string> ids;
        for (const auto& [content, received_at] : emails) {
            const auto [thread, kind] = known[content];
            ids.push_back(email_id_text(sealer.ids(kind, thread, content, received_at).email, received_at));
        }
        return ids;
    };
}

}  // namespace storage
