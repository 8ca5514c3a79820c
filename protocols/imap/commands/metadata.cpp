// Annotations of mailboxes and of the server: GETMETADATA, SETMETADATA. RFC 5464.
#include "protocols/imap/commands/metadata.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

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
using storage::Result;

// GETMETADATA. RFC 5464 §4.2; LONGENTRIES: §4.2.1. Also LIST's return option METADATA (RFC 9590). The server's
// /shared/admin comes from the config (RFC 5464 §6.2.1: read-only, a URI). metadata_entries.h chooses the entries.

namespace {

// An answer is sent in pieces, between which others get their turn.
constexpr std::size_t piece_octets = std::size_t{64} << 10;

// The entries of one mailbox that a session may read, or of the server if the name is empty.
storage::Query<HeldMetadata> read_metadata(Client& client, std::string name, const std::vector<std::string>& asked) {
    const storage::AccountId account = client.login.account();
    const std::size_t octets = octets_to_answer(asked);
    return [=, allowance = client.stream.allowance(),
            name = std::move(name)](storage::Snapshot& snapshot) -> Result<HeldMetadata> {
        if (name.empty()) return hold_metadata(account, {}, octets, allowance)(snapshot);
        const Result<storage::Mailbox> mailbox = storage::find_mailbox(account, name, storage::right::lookup)(snapshot);
        if (!mailbox) return std::unexpected(mailbox.error());
        return hold_metadata(account, mailbox->id, octets, allowance)(snapshot);
    };
}

// How many of the values make a piece: one that is longer goes alone.
std::size_t piece_of(std::span<const wire::MetadataValue> values) {
    std::size_t octets = 0;
    std::size_t count = 0;
    while (count < values.size() && octets < piece_octets) {
        octets += values[count].name.size() + values[count].value.value_or("").size();
        ++count;
    }
    return count;
}

// Several responses, if it is much (RFC 5464 §4.4.1, RFC 9590 §3).
awaitable<void> tell(Client& client, std::string_view mailbox, std::span<const wire::MetadataValue> values) {
    while (!values.empty()) {
        const std::size_t count = piece_of(values);
        client.answers.say().metadata(mailbox, values.first(count));
        values = values.subspan(count);
        co_await client.stream.drain();
    }
}

}  // namespace

awaitable<void> run(Client& client, wire::GetMetadata command) {
    Result<HeldMetadata> held =
        co_await client.services.store.read(read_metadata(client, command.mailbox, command.entries));
    if (!held) {
        client.answers.no(held.error());
        co_return;
    }
    if (held->octets >= piece_octets) co_await client.stream.give_way();
    if (command.mailbox.empty()) {
        held->entries.push_back({.name = "/shared/admin", .value = "mailto:postmaster@" + client.options.hostname});
    }
    const MetadataQuestion question{std::move(command.entries), command.depth, command.max_size};
    const MetadataAnswer answer = answer_metadata(question, held->entries);
    co_await tell(client, command.mailbox, answer.values);
    if (answer.longest_left_out == 0) {
        client.answers.ok("That is the metadata");
    } else {
        client.answers.ok("Some are too long", "METADATA LONGENTRIES " + std::to_string(answer.longest_left_out));
    }
}

// METADATA for a mailbox in a LIST response.
awaitable<Result<std::monostate>> tell_metadata(Client& client, const Listed& listed,
                                                const std::vector<std::string>& names) {
    storage::Query<HeldMetadata> query =
        hold_metadata(client.login.account(), listed.mailbox->id, octets_to_answer(names), client.stream.allowance());
    const Result<HeldMetadata> held = co_await client.services.store.read(std::move(query));
    if (!held && held.error().reason == storage::Reason::too_many) co_return std::unexpected(held.error());
    if (!held) co_return std::monostate();  // the mailbox was deleted meanwhile
    if (held->octets >= piece_octets) co_await client.stream.give_way();
    const MetadataQuestion question{.names = names, .max_size = std::nullopt};
    const MetadataAnswer answer = answer_metadata(question, held->entries);
    co_await tell(client, listed.name, answer.values);
    co_return std::monostate();
}

// SETMETADATA. RFC 5464 §4.3.
// All entries are set, or none. The server's own entry (/shared/admin) cannot be changed by clients. Too long values
// and too many entries have their own codes, within METADATA.

namespace {

constexpr std::size_t longest_name = 1'024;  // of an entry, in octets; RFC 5464 sets no limit

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
    const auto has_long_name = [](const storage::MetadataChange& one) {
        return one.value && one.name.size() > longest_name;  // what is there already can be removed
    };
    if (std::ranges::any_of(changes, has_long_name)) {
        client.answers.no("The name of an entry is too long: at most " + std::to_string(longest_name), "LIMIT");
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
