// The table of config keys, but those of [limits] (limit_keys.cpp).
#include "server/config/keys.h"

#include <fmt/format.h>

#include "protocols/base/text.h"
#include "server/config/limit_keys.h"
#include "server/config/objections.h"
#include "server/config/ranges.h"

namespace server {

namespace {

constexpr Key other_keys[] = {
    {"",
     "hostname",
     "The name of this server, as MX records and certificates have it; empty: the machine's.",
     [](Config& c) -> Field { return &c.hostname; },
     {},
     object_to_hostname},
    {"",
     "data",
     "The directory of the store, mailstead.db.",
     [](Config& c) -> Field { return &c.data; },
     {},
     object_to_data},

    {"listen", "smtp", "Where other mail servers deliver. A port of 0 takes any free one; an empty list closes a door.",
     [](Config& c) -> Field { return &c.listen.smtp; }},
    {"listen", "submission", "Where mail programs send, with STARTTLS.",
     [](Config& c) -> Field { return &c.listen.submission; }},
    {"listen", "submissions", "Where mail programs send, with TLS from the start.",
     [](Config& c) -> Field { return &c.listen.submissions; }},
    {"listen", "imap", "IMAP with STARTTLS.", [](Config& c) -> Field { return &c.listen.imap; }},
    {"listen", "imaps", "IMAP with TLS from the start.", [](Config& c) -> Field { return &c.listen.imaps; }},
    {"listen", "pop3", "POP3 with STLS.", [](Config& c) -> Field { return &c.listen.pop3; }},
    {"listen", "pop3s", "POP3 with TLS from the start.", [](Config& c) -> Field { return &c.listen.pop3s; }},
    {"listen", "http", "Webmail without TLS: for a reverse proxy, or for this machine alone.",
     [](Config& c) -> Field { return &c.listen.http; }},
    {"listen", "https", "Webmail with TLS.", [](Config& c) -> Field { return &c.listen.https; }},

    {"server", "user", "The user to switch to once the ports are bound, if started as root; empty: none.",
     [](Config& c) -> Field { return &c.server.user; }},
    {"server", "confine",
     "Confine the running server, by the kernel's means, to its data, to reading system files and those named here, "
     "and "
     "to the system calls of a mail server.",
     [](Config& c) -> Field { return &c.server.confine; }},
    {"server", "threads", "Network threads; 0: one per core.", [](Config& c) -> Field { return &c.server.threads; },
     between(0, 1'024)},
    {"server", "compute_threads",
     "Threads for work that would block a network thread: sorting, threading, long lists of mailboxes; 0: one per "
     "core.",
     [](Config& c) -> Field { return &c.server.compute_threads; }, between(0, 1'024)},
    {"server", "proxy_from",
     "Networks of proxies that speak for clients: at the mail doors by a PROXY protocol header, with which they begin "
     "each connection; at the web door by Forwarded or X-Forwarded-For.",
     [](Config& c) -> Field { return &c.server.proxy_from; }},

    {"tls", "certificate", "PEM file with the certificate chain; empty: self-signed, kept in the store.",
     [](Config& c) -> Field { return &c.tls.certificate; }},
    {"tls", "key", "PEM file with the private key.", [](Config& c) -> Field { return &c.tls.key; }},
    {"tls", "trusted",
     "PEM file of the authorities that are trusted for outgoing TLS in place of the system's: of routes, policy hosts, "
     "push services, and the ACME directory.",
     [](Config& c) -> Field { return &c.tls.trusted; }},
    {"acme",
     "directory",
     "The server (RFC 8555) from which certificates come by themselves, where no certificate file is set, the host "
     "name "
     "leads to this machine and port 443 or 80 is ours. Another one than the default is asked whatever the host name. "
     "Empty: none is asked.",
     [](Config& c) -> Field { return &c.acme.directory; },
     {},
     object_to_acme_directory},
    {"acme", "email", "Where that server may write to; empty: nowhere.",
     [](Config& c) -> Field { return &c.acme.email; }},
    {"acme",
     "challenge",
     "How a name is shown to be ours: tls-alpn-01 (by https, port 443), http-01 (by http, port 80), dns-01 (by the "
     "hook), auto (whichever is possible).",
     [](Config& c) -> Field { return &c.acme.challenge; },
     {},
     object_to_acme_challenge},
    {"acme",
     "hook",
     "The program for dns-01, an absolute path. It is called with \"add\" or \"remove\", the name of a TXT record and "
     "its value, and returns when the record can be seen.",
     [](Config& c) -> Field { return &c.acme.hook; },
     {},
     object_to_acme_hook},
    {"acme", "hook_timeout", "How long the hook may take.", [](Config& c) -> Field { return &c.acme.hook_timeout; },
     positive},
    {"acme", "rsa", "Get certificates with RSA keys as well, for clients that know no ECDSA.",
     [](Config& c) -> Field { return &c.acme.rsa; }},

    {"dns",
     "servers",
     "DNS servers to ask, \"address\" or \"address@port\"; empty: those of /etc/resolv.conf.",
     [](Config& c) -> Field { return &c.dns.servers; },
     {},
     object_to_dns_servers},
    {"dns", "trust_anchor",
     "File of DNSKEY or DS records trusted in place of the root's; names below none of them are insecure, not bogus. "
     "Empty: the root's keys; where the servers do not give these, nothing is validated, and the log says so.",
     [](Config& c) -> Field { return &c.dns.trust_anchor; }},
    {"dns", "timeout", "How long a look-up may take.", [](Config& c) -> Field { return &c.dns.timeout; }, positive},
    {"dns", "lookups",
     "Look-ups under way at once; accounts share them fairly, none has more than a quarter. Each may open four "
     "sockets.",
     [](Config& c) -> Field { return &c.dns.lookups; }, between(4, 1'000)},
    {"dns",
     "update_server",
     "The server that mailstead dns --update changes, \"address\" or \"address@port\".",
     [](Config& c) -> Field { return &c.dns.update_server; },
     {},
     object_to_update_server},
    {"dns", "update_key", "File of the key that signs the updates, as tsig-keygen or keymgr -t writes it.",
     [](Config& c) -> Field { return &c.dns.update_key; }},

    {"dkim", "rotate", "Age at which a signing key is replaced, once its successor was seen in the DNS; 0: never.",
     [](Config& c) -> Field { return &c.dkim.rotate; }},
    {"dkim", "publish",
     "Whether the running server puts the records of new keys into the zone, and takes those of old ones out: by [dns] "
     "update_server, with an update_key that the server's user can read.",
     [](Config& c) -> Field { return &c.dkim.publish; }},

    {"auth", "plaintext_from", "Networks whose clients may log in without TLS.",
     [](Config& c) -> Field { return &c.auth.plaintext_from; }},
    {"auth", "argon2_memory", "Memory that one password hash takes (argon2id m).",
     [](Config& c) -> Field { return &c.auth.argon2_memory; }, between(64_KiB, 4'096_MiB)},
    {"auth", "argon2_passes", "Passes over that memory (argon2id t).",
     [](Config& c) -> Field { return &c.auth.argon2_passes; }, between(1, 1'000)},
    {"auth", "scram",
     "Keep SCRAM keys beside the password hashes, and offer SCRAM. When it is switched off, the keys of an account go "
     "at "
     "its next log-in; when on, they are made then.",
     [](Config& c) -> Field { return &c.auth.scram; }},
    {"auth", "scram_iterations", "Iterations of SCRAM-SHA-256 keys; they cost clients time at each log-in.",
     [](Config& c) -> Field { return &c.auth.scram_iterations; }, between(4'096, 10'000'000)},
    {"auth", "remember", "How long a verified password is remembered, so that the next log-in costs no hash.",
     [](Config& c) -> Field { return &c.auth.remember; }},
    {"auth", "remembered_passwords", "How many of them at most.",
     [](Config& c) -> Field { return &c.auth.remembered_passwords; }, positive},
    {"auth", "hash_threads", "Threads that hash passwords.", [](Config& c) -> Field { return &c.auth.hash_threads; },
     between(1, 1'024)},

    {"auth", "check_from_header",
     "Refuse submissions that show another author than the sender's account, in From, Sender or a name there.",
     [](Config& c) -> Field { return &c.auth.check_from_header; }},

    {"store", "cache", "Page cache of the store's writer.", [](Config& c) -> Field { return &c.store.cache; },
     between(64_KiB, 1'048'576_MiB)},
    {"store", "readers", "Threads that read the store for one account; there is one more for others.",
     [](Config& c) -> Field { return &c.store.readers; }, between(1, 256)},
    {"store", "everything_synced", "Answer for flag changes, too, only when they are on disk.",
     [](Config& c) -> Field { return &c.store.everything_synced; }},
    {"store", "reserve",
     "Disk space that new mail leaves free, so that users can still delete; at most a 32nd of the disk.",
     [](Config& c) -> Field { return &c.store.reserve; }},
    {"store", "sweep_interval", "How often content that is no longer used is freed.",
     [](Config& c) -> Field { return &c.store.sweep_interval; }, positive},

    {"search", "index", "Keep an index of texts, search.db, for fast searches; it may be deleted at any time.",
     [](Config& c) -> Field { return &c.search.index; }},

    {"audit", "keep",
     "How long it is known who changed what and who logged in (mailstead audit); 0s: nothing is noted.",
     [](Config& c) -> Field { return &c.audit.keep; }},
    {"audit", "entries", "How many entries at most of each kind: changes, log-ins, failed log-ins.",
     [](Config& c) -> Field { return &c.audit.entries; }, positive},

    {"mail", "judge",
     "Whether mail from outside is judged by SPF, DKIM, ARC and DMARC, with the outcome in its header. false: for a "
     "server "
     "behind a relay that does so.",
     [](Config& c) -> Field { return &c.mail.judge; }},
    {"mail",
     "dmarc",
     "\"enforce\": what fails DMARC is refused or goes to Junk, as the domain in its From wants; \"observe\": nothing "
     "is refused or goes to Junk for it.",
     [](Config& c) -> Field { return &c.mail.dmarc; },
     {},
     object_to_dmarc},
    {"mail", "dmarc_not_enforced",
     "Domains of authors, with all below them, whose mail is taken though it fails DMARC; \"example.org\".",
     [](Config& c) -> Field { return &c.mail.dmarc_not_enforced; }},
    {"mail", "trusted_sealers",
     "Forwarders and lists that are believed: mail that they pass on with an intact ARC chain, whose last seal is of "
     "one "
     "of these domains, is taken though it fails DMARC.",
     [](Config& c) -> Field { return &c.mail.trusted_sealers; }},
    {"mail", "judging_time",
     "How long after its end a message may wait for the DNS: half of it for what speaks for the message, the rest for "
     "its author's policy. Where it might have to be refused if more were known, it is asked to come again (451).",
     [](Config& c) -> Field { return &c.mail.judging_time; }, between(1, 240)},
    {"mail",
     "mta_sts",
     "What our MTA-STS policy tells other servers: \"enforce\": send to our domains by TLS with a valid certificate "
     "alone; \"testing\": report where that would fail; \"none\": forget what was said before. The id in the DNS "
     "changes with it (mailstead dns).",
     [](Config& c) -> Field { return &c.mail.mta_sts; },
     {},
     object_to_mta_sts},
    {"mail", "return_addresses_valid",
     "For how long bounces of what aliases and lists have sent on find their way back, in whole days. Longer than a "
     "queue anywhere keeps a message.",
     [](Config& c) -> Field { return &c.mail.return_addresses_valid; }, between(86'400, 8'640'000)},

    {"trace", "keep",
     "How long it is known what happened to each message (mailstead trace), some 500 octets each; 0s: nothing is "
     "noted.",
     [](Config& c) -> Field { return &c.trace.keep; }},
    {"trace", "messages", "Of how many messages at most.", [](Config& c) -> Field { return &c.trace.messages; },
     positive},

    {"sharing", "anyone",
     "Whether mailboxes may be shared with \"anyone\", that is with all accounts. Else such entries of access control "
     "lists cannot be made, and those that exist give no rights.",
     [](Config& c) -> Field { return &c.sharing.anyone; }},

    {"push", "networks",
     "Networks that devices may be told of changes at though they are private, loopback or otherwise not public: of "
     "push "
     "services of your own.",
     [](Config& c) -> Field { return &c.push.networks; }},
    {"queue", "schedule", "Waiting times between attempts to deliver; the last one repeats.",
     [](Config& c) -> Field { return &c.queue.schedule; }, positive, object_to_schedule},
    {"queue", "lifetime", "After this a message that could not be delivered goes back to its sender.",
     [](Config& c) -> Field { return &c.queue.lifetime; }, positive},
    {"queue", "delay_notice_after", "After this the sender is told that delivery is delayed; 0s: never.",
     [](Config& c) -> Field { return &c.queue.delay_notice_after; }},
    {"queue", "suppress_after",
     "When an account's mail to an address elsewhere has failed for good so many times in a row, because of the "
     "address, further mail to it is refused, until it is lifted (mailstead queue suppressed); 0: never.",
     [](Config& c) -> Field { return &c.queue.suppress_after; }},
    {"queue", "suppressed_for", "For how long, since the last failure.",
     [](Config& c) -> Field { return &c.queue.suppressed_for; }, positive},
    {"queue", "connect_timeout", "How long connecting to another server may take.",
     [](Config& c) -> Field { return &c.queue.connect_timeout; }, positive},
    {"queue", "reply_timeout",
     "No wait for another server, to answer or to take what is sent, is longer; below this, the times of RFC 5321 "
     "§4.5.3.2 hold.",
     [](Config& c) -> Field { return &c.queue.reply_timeout; }, positive},
    {"queue", "remote_port", "The port of other mail servers.", [](Config& c) -> Field { return &c.queue.remote_port; },
     between(1, 65'535)},
    {"queue", "destination_networks",
     "Networks that mail may go to though they are private, loopback or otherwise not public, or this server's own; "
     "and "
     "those that address literals (user@[192.0.2.1]) may name. To such addresses mail goes by a route alone otherwise.",
     [](Config& c) -> Field { return &c.queue.destination_networks; }},
    {"queue", "ipv6_first",
     "Try IPv6 before IPv4 where a server has both; the other family follows a quarter of a second later. Large "
     "receivers "
     "refuse mail for good from an IPv6 address that has no PTR record and no SPF of its own.",
     [](Config& c) -> Field { return &c.queue.ipv6_first; }},
    {"queue", "connections", "Connections to other servers, in all.",
     [](Config& c) -> Field { return &c.queue.connections; }, between(1, 100'000)},
    {"queue", "slow_connections",
     "Besides these, connections that are being opened for long, to servers that say nothing; fewer where the process "
     "may open few files.",
     [](Config& c) -> Field { return &c.queue.slow_connections; }, between(1, 100'000)},
    {"queue", "connections_per_destination", "Connections to one destination.",
     [](Config& c) -> Field { return &c.queue.connections_per_destination; }, between(1, 100'000)},
    {"queue", "messages_per_connection", "Messages sent over one connection before it is closed.",
     [](Config& c) -> Field { return &c.queue.messages_per_connection; }, positive},
    {"queue", "recipients_in_hand",
     "Recipients whose mail is being sent or is next; accounts share them fairly, none has more than are left.",
     [](Config& c) -> Field { return &c.queue.recipients_in_hand; }, between(1, 1'000'000)},
    {"queue",
     "route",
     "Where mail for a domain goes, if not where DNS says: [[queue.route]] tables with domain "
     "(\"*\": all), host, port, tls (automatic: required with a username, else opportunistic; opportunistic; none; "
     "required; "
     "implicit), username, password, ca_file (PEM: certificates trusted for the host).",
     [](Config& c) -> Field { return &c.queue.route; },
     {},
     object_to_routes},
};

constexpr Key log_keys[] = {
    {"log", "level", "\"debug\", \"info\", \"warn\" or \"error\".", [](Config& c) -> Field { return &c.log.level; }},
    {"log", "format", "\"text\" or \"json\".", [](Config& c) -> Field { return &c.log.format; }},
};

}  // namespace

std::span<const Key> config_keys() {
    static const std::vector<Key> keys = [] {
        std::vector<Key> all(std::begin(other_keys), std::end(other_keys));
        all.insert(all.end(), limit_keys().begin(), limit_keys().end());
        all.insert(all.end(), std::begin(log_keys), std::end(log_keys));
        return all;
    }();
    return keys;
}

std::string help_of(const Key& key) {
    Config defaults;
    const std::string range = describe_range(key.field(defaults), key.range);
    return range.empty() ? std::string(key.help) : fmt::format("{} {}.", key.help, range);
}

std::string path_of(const Key& key) {
    return key.section.empty() ? std::string(key.name) : std::string(key.section) + "." + std::string(key.name);
}

std::string environment_name(const Key& key) {
    std::string name = "MAILSTEAD_" + base::upper(path_of(key));
    for (char& c : name) {
        if (c == '.') c = '_';
    }
    return name;
}

}  // namespace server
