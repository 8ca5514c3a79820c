// Listing mailboxes: LIST, LSUB, NAMESPACE. mailbox_list.h decides what is shown.
#include "protocols/imap/commands/list.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "protocols/imap/commands/metadata.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/mailbox/mailbox_list.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/mailbox_status.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "protocols/net/worker_pool.h"
#include "storage/normal_names.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// LIST. RFC 3501 §6.3.8; RFC 5258 (LIST-EXTENDED), RFC 5819 (LIST-STATUS), RFC 6154 (SPECIAL-USE), RFC 9590
// (METADATA), RFC 8440 (MYRIGHTS).
// mailbox_list.h decides what is shown. Each STATUS comes right after its LIST (CLIENTS.md 3). An empty pattern asks
// for the hierarchy separator.

namespace {

// Outlook 2013 and 2016 find special uses only by XLIST (CLIENTS.md 4), which has its own names for some.
void use_words_of_xlist(std::string_view mailbox, std::vector<std::string_view>& attributes) {
    if (mailbox == "INBOX") attributes.emplace_back("\\Inbox");
    std::ranges::replace(attributes, std::string_view("\\Junk"), std::string_view("\\Spam"));
}

// Many names take the store's readers a while: they are read where accounts take turns of a few milliseconds.
awaitable<Result<MailboxNames>> read_names(Client& client) {
    constexpr std::size_t few = 1'000;
    const storage::AccountId account = client.login.account();
    storage::Query<std::optional<MailboxNames>> small = read_few_mailbox_names(account, few, client.stream.allowance());
    Result<std::optional<MailboxNames>> read = co_await client.services.store.read(std::move(small));
    if (!read) co_return std::unexpected(std::move(read.error()));
    if (*read) co_return **std::move(read);
    storage::Query<MailboxNames> large = read_mailbox_names(account, client.stream.allowance());
    co_return co_await client.services.store.read_long(std::move(large));
}

// Small lists are made right here; with many mailboxes or many patterns, outside the network thread.
awaitable<std::vector<Listed>> choose(Client& client, std::shared_ptr<MailboxLister> lister) {
    if (lister->is_much()) {
        net::WorkerPool::Slice slice = [lister] { return lister->go_on(); };
        co_await client.services.compute.complete(party_of(client.login.account()), std::move(slice));
        co_await client.stream.drain();
    } else {
        while (lister->go_on()) continue;
    }
    co_return lister->take_listed();
}

}  // namespace

awaitable<void> run(Client& client, wire::List command) {
    if (!command.extended && command.patterns.front().empty()) {
        constexpr std::string_view noselect = "\\Noselect";
        client.answers.say().list(
            {.attributes = std::span(&noselect, 1), .mailbox = "", .xlist = command.xlist, .old_name = std::nullopt});
        client.answers.ok("That is the separator");
        co_return;
    }
    Result<MailboxNames> read = co_await read_names(client);
    if (!read) {
        client.answers.no(read.error());
        co_return;
    }
    const auto names = std::make_shared<const MailboxNames>(*std::move(read));
    const std::vector<Listed> listed = co_await choose(client, std::make_shared<MailboxLister>(command, names));
    for (const Listed& one : listed) {
        std::vector<std::string_view> attributes = one.attributes;
        if (command.xlist) use_words_of_xlist(one.name, attributes);
        client.answers.say().list({.attributes = attributes,
                                   .mailbox = one.name,
                                   .xlist = command.xlist,
                                   .child_subscribed = one.child_subscribed,
                                   .old_name = std::nullopt});
        // Further responses only for mailboxes selected by the options (RFC 5819 §2, RFC 9590 §3).
        const bool tells_more = one.mailbox != nullptr && one.selected;
        if (tells_more && command.returns.my_rights) client.answers.say().my_rights(one.name, one.mailbox->rights);
        const bool tells_status = tells_more && (one.mailbox->rights & storage::right::read) != 0;
        if (tells_status && !command.returns.status.empty())
            co_await tell_status(client.connection(), client.selection, *one.mailbox, command.returns.status);
        if (tells_more && !command.returns.metadata.empty()) {
            const Result<std::monostate> told = co_await tell_metadata(client, one, command.returns.metadata);
            if (!told) co_return client.answers.no(told.error());
        }
        co_await client.stream.drain();
    }
    client.answers.ok("Listed");
}

// IMAP4rev2: RFC 9051 §6.3.2 (attributes must be accurate), §6.3.9.7 (OLDNAME).
awaitable<void> list_again(Client& client, const storage::Mailbox& mailbox, std::string_view asked) {
    Result<MailboxNames> read = co_await read_names(client);
    if (!read) co_return;
    const auto names = std::make_shared<const MailboxNames>(*std::move(read));
    wire::List one;
    one.patterns.push_back(mailbox.name);
    const std::vector<Listed> listed = co_await choose(client, std::make_shared<MailboxLister>(std::move(one), names));
    const auto found = std::ranges::find(listed, mailbox.name, &Listed::name);
    if (found == listed.end()) co_return;
    std::optional<std::string_view> old_name;
    if (asked != mailbox.name) old_name = asked;
    client.answers.say().list({.attributes = found->attributes, .mailbox = mailbox.name, .old_name = old_name});
}

// LSUB. RFC 3501 §6.3.9. mailbox_list.h decides what is shown. Only old clients use it; new ones use LIST (SUBSCRIBED).
awaitable<void> run(Client& client, wire::Lsub command) {
    Result<MailboxNames> read = co_await read_names(client);
    if (!read) {
        client.answers.no(read.error());
        co_return;
    }
    const auto names = std::make_shared<const MailboxNames>(*std::move(read));
    const std::vector<Listed> listed =
        co_await choose(client, std::make_shared<MailboxLister>(std::move(command), names));
    for (const Listed& one : listed) {
        client.answers.say().list(
            {.attributes = one.attributes, .mailbox = one.name, .lsub = true, .old_name = std::nullopt});
        co_await client.stream.drain();
    }
    client.answers.ok("Listed");
}

// NAMESPACE. RFC 2342.
// One personal namespace without a prefix (clients doubled "INBOX.", CLIENTS.md 9), and one for mailboxes that other
// users share by ACL (RFC 4314): "Other Users/bob@hamburger.edu/Projects". There are no mailboxes without an owner.
awaitable<void> run(Client& client, wire::Namespace /*command*/) {
    client.answers.say().namespaces(std::string(storage::other_users) + wire::hierarchy_separator);
    client.answers.ok("That is all");
    co_return;
}

}  // namespace imap
