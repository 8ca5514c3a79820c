// GETACL. RFC 4314 §3.3, §3.6.
// The owner stands first, with the rights that owning gives.
// Needs the "a" right: "r" would let readers learn who else is there (RFC 4314, appendix A).
#include "protocols/imap/commands/acl.h"
#include "protocols/imap/session/session.h"

namespace imap {

using storage::Result;

namespace {

struct Acl {
    std::string mailbox;
    std::vector<storage::RightsEntry> entries;
};

storage::Query<Acl> read_acl(storage::AccountId account, std::string name) {
    return [=](storage::engine::Connection& connection) -> Result<Acl> {
        const Result<storage::Mailbox> mailbox =
            storage::find_mailbox(account, name, storage::right::administer)(connection);
        if (!mailbox) return std::unexpected(mailbox.error());
        Result<std::vector<storage::RightsEntry>> entries = storage::list_rights(mailbox->id)(connection);
        if (!entries) return std::unexpected(std::move(entries.error()));
        return Acl{.mailbox = mailbox->name, .entries = *std::move(entries)};
    };
}

}  // namespace

asio::awaitable<void> Session::run(wire::GetAcl command) {
    const Result<Acl> acl = co_await services_.store.read(read_acl(account(), std::move(command.mailbox)));
    if (!acl) {
        answer_no(acl.error());
        co_return;
    }
    std::vector<wire::AclEntry> entries;
    for (const storage::RightsEntry& entry : acl->entries) {
        entries.push_back({.identifier = (entry.negative ? "-" : "") + entry.identifier, .rights = entry.rights});
    }
    say().acl(acl->mailbox, entries);
    answer_ok("That is the list");
}

}  // namespace imap
