// Asking for changes: NOOP, CHECK, IDLE, NOTIFY.
#include "protocols/imap/commands/updates.h"

#include "protocols/imap/changes/changes.h"
#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/waiting.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// NOOP. RFC 3501 §6.1.2. Changes are reported at its end, as for every command (changes/changes.h). No STATUS is sent
// here: Thunderbird cannot handle it (CLIENTS.md 6).
awaitable<void> run(Client& client, wire::Noop /*command*/) {
    client.answers.ok("Nothing done");
    co_return;
}

// CHECK. RFC 3501 §6.4.1. Nothing to do: every answer is given after its commit.
awaitable<void> run(Client& client, wire::Check /*command*/) {
    client.answers.ok("All is in order");
    co_return;
}

// IDLE. RFC 2177. Only begins it: the loop (session.cpp) waits, reports and reads DONE, so that an idle session needs
// few coroutine frames. Allowed without a mailbox too: then nothing is reported. Pending changes are sent together with
// the continuation: with COMPRESS, Thunderbird does not read a second piece that arrives with it until it sends
// something itself.
awaitable<void> run(Client& client, wire::Idle /*command*/) {
    client.stream.store_output(true);  // Thunderbird would overlook a line's end (CLIENTS.md 34)
    client.answers.say().continuation("idling");
    co_await client.changes.catch_up(true);
    client.waiting.idle_tag = client.answers.tag();
    client.waiting.pushed_at = std::chrono::steady_clock::now();
}

// NOTIFY. RFC 5465 §3.1, §5 (BADEVENT), §5.8 (NOTIFICATIONOVERFLOW).
// Takes effect completely or not at all. changes/mailbox_news.h reports changes later.

namespace {

constexpr std::string_view supported_events =
    "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange"
    " ServerMetadataChange)";

}  // namespace

awaitable<void> run(Client& client, wire::Notify command) {
    for (const wire::NotifyGroup& group : command.groups) {
        if (!group.events.unsupported) continue;
        client.answers.no("There are no such events here", supported_events);
        co_return;
    }
    Result<MailboxNews::Prepared> prepared = co_await client.news.prepare(command);
    if (!prepared && prepared.error().reason == storage::Reason::too_many) {
        co_return client.answers.no(prepared.error().text, "NOTIFICATIONOVERFLOW");
    }
    if (!prepared) co_return client.answers.no(prepared.error());
    // Reports changes so far (RFC 5465 §3.1: an implied NOOP).
    if (client.news.tells_selected()) co_await client.changes.sync(true);
    co_await client.news.begin(*std::move(prepared));
    client.answers.ok(command.none ? "Nothing is notified of" : "That is notified of");
}

}  // namespace imap
