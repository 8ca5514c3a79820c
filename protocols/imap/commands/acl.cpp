// Access control lists: SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS. RFC 4314 §3.
#include "protocols/imap/commands/acl.h"

#include <optional>
#include <string_view>
#include <utility>

#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/wire/rights.h"
#include "protocols/sasl/saslprep.h"
#include "protocols/services/event_log.h"
#include "storage/audit.h"
#include "storage/mailboxes.h"
#include "storage/rights.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;

using storage::Result;

// Finds what a command about an access control list names. RFC 4314 §3, §4 ("a" right), §6 (order of checks: a client
// that may not see the mailbox learns nothing of identifiers).

namespace {

// Prepares an identifier for comparison (RFC 4314 §3: SASLprep); nullopt if that fails or the result is empty: BAD.
std::optional<std::string> prepare_identifier(std::string_view identifier) {
    std::optional<std::string> prepared = sasl::saslprep(identifier);
    if (!prepared || prepared->empty() || *prepared == "-") return std::nullopt;
    return prepared;
}

// A mailbox that the account may administer, and the entry of an identifier.
struct AclSubject {
    storage::Mailbox mailbox;
    storage::RightsEntry entry;
};

// Refuses no_such_mailbox, not_permitted, no_such_account.
storage::Query<AclSubject> find_acl_subject(storage::AccountId account, std::string mailbox, std::string identifier) {
    return [account, mailbox = std::move(mailbox),
            identifier = std::move(identifier)](storage::Snapshot& snapshot) -> Result<AclSubject> {
        Result<storage::Mailbox> found = storage::find_mailbox(account, mailbox, storage::right::administer)(snapshot);
        if (!found) return std::unexpected(std::move(found.error()));
        Result<storage::RightsEntry> entry = storage::resolve_identifier(identifier)(snapshot);
        if (!entry) return std::unexpected(std::move(entry.error()));
        return AclSubject{.mailbox = *std::move(found), .entry = *std::move(entry)};
    };
}

// What the command names; nullopt if it was refused, and answered.
awaitable<std::optional<AclSubject>> acl_subject(Client& client, std::string mailbox, std::string_view identifier) {
    std::optional<std::string> prepared = prepare_identifier(identifier);
    if (!prepared) {
        client.answers.bad("That is no identifier");
        co_return std::nullopt;
    }
    Result<AclSubject> subject = co_await client.services.store.read(
        find_acl_subject(client.login.account(), std::move(mailbox), *std::move(prepared)));
    if (subject) co_return *std::move(subject);
    client.answers.no(subject.error());
    co_return std::nullopt;
}

}  // namespace

// SETACL. RFC 4314 §3.1. An owner cannot lose "l" and "a". All sessions see the change at once (§5.1.1): the store
// checks rights in each operation.

namespace {

storage::RightsEdit edit_of(wire::SetAcl::Mode mode) {
    switch (mode) {
        case wire::SetAcl::Mode::add:
            return storage::RightsEdit::add;
        case wire::SetAcl::Mode::remove:
            return storage::RightsEdit::remove;
        case wire::SetAcl::Mode::replace:
            break;
    }
    return storage::RightsEdit::replace;
}

// " +lrs", as SETACL writes it.
std::string changed_rights(const wire::SetAcl& command) {
    std::string text = " ";
    if (command.mode == wire::SetAcl::Mode::add) text += '+';
    if (command.mode == wire::SetAcl::Mode::remove) text += '-';
    wire::append_rights(text, command.rights);
    return text;
}

// Who lets whom do what with which mailbox.
storage::AuditEntry audit_entry(const Client& client, std::string action, const AclSubject& subject,
                                std::string_view rights) {
    return {.at = client.services.now(),
            .kind = storage::AuditKind::change,
            .actor = client.login.identity->name,
            .action = std::move(action),
            .subject = (subject.entry.negative ? "-" : "") + subject.entry.identifier,
            .detail = subject.mailbox.name + std::string(rights),
            .address = client.stream.remote().address().to_string()};
}

}  // namespace

awaitable<void> run(Client& client, wire::SetAcl command) {
    std::optional<AclSubject> subject = co_await acl_subject(client, std::move(command.mailbox), command.identifier);
    if (!subject) co_return;
    const storage::MailboxId mailbox = subject->mailbox.id;
    subject->entry.rights = command.rights;
    storage::AuditEntry noted = audit_entry(client, "acl.set", *subject, changed_rights(command));
    storage::Operation<std::monostate> set = storage::set_rights(
        client.login.account(), mailbox, std::move(subject->entry), edit_of(command.mode), client.options.acl_entries);
    storage::Operation<std::monostate> both = storage::audited(std::move(set), std::move(noted));
    const Result<std::monostate> done = co_await client.services.store.write(std::move(both));
    if (!done) {
        client.answers.no(done.error());
        co_return;
    }
    client.log.info("setacl", {{"mailbox", mailbox.value}, {"identifier", command.identifier}});
    client.answers.ok("Set");
}

