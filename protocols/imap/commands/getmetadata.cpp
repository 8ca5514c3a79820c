// GETMETADATA. RFC 5464 §4.2; LONGENTRIES: §4.2.1. Also LIST's return option METADATA (RFC 9590).
// /shared/admin of the server is made of the config (RFC 5464 §6.2.1: read-only, a URI).
// Which entries answer is metadata_entries.h's to say.
#include "protocols/imap/mailbox/mailbox_list.h"
#include "protocols/imap/mailbox/metadata_entries.h"
#include "protocols/imap/session/session.h"

namespace imap {

using asio::awaitable;
using storage::MetadataEntry;
using storage::Result;

namespace {

// What a session may read of one mailbox, or of the server where there is no name.
storage::Query<std::vector<MetadataEntry>> read_metadata(storage::AccountId account, std::string name) {
    return [=](storage::engine::Connection& connection) -> Result<std::vector<MetadataEntry>> {
        if (name.empty()) return storage::list_metadata(account, {})(connection);
        const Result<storage::Mailbox> mailbox =
            storage::find_mailbox(account, name, storage::right::lookup)(connection);
        if (!mailbox) return std::unexpected(mailbox.error());
        return storage::list_metadata(account, mailbox->id)(connection);
    };
}

}  // namespace

awaitable<void> Session::run(wire::GetMetadata command) {
    Result<std::vector<MetadataEntry>> entries =
        co_await services_.store.read(read_metadata(account(), command.mailbox));
    if (!entries) {
        answer_no(entries.error());
        co_return;
    }
    if (command.mailbox.empty()) {
        entries->push_back({.name = "/shared/admin", .value = "mailto:postmaster@" + options_.hostname});
    }
    const MetadataQuestion question{std::move(command.entries), command.depth, command.max_size};
    const MetadataAnswer answer = answer_metadata(question, *entries);
    say().metadata(command.mailbox, answer.values);
    co_await stream_.drain();
    if (answer.longest_left_out == 0) {
        answer_ok("That is the metadata");
    } else {
        answer_ok("Some are too long", "METADATA LONGENTRIES " + std::to_string(answer.longest_left_out));
    }
}

// What LIST tells of a mailbox that it lists.
awaitable<void> Session::tell_metadata(const Listed& listed, const std::vector<std::string>& names) {
    const Result<std::vector<MetadataEntry>> entries =
        co_await services_.store.read(storage::list_metadata(account(), listed.mailbox->id));
    if (!entries) co_return;  // it is gone meanwhile
    say().metadata(listed.name, answer_metadata({.names = names, .max_size = std::nullopt}, *entries).values);
}

}  // namespace imap
