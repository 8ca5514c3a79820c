// Annotations of mailboxes and of the server: GETMETADATA, SETMETADATA. RFC 5464.
#include "protocols/imap/commands/metadata.h"

#include <algorithm>

#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/mailbox/mailbox_list.h"
#include "protocols/imap/mailbox/metadata_entries.h"
#include "protocols/imap/options.h"
#include "protocols/net/stream.h"
#include "storage/metadata.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::MetadataEntry;
using storage::Result;

// GETMETADATA. RFC 5464 §4.2; LONGENTRIES: §4.2.1. Also LIST's return option METADATA (RFC 9590). The server's
// /shared/admin comes from the config (RFC 5464 §6.2.1: read-only, a URI). metadata_entries.h chooses the entries.

namespace {

// The entries of one mailbox that a session may read, or of the server if the name is empty.
storage::Query<std::vector<MetadataEntry>> read_metadata(storage::AccountId account, std::string name) {
    return [=](storage::Snapshot& snapshot) -> Result<std::vector<MetadataEntry>> {
        if (name.empty()) return storage::list_metadata(account, {})(snapshot);
        const Result<storage::Mailbox> mailbox = storage::find_mailbox(account, name, storage::right::lookup)(snapshot);
        if (!mailbox) return std::unexpected(mailbox.error());
        return storage::list_metadata(account, mailbox->id)(snapshot);
    };
}

}  // namespace

awaitable<void> run(Client& client, wire::GetMetadata command) {
    Result<std::vector<MetadataEntry>> entries =
        co_await client.services.store.read(read_metadata(client.login.account(), command.mailbox));
    if (!entries) {
        client.answers.no(entries.error());
        co_return;
    }
    if (command.mailbox.empty()) {
        entries->push_back({.name = "/shared/admin", .value = "mailto:postmaster@" + client.options.hostname});
    }
    const MetadataQuestion question{std::move(command.entries), command.depth, command.max_size};
    const MetadataAnswer answer = answer_metadata(question, *entries);
    client.answers.say().metadata(command.mailbox, answer.values);
    co_await client.stream.drain();
    if (answer.longest_left_out == 0) {
        client.answers.ok("That is the metadata");
    } else {
        client.answers.ok("Some are too long", "METADATA LONGENTRIES " + std::to_string(answer.longest_left_out));
    }
}

// METADATA for a mailbox in a LIST response.
awaitable<void> tell_metadata(Client& client, const Listed& listed, const std::vector<std::string>& names) {
    const Result<std::vector<MetadataEntry>> entries =
        co_await client.services.store.read(storage::list_metadata(client.login.account(), listed.mailbox->id));
    if (!entries) co_return;  // the mailbox was deleted meanwhile
    client.answers.say().metadata(listed.name,
                                  answer_metadata({.names = names, .max_size = std::nullopt}, *entries).values);
}

// SETMETADATA. RFC 5464 §4.3.
// All entries are set, or none. The server's own entry (/shared/admin) cannot be changed by clients. Too long values
// and too many entries have their own codes, within METADATA.

namespace {

storage::Query<storage::MailboxId> find_target(storage::AccountId account, std::string name) {
    return [=](storage::Snapshot& snapshot) -> Result<storage::MailboxId> {
        if (name.empty()) return storage::MailboxId{};
        const Result<storage::Mailbox> mailbox = storage::find_mailbox(account, name, storage::right::lookup)(snapshot);
        if (!mailbox) return std::unexpected(mailbox.error());
        return mailbox->id;
    };
}

}  // namespace

awaitable<void> run(Client& client, wire::SetMetadata command) {
    std::vector<storage::MetadataChange> changes;
    for (auto& [name, value] : command.entries) changes.push_back({std::move(name), std::move(value)});
    const std::size_t most = client.options.metadata_octets;
    const auto is_too_long = [&](const storage::MetadataChange& one) { return one.value && one.value->size() > most; };
    if (std::ranges::any_of(changes, is_too_long)) {
        client.answers.no("A value is too long", "METADATA MAXSIZE " + std::to_string(most));
        co_return;
    }
    client.news.note_own_change(command.mailbox);
    const Result<storage::MailboxId> mailbox =
        co_await client.services.store.read(find_target(client.login.account(), std::move(command.mailbox)));
    if (!mailbox) {
        client.answers.no(mailbox.error());
        co_return;
    }
    const Result<std::monostate> done = co_await client.services.store.write(
        storage::set_metadata(client.login.account(), *mailbox, std::move(changes), client.options.metadata));
    if (done) {
        client.answers.ok("Set");
    } else if (done.error().reason == storage::Reason::too_many) {
        client.answers.no(done.error().text, "METADATA TOOMANY");
    } else {
        client.answers.no(done.error());
    }
}

}  // namespace imap
