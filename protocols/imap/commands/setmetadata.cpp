// SETMETADATA. RFC 5464 §4.3.
// All entries are set, or none. What the server says of itself (/shared/admin) is not a client's to change.
// Too long and too many have codes of their own, within METADATA.
#include <algorithm>

#include "protocols/imap/session/session.h"
#include "storage/metadata.h"

namespace imap {

using storage::Result;

namespace {

storage::Query<storage::MailboxId> find_target(storage::AccountId account, std::string name) {
    return [=](storage::engine::Connection& connection) -> Result<storage::MailboxId> {
        if (name.empty()) return storage::MailboxId{};
        const Result<storage::Mailbox> mailbox =
            storage::find_mailbox(account, name, storage::right::lookup)(connection);
        if (!mailbox) return std::unexpected(mailbox.error());
        return mailbox->id;
    };
}

}  // namespace

asio::awaitable<void> Session::run(wire::SetMetadata command) {
    std::vector<storage::MetadataChange> changes;
    for (auto& [name, value] : command.entries) changes.push_back({std::move(name), std::move(value)});
    const std::size_t most = options_.metadata_octets;
    const auto is_too_long = [&](const storage::MetadataChange& one) { return one.value && one.value->size() > most; };
    if (std::ranges::any_of(changes, is_too_long)) {
        answer_no("A value is too long", "METADATA MAXSIZE " + std::to_string(most));
        co_return;
    }
    caused(command.mailbox);
    const Result<storage::MailboxId> mailbox =
        co_await services_.store.read(find_target(account(), std::move(command.mailbox)));
    if (!mailbox) {
        answer_no(mailbox.error());
        co_return;
    }
    const Result<std::monostate> done = co_await services_.store.write(
        storage::set_metadata(account(), *mailbox, std::move(changes), options_.metadata));
    if (done) {
        answer_ok("Set");
    } else if (done.error().reason == storage::Reason::too_many) {
        answer_no(done.error().text, "METADATA TOOMANY");
    } else {
        answer_no(done.error());
    }
}

}  // namespace imap
