// LIST. RFC 3501 §6.3.8; RFC 5258 (LIST-EXTENDED), RFC 5819 (LIST-STATUS), RFC 6154 (SPECIAL-USE).
// What is shown is mailbox_list.h's to say. Each STATUS stands right behind its LIST (CLIENTS.md 3).
// An empty pattern asks for the hierarchy separator.
#include "protocols/imap/mailbox_list.h"
#include "protocols/imap/session.h"

namespace imap {

using asio::awaitable;
using storage::Result;

namespace {

struct Names {
    std::vector<storage::Mailbox> mailboxes;
    std::vector<std::string> subscriptions;
};

storage::Query<Names> read_names(storage::AccountId account) {
    return [account](storage::engine::Connection& connection) -> Result<Names> {
        Result<std::vector<storage::Mailbox>> mailboxes = storage::list_mailboxes(account)(connection);
        if (!mailboxes) return std::unexpected(mailboxes.error());
        Result<std::vector<std::string>> subscriptions = storage::list_subscriptions(account)(connection);
        if (!subscriptions) return std::unexpected(subscriptions.error());
        return Names{std::move(*mailboxes), std::move(*subscriptions)};
    };
}

}  // namespace

awaitable<void> Session::run(wire::List command) {
    if (!command.extended && command.patterns.front().empty()) {
        constexpr std::string_view noselect = "\\Noselect";
        say().list({.attributes = std::span(&noselect, 1), .mailbox = "", .old_name = std::nullopt});
        answer_ok("That is the separator");
        co_return;
    }
    const Result<Names> names = co_await services_.store.read(read_names(account()));
    if (!names) {
        answer_no(names.error());
        co_return;
    }
    const std::vector<Listed> listed = list_mailboxes(command, names->mailboxes, names->subscriptions);
    for (const Listed& one : listed) {
        say().list({.attributes = one.attributes,
                    .mailbox = one.name,
                    .child_subscribed = one.child_subscribed,
                    .old_name = std::nullopt});
        if (one.mailbox != nullptr && !command.returns.status.empty()) {
            co_await tell_status(*one.mailbox, command.returns.status);
        }
        co_await stream_.drain();
    }
    answer_ok("Listed");
}

awaitable<void> Session::run(wire::Lsub command) {
    const Result<Names> names = co_await services_.store.read(read_names(account()));
    if (!names) {
        answer_no(names.error());
        co_return;
    }
    for (const Listed& one : list_subscribed(command, names->mailboxes, names->subscriptions)) {
        say().list({.attributes = one.attributes, .mailbox = one.name, .lsub = true, .old_name = std::nullopt});
        co_await stream_.drain();
    }
    answer_ok("Listed");
}

}  // namespace imap
