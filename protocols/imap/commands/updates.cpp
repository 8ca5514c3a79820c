// Asking for what has changed: NOOP, CHECK, IDLE, NOTIFY.
#include "protocols/imap/commands/updates.h"

#include "protocols/imap/changes/changes.h"
#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/waiting.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// NOOP. RFC 3501 §6.1.2.
// Its use is what every command does at its end: telling what has changed (changes/changes.h).
// No STATUS is sent here: Thunderbird cannot bear it (CLIENTS.md 6).
awaitable<void> run(Client& client, wire::Noop /*command*/) {
    client.answers.ok("Nothing done");
    co_return;
}

// CHECK. RFC 3501 §6.4.1.
// Every answer is given after its commit, so there is nothing left to do.
// What has changed is told as after every command.
awaitable<void> run(Client& client, wire::Check /*command*/) {
    client.answers.ok("All is in order");
    co_return;
}

// IDLE. RFC 2177.
// Only begins it: waiting, telling and DONE are the loop's (session.cpp), so that an idle session is a shallow one.
// Allowed without a mailbox too: then nothing is told. What has changed already goes out in one piece with the
// continuation: Thunderbird leaves a piece right behind it unread, where COMPRESS has brought both at once, until it
// has something to say itself.
awaitable<void> run(Client& client, wire::Idle /*command*/) {
    client.answers.say().continuation("idling");
    co_await client.changes.catch_up(true);
    client.waiting.idle_tag = client.answers.tag();
    client.waiting.pushed_at = std::chrono::steady_clock::now();
}

// NOTIFY. RFC 5465 §3.1, §5 (BADEVENT), §5.8 (NOTIFICATIONOVERFLOW).
// Takes effect as a whole or not at all. What is told later, and when, is changes/mailbox_news.h's.

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
    // What has changed so far (RFC 5465 §3.1: an implied NOOP).
    if (client.news.tells_selected()) co_await client.changes.sync(true);
    co_await client.news.begin(*std::move(prepared));
    client.answers.ok(command.none ? "Nothing is notified of" : "That is notified of");
}

}  // namespace imap
