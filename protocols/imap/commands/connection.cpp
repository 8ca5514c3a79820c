// Commands about the connection: CAPABILITY, ID, STARTTLS, COMPRESS, ENABLE, LOGOUT.
#include "protocols/imap/commands/connection.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/changes/changes.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/capabilities.h"
#include "protocols/imap/connection/command_reader.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "protocols/services/event_log.h"
#include "protocols/services/start_tls.h"
#include "storage/accounts.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;

// CAPABILITY. RFC 3501 §6.1.1. connection/capabilities.h makes the list.
awaitable<void> run(Client& client, wire::Capability /*command*/) {
    client.answers.say().capability(capabilities(client.connection()));
    client.answers.ok("That is what there is");
    co_return;
}

// ID. RFC 2971. The client's answer is only logged; nothing depends on it. We send product and version, but no
// operating system.
awaitable<void> run(Client& client, wire::Id command) {
    services::EventLog::Fields fields;
    for (const std::string_view wanted : {"name", "version"}) {
        const auto found =
            std::ranges::find_if(command.fields, [&](const auto& field) { return base::iequals(field.first, wanted); });
        if (found != command.fields.end()) fields.emplace_back(wanted, services::of_peer(found->second.value_or("")));
    }
    if (!fields.empty()) client.log.info("client", fields);

    std::vector<std::pair<std::string_view, std::string_view>> ours = {{"name", client.options.product}};
    if (!client.options.version.empty()) ours.emplace_back("version", client.options.version);
    client.answers.say().id(ours);
    client.answers.ok("Pleased to meet you");
    co_return;
}

// STARTTLS. RFC 3501 §6.2.1, RFC 8314. The stream drops commands pipelined in plain text after it: they may come from
// an attacker. Afterwards the client asks for CAPABILITY again; what it learnt before does not count.
awaitable<void> run(Client& client, wire::StartTls /*command*/) {
    if (client.stream.is_tls()) {
        client.answers.bad("TLS is on already");
        co_return;
    }
    if (client.services.tls == nullptr) {
        client.answers.bad("There is no TLS here");
        co_return;
    }
    client.answers.ok("Begin TLS now");
    client.answers.send();
    co_await client.stream.flush();
    co_await services::start_tls(client.stream, client.services.tls, client.log);
}

// COMPRESS. RFC 4978. Answered in plain text; from then on the stream deflates everything, both ways. Octets pipelined
// after the command, which clients must not send, are taken as compressed.
awaitable<void> run(Client& client, wire::Compress command) {
    if (command.mechanism != "DEFLATE") {
        client.answers.bad("DEFLATE is the only mechanism here");
        co_return;
    }
    if (client.stream.is_deflating()) {
        client.answers.bad("DEFLATE is active already", "COMPRESSIONACTIVE");
        co_return;
    }
    client.answers.report_no_changes();  // nothing may come between the answer and the first compressed octet
    client.answers.ok("DEFLATE is active");
    client.answers.send();
    co_await client.stream.flush();
    client.stream.start_deflate();
}

namespace {

// Both mean UTF-8 in mailbox names and quoted strings, in both directions (RFC 6855 §3, RFC 9051 §5.1).
void enable_utf8(Client& client) {
    client.enabled.utf8 = true;
    client.reader.set_utf8(true);
}

}  // namespace

// ENABLE. RFC 5161; CONDSTORE, QRESYNC: RFC 7162 §3.1, §3.2.3; UTF8=ACCEPT: RFC 6855 §3;
// IMAP4rev2: RFC 9051 §6.3.1, Appendix A; UIDONLY: RFC 9586 §3.
// Unknown names are silently ignored (RFC 5161 §3.1). Nothing can be disabled again. UIDONLY ends searches that are
// kept up to date by message number, since its client gets no numbers any more (RFC 9586 §3).
awaitable<void> run(Client& client, wire::Enable command) {
    std::vector<std::string_view> enabled;
    for (const std::string& capability : command.capabilities) {
        if (capability == "CONDSTORE" && !client.enabled.condstore) {
            client.selection.enable_condstore();
        } else if (capability == "QRESYNC" && !client.enabled.qresync) {
            client.enabled.qresync = true;
            client.selection.enable_condstore();
        } else if (capability == "UTF8=ACCEPT" && !client.enabled.utf8_accept) {
            client.enabled.utf8_accept = true;
            enable_utf8(client);
        } else if (capability == "UIDONLY" && client.login.offers_uid_only && !client.enabled.uid_only) {
            client.enabled.uid_only = true;
            const auto by_number = [](const UpdateContext& context) { return !context.search().uid; };
            if (std::ranges::any_of(client.selection.contexts(), by_number)) client.selection.contexts().drop();
        } else if (capability == "IMAP4REV2" && !client.enabled.rev2) {
            client.enabled.rev2 = true;
            enable_utf8(client);
            enabled.emplace_back("IMAP4rev2");
            continue;
        } else {
            continue;
        }
        enabled.emplace_back(capability);
    }
    client.answers.say().enabled(enabled);
    client.answers.ok("Done");
    co_return;
}

awaitable<void> refuse_numbers(Client& client, std::string_view command) {
    co_await client.reader.refuse(wire::Condition::bad, "Message numbers cannot be used once UIDONLY is enabled",
                                  "UIDREQUIRED");
    if (!std::exchange(client.login.offers_uid_only, false)) co_return;
    client.log.warn("uidonly-withdrawn", {{"account", client.login.identity->name}, {"command", std::string(command)}});
    const storage::Result<std::monostate> withdrawn =
        co_await client.services.store.write(storage::withdraw_uid_only(client.login.account()));
    if (!withdrawn) client.log.warn("uidonly-not-withdrawn", {{"reason", withdrawn.error().text}});
}

// LOGOUT. RFC 3501 §6.1.3. Does not expunge. The loop ends after the answer.
awaitable<void> run(Client& client, wire::Logout /*command*/) {
    client.changes.unselect();
    client.answers.end(services::EndReason::quit, "Goodbye");
    client.answers.ok("Logged out");
    co_return;
}

}  // namespace imap