// DELETEACL. RFC 4314 §3.2. Removes this identifier's entry, but not its negative one, and the other way round. An
// owner then has all rights again.
awaitable<void> run(Client& client, wire::DeleteAcl command) {
    std::optional<AclSubject> subject = co_await acl_subject(client, std::move(command.mailbox), command.identifier);
    if (!subject) co_return;
    const storage::MailboxId mailbox = subject->mailbox.id;
    storage::AuditEntry noted = audit_entry(client, "acl.delete", *subject, {});
    storage::Operation<std::monostate> remove =
        storage::remove_rights(client.login.account(), mailbox, std::move(subject->entry));
    storage::Operation<std::monostate> both = storage::audited(std::move(remove), std::move(noted));
    const Result<std::monostate> done = co_await client.services.store.write(std::move(both));
    if (!done) {
        client.answers.no(done.error());
        co_return;
    }
    client.log.info("deleteacl", {{"mailbox", mailbox.value}, {"identifier", command.identifier}});
    client.answers.ok("Deleted");
}

// GETACL. RFC 4314 §3.3, §3.6. The owner is first, with the rights of an owner. Needs the "a" right: with "r" all
// readers would learn who else has access (RFC 4314, appendix A).

namespace {

struct Acl {
    std::string mailbox;
    std::vector<storage::RightsEntry> entries;
};

storage::Query<Acl> read_acl(storage::AccountId account, std::string name) {
    return [=](storage::Snapshot& snapshot) -> Result<Acl> {
        const Result<storage::Mailbox> mailbox =
            storage::find_mailbox(account, name, storage::right::administer)(snapshot);
        if (!mailbox) return std::unexpected(mailbox.error());
        Result<std::vector<storage::RightsEntry>> entries = storage::list_rights({mailbox->id, account})(snapshot);
        if (!entries) return std::unexpected(std::move(entries.error()));
        return Acl{.mailbox = mailbox->name, .entries = *std::move(entries)};
    };
}

}  // namespace

awaitable<void> run(Client& client, wire::GetAcl command) {
    const Result<Acl> acl =
        co_await client.services.store.read(read_acl(client.login.account(), std::move(command.mailbox)));
    if (!acl) {
        client.answers.no(acl.error());
        co_return;
    }
    std::vector<wire::AclEntry> entries;
    for (const storage::RightsEntry& entry : acl->entries) {
        entries.push_back({.identifier = (entry.negative ? "-" : "") + entry.identifier, .rights = entry.rights});
    }
    client.answers.say().acl(acl->mailbox, entries);
    client.answers.ok("That is the list");
}

// LISTRIGHTS. RFC 4314 §3.4, §3.7. No rights are tied together. An owner always has "l" and "a"; others have no fixed
// rights. The identifier is returned as the client wrote it.

namespace {

// The rights that an entry has in any case, and those that may be given to it.
struct Givable {
    storage::Rights required = 0;
    storage::Rights optional = 0;
};

storage::Query<Givable> find_givable(storage::AccountId owner, storage::RightsEntry entry) {
    return [=](storage::Snapshot& snapshot) -> Result<Givable> {
        const Result<bool> possible = storage::may_be_given(entry)(snapshot);
        if (!possible || !*possible) return Givable{};
        const Result<storage::Account> account = storage::get_account(owner)(snapshot);
        const bool is_owner = account && !entry.negative && entry.identifier == account->name;
        const storage::Rights required = is_owner ? storage::right::of_owner : storage::Rights{0};
        return Givable{.required = required, .optional = static_cast<storage::Rights>(storage::right::all & ~required)};
    };
}

}  // namespace

awaitable<void> run(Client& client, wire::ListRights command) {
    const std::optional<AclSubject> subject =
        co_await acl_subject(client, std::move(command.mailbox), command.identifier);
    if (!subject) co_return;
    const Result<Givable> givable =
        co_await client.services.store.read(find_givable(subject->mailbox.account, subject->entry));
    if (!givable) co_return client.answers.no(givable.error());
    client.answers.say().list_rights(subject->mailbox.name, command.identifier, givable->required, givable->optional);
    client.answers.ok("These can be given");
}

// MYRIGHTS. RFC 4314 §3.5, §3.8; also as LIST's return option (RFC 8440). Needs any right that lets the mailbox be seen
// (RFC 4314 §4). Includes the obsolete "c" and "d" (§2.1.1).
awaitable<void> run(Client& client, wire::MyRights command) {
    const storage::Result<storage::Mailbox> mailbox =
        co_await client.services.store.read(storage::find_mailbox(client.login.account(), std::move(command.mailbox)));
    if (!mailbox) {
        client.answers.no(mailbox.error());
        co_return;
    }
    client.answers.say().my_rights(mailbox->name, mailbox->rights);
    client.answers.ok("These are yours");
}

}  // namespace imap
