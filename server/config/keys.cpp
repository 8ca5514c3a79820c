// The table of config keys.
#include "server/config/keys.h"

#include <fmt/format.h>

#include "protocols/base/text.h"
#include "server/config/objections.h"

namespace server {

namespace {

using namespace std::chrono_literals;

constexpr Range at_least(std::uint64_t least) { return {.least = least}; }
constexpr Range at_least(Octets least) { return {.least = least.value}; }
constexpr Range at_least(std::chrono::seconds least) { return {.least = static_cast<std::uint64_t>(least.count())}; }
constexpr Range between(std::uint64_t least, std::uint64_t most) { return {least, most}; }
constexpr Range between(Octets least, Octets most) { return {least.value, most.value}; }
constexpr Range positive = at_least(1);

constexpr Key keys[] = {
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
     "and the ACME directory.",
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

    {"dkim", "rotate", "Age at which a signing key is replaced, once its successor was seen in the DNS; 0: never.",
     [](Config& c) -> Field { return &c.dkim.rotate; }},

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
     "is "
     "refused or filed.",
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

    {"queue", "schedule", "Waiting times between attempts to deliver; the last one repeats.",
     [](Config& c) -> Field { return &c.queue.schedule; }, positive, object_to_schedule},
    {"queue", "lifetime", "After this a message that could not be delivered goes back to its sender.",
     [](Config& c) -> Field { return &c.queue.lifetime; }, positive},
    {"queue", "delay_notice_after", "After this the sender is told that delivery is delayed; 0s: never.",
     [](Config& c) -> Field { return &c.queue.delay_notice_after; }},
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

    {"limits", "connections", "Connections of clients, in all.",
     [](Config& c) -> Field { return &c.limits.connections; }, between(1, 1'000'000)},
    {"limits", "connections_per_address", "Connections from one address (IPv6: one /64).",
     [](Config& c) -> Field { return &c.limits.connections_per_address; }, positive},
    {"limits", "strangers_memory", "Memory for all connections before their log-in together (mail from outside too).",
     [](Config& c) -> Field { return &c.limits.strangers_memory; }, at_least(8_MiB)},
    {"limits", "strangers_disk", "Disk for their messages that are not complete. Four of the largest always fit.",
     [](Config& c) -> Field { return &c.limits.strangers_disk; }, positive},
    {"limits", "account_memory", "Memory for the connections of one account, after their log-in.",
     [](Config& c) -> Field { return &c.limits.account_memory; }, at_least(8_MiB)},
    {"limits", "account_disk", "Disk for its messages that are not complete. Four of the largest always fit.",
     [](Config& c) -> Field { return &c.limits.account_disk; }, positive},
    {"limits", "connections_per_account",
     "Connections that are logged in to one account, by SMTP, IMAP and POP3 together; Thunderbird makes five.",
     [](Config& c) -> Field { return &c.limits.connections_per_account; }, positive},
    {"limits", "proxy_header_timeout", "How long a load balancer may take to send its PROXY header.",
     [](Config& c) -> Field { return &c.limits.proxy_header_timeout; }, positive},
    {"limits", "shutdown_timeout", "How long sessions may take to end when the server stops.",
     [](Config& c) -> Field { return &c.limits.shutdown_timeout; }},
    {"limits", "login_timeout", "How long a client may take to log in, in all; at port 25 nobody has to.",
     [](Config& c) -> Field { return &c.limits.login_timeout; }, positive},
    {"limits", "errors_per_session", "Wrong commands before a session is ended.",
     [](Config& c) -> Field { return &c.limits.errors_per_session; }, positive},
    {"limits", "commands_before_login", "Commands before log-in or, in SMTP, before a transaction.",
     [](Config& c) -> Field { return &c.limits.commands_before_login; }, positive},
    {"limits", "login_failures_per_session", "Failed log-ins in one session; Thunderbird makes three of one mistake.",
     [](Config& c) -> Field { return &c.limits.login_failures_per_session; }, positive},
    {"limits", "login_line", "The longest line of a log-in conversation.",
     [](Config& c) -> Field { return &c.limits.login_line; }, between(1_KiB, 1_MiB)},
    {"limits", "message_size", "The largest message accepted.",
     [](Config& c) -> Field { return &c.limits.message_size; }, between(1_KiB, 2'048_MiB)},
    {"limits", "recipients_per_message", "Recipients of one message; their aliases may lead to ten times as many.",
     [](Config& c) -> Field { return &c.limits.recipients_per_message; }, at_least(100)},
    {"limits", "received_fields", "Received fields above which a message is refused as looping.",
     [](Config& c) -> Field { return &c.limits.received_fields; }, positive},
    {"limits", "header_size", "The largest header section.", [](Config& c) -> Field { return &c.limits.header_size; },
     between(1_KiB, 64_MiB)},
    // No message is refused for these four. Reading again has mime::generous_limits(), which are the most here.
    {"limits", "message_parts",
     "Body parts of a new message that are noted when it is stored; one with more is read again for IMAP's answers.",
     [](Config& c) -> Field { return &c.limits.message_parts; }, between(1, 6'000)},
    {"limits", "message_nesting",
     "How deep the noted parts of a new message are nested; one with deeper ones is read again, likewise.",
     [](Config& c) -> Field { return &c.limits.message_nesting; }, between(1, 100)},
    {"limits", "addresses_per_field",
     "Addresses of one header field that are noted of a new message; one with more is read again, likewise.",
     [](Config& c) -> Field { return &c.limits.addresses_per_field; }, between(1, 25'000)},
    {"limits", "parameters_per_field",
     "Parameters of one MIME header field that are noted of a new message; one with more is read again, likewise.",
     [](Config& c) -> Field { return &c.limits.parameters_per_field; }, between(1, 5'000)},
    {"limits", "smtp_line", "The longest SMTP command line.", [](Config& c) -> Field { return &c.limits.smtp_line; },
     between(Octets{512}, 1_MiB)},
    {"limits", "smtp_timeout", "How long an SMTP client may be silent between commands; RFC 5321 advises 5m or more.",
     [](Config& c) -> Field { return &c.limits.smtp_timeout; }, positive},
    {"limits", "smtp_messages_per_session", "Messages in one SMTP session.",
     [](Config& c) -> Field { return &c.limits.smtp_messages_per_session; }, positive},
    {"limits", "smtp_refused_recipients", "Unknown recipients in one session; a client with more is guessing names.",
     [](Config& c) -> Field { return &c.limits.smtp_refused_recipients; }, positive},
    {"limits", "unknown_recipients",
     "Unknown recipients that one network (IPv6: one /64) may name within unknown_recipient_window, in all its "
     "sessions, "
     "before the answers get slower; not for clients that are logged in, nor on this machine. All of a /24 or /56 have "
     "16 "
     "times as many, of a /48 64 times.",
     [](Config& c) -> Field { return &c.limits.unknown_recipients; }},
    {"limits", "unknown_recipient_window", "In this time so many are gradually forgotten.",
     [](Config& c) -> Field { return &c.limits.unknown_recipient_window; }, positive},
    {"limits", "unknown_recipient_delay", "The wait before the answer to the next one; doubled with every fifth.",
     [](Config& c) -> Field { return &c.limits.unknown_recipient_delay; }},
    {"limits", "unknown_recipient_delay_most", "The longest such wait. Those of one network come one after the other.",
     [](Config& c) -> Field { return &c.limits.unknown_recipient_delay_most; }, between(0, 60)},
    {"limits", "unknown_recipient_networks", "Networks with unknown recipients that are remembered.",
     [](Config& c) -> Field { return &c.limits.unknown_recipient_networks; }, positive},
    {"limits", "smtp_discarded", "How much a client may send after a refusal before the connection is closed.",
     [](Config& c) -> Field { return &c.limits.smtp_discarded; }, positive},
    {"limits", "smtp_data_timeout", "How long an SMTP client may be silent within a message.",
     [](Config& c) -> Field { return &c.limits.smtp_data_timeout; }, positive},
    {"limits", "smtp_message_timeout", "How long one message may take to arrive.",
     [](Config& c) -> Field { return &c.limits.smtp_message_timeout; }, positive},
    {"limits", "future_release",
     "How long a submission may ask to be held before it is sent (RFC 4865 HOLDFOR, HOLDUNTIL); 0s: not at all.",
     [](Config& c) -> Field { return &c.limits.future_release; }, between(0, 999'999'999)},
    {"limits", "imap_line", "The longest IMAP command, without literals.",
     [](Config& c) -> Field { return &c.limits.imap_line; }, between(1_KiB, 64_MiB)},
    {"limits", "imap_line_before_login", "The same before log-in.",
     [](Config& c) -> Field { return &c.limits.imap_line_before_login; }, between(1_KiB, 64_MiB)},
    {"limits", "imap_command", "The largest IMAP command, with its literals.",
     [](Config& c) -> Field { return &c.limits.imap_command; }, at_least(1_KiB)},
    {"limits", "imap_literal", "The largest literal that is not a message.",
     [](Config& c) -> Field { return &c.limits.imap_literal; }, at_least(1_KiB)},
    {"limits", "imap_literal_before_login", "The largest literal before log-in.",
     [](Config& c) -> Field { return &c.limits.imap_literal_before_login; }, at_least(1_KiB)},
    {"limits", "imap_literals_per_command", "Literals in one command.",
     [](Config& c) -> Field { return &c.limits.imap_literals_per_command; }, positive},
    {"limits", "imap_skipped_literals", "How much refused literals may contain, in all, before the session is ended.",
     [](Config& c) -> Field { return &c.limits.imap_skipped_literals; }, positive},
    {"limits", "imap_nesting", "Nested lists and search keys.",
     [](Config& c) -> Field { return &c.limits.imap_nesting; }, between(1, 1'000)},
    {"limits", "imap_ranges", "Ranges in one set of messages.",
     [](Config& c) -> Field { return &c.limits.imap_ranges; }, positive},
    {"limits", "imap_search_keys", "Search keys in one SEARCH.",
     [](Config& c) -> Field { return &c.limits.imap_search_keys; }, positive},
    {"limits", "imap_list_items", "Items in any other list: flags, header fields, mailbox patterns.",
     [](Config& c) -> Field { return &c.limits.imap_list_items; }, positive},
    {"limits", "imap_search_text", "The longest text to search for.",
     [](Config& c) -> Field { return &c.limits.imap_search_text; }, positive},
    {"limits", "imap_sort", "Memory for what one SORT or THREAD compares.",
     [](Config& c) -> Field { return &c.limits.imap_sort; }, positive},
    {"limits", "imap_sort_all", "The same for all of them together.",
     [](Config& c) -> Field { return &c.limits.imap_sort_all; }, positive},
    {"limits", "imap_search_mailboxes", "Mailboxes that one IMAP command searches (RFC 7377).",
     [](Config& c) -> Field { return &c.limits.imap_search_mailboxes; }, positive},
    {"limits", "imap_notify_mailboxes", "Mailboxes that one IMAP session watches besides the selected one (RFC 5465).",
     [](Config& c) -> Field { return &c.limits.imap_notify_mailboxes; }},
    {"limits", "imap_update_contexts", "Searches of one IMAP session that are kept up to date (RFC 5267).",
     [](Config& c) -> Field { return &c.limits.imap_update_contexts; }},
    {"limits", "imap_messages_per_command",
     "Messages that one IMAP command works on; 0: any number. RFC 9738 advises 1000 or more.",
     [](Config& c) -> Field { return &c.limits.imap_messages_per_command; }},
    {"limits", "imap_messages_per_append", "Messages in one APPEND.",
     [](Config& c) -> Field { return &c.limits.imap_messages_per_append; }, positive},
    {"limits", "imap_append_memory", "Messages of one APPEND that wait in memory.",
     [](Config& c) -> Field { return &c.limits.imap_append_memory; }, positive},
    {"limits", "imap_parts_per_message", "Parts of a message that is put together by CATENATE.",
     [](Config& c) -> Field { return &c.limits.imap_parts_per_message; }, positive},
    {"limits", "imap_catenated", "What one APPEND may take from messages on the server (CATENATE).",
     [](Config& c) -> Field { return &c.limits.imap_catenated; }, positive},
    {"limits", "imap_timeout", "How long a logged-in IMAP client may be silent (RFC 9051 §5.4).",
     [](Config& c) -> Field { return &c.limits.imap_timeout; }, at_least(30min)},
    {"limits", "imap_progress", "How often a long IMAP search reports its progress.",
     [](Config& c) -> Field { return &c.limits.imap_progress; }},
    {"limits", "pop3_line", "The longest POP3 command.", [](Config& c) -> Field { return &c.limits.pop3_line; },
     between(Octets{255}, 1_MiB)},
    {"limits", "pop3_timeout", "How long a POP3 client may be silent (RFC 1939 §3).",
     [](Config& c) -> Field { return &c.limits.pop3_timeout; }, at_least(10min)},
    {"limits", "pop3_maildrop_wait", "How long a POP3 log-in waits for another session to leave the maildrop.",
     [](Config& c) -> Field { return &c.limits.pop3_maildrop_wait; }},
    {"limits", "web_connections", "Connections of browsers.",
     [](Config& c) -> Field { return &c.limits.web_connections; }, between(1, 100'000)},
    {"limits", "web_connections_per_address",
     "Connections of browsers from one address (IPv6: one /64); proxies of proxy_from have no such limit.",
     [](Config& c) -> Field { return &c.limits.web_connections_per_address; }, positive},
    {"limits", "web_form", "The largest form.", [](Config& c) -> Field { return &c.limits.web_form; }, at_least(1_KiB)},
    {"limits", "web_field", "The longest URL or header field of a request.",
     [](Config& c) -> Field { return &c.limits.web_field; }, between(1_KiB, 1_MiB)},
    {"limits", "web_header_fields", "Header fields of one request.",
     [](Config& c) -> Field { return &c.limits.web_header_fields; }, positive},
    {"limits", "web_recipients", "Recipients of a message sent by the page.",
     [](Config& c) -> Field { return &c.limits.web_recipients; }, positive},
    {"limits", "web_sessions", "Log-ins that are remembered.",
     [](Config& c) -> Field { return &c.limits.web_sessions; }, positive},
    {"limits", "web_session_lifetime", "How long a log-in by browser lasts.",
     [](Config& c) -> Field { return &c.limits.web_session_lifetime; }, positive},
    {"limits", "web_request_timeout",
     "How long a TLS handshake, receiving a request, or sending a piece of an answer may take.",
     [](Config& c) -> Field { return &c.limits.web_request_timeout; }, positive},
    {"limits", "login_failures",
     "Failed log-ins from one address (IPv6: one /64) before it is banned; repeating the same wrong password counts "
     "once.",
     [](Config& c) -> Field { return &c.limits.login_failures; }, positive},
    {"limits", "login_failure_window", "Failures older than this are forgotten.",
     [](Config& c) -> Field { return &c.limits.login_failure_window; }, positive},
    {"limits", "login_shut_out", "How long an address stays banned.",
     [](Config& c) -> Field { return &c.limits.login_shut_out; }},
    {"limits", "login_delay", "The answer to the first failed log-in waits this long, later ones longer.",
     [](Config& c) -> Field { return &c.limits.login_delay; }},
    {"limits", "login_delay_most", "The longest such wait.",
     [](Config& c) -> Field { return &c.limits.login_delay_most; }},
    {"limits", "login_addresses", "Addresses with failures that are remembered.",
     [](Config& c) -> Field { return &c.limits.login_addresses; }, positive},
    {"limits", "login_failures_per_account",
     "Failed log-ins at one account from strange networks before log-ins from such networks are slowed down.",
     [](Config& c) -> Field { return &c.limits.login_failures_per_account; }, positive},
    {"limits", "login_networks",
     "Networks from which an account has logged in before: so many are remembered, and not slowed down.",
     [](Config& c) -> Field { return &c.limits.login_networks; }},
    {"limits", "password_checks_waiting", "Password checks that may wait for a hashing thread.",
     [](Config& c) -> Field { return &c.limits.password_checks_waiting; }, positive},
    {"limits", "password_checks_waiting_per_address", "The same of one address; of strangers, of one /24 (IPv6: /48).",
     [](Config& c) -> Field { return &c.limits.password_checks_waiting_per_address; }, positive},
    {"limits", "messages_per_account_per_hour",
     "Messages that an account may send within an hour; 0: any number. Over a limit on sending mail is refused for the "
     "rest of it, and owner and postmaster are told.",
     [](Config& c) -> Field { return &c.limits.messages_per_account_per_hour; }},
    {"limits", "messages_per_account_per_day", "The same within a day.",
     [](Config& c) -> Field { return &c.limits.messages_per_account_per_day; }},
    {"limits", "recipients_per_account_per_hour",
     "Recipients, of all its messages, to which an account may send within an hour; 0: any number.",
     [](Config& c) -> Field { return &c.limits.recipients_per_account_per_hour; }},
    {"limits", "recipients_per_account_per_day", "The same within a day.",
     [](Config& c) -> Field { return &c.limits.recipients_per_account_per_day; }},
    {"limits", "mailboxes_per_account", "Mailboxes of one account.",
     [](Config& c) -> Field { return &c.limits.mailboxes_per_account; }, positive},
    {"limits", "keywords_per_account", "Keywords of one account.",
     [](Config& c) -> Field { return &c.limits.keywords_per_account; }, positive},
    {"limits", "rights_per_mailbox", "Entries in a mailbox's access control list.",
     [](Config& c) -> Field { return &c.limits.rights_per_mailbox; }, positive},
    {"limits", "shared_mailboxes_per_account", "Mailboxes that one account shares with others.",
     [](Config& c) -> Field { return &c.limits.shared_mailboxes_per_account; }},
    {"limits", "listed_mailboxes_per_owner",
     "Shared mailboxes of one owner that another account's list shows, the first ones by name.",
     [](Config& c) -> Field { return &c.limits.listed_mailboxes_per_owner; }},
    {"limits", "metadata_value", "The longest value of IMAP metadata (RFC 5464).",
     [](Config& c) -> Field { return &c.limits.metadata_value; }, at_least(1_KiB)},
    {"limits", "metadata_entries_per_mailbox", "Entries of metadata that an account has with one mailbox.",
     [](Config& c) -> Field { return &c.limits.metadata_entries_per_mailbox; }, at_least(10)},
    {"limits", "metadata_per_account", "Metadata of one account, in all; each entry counts 256 octets more.",
     [](Config& c) -> Field { return &c.limits.metadata_per_account; }, at_least(1_KiB)},

    {"log", "level", "\"debug\", \"info\", \"warn\" or \"error\".", [](Config& c) -> Field { return &c.log.level; }},
    {"log", "format", "\"text\" or \"json\".", [](Config& c) -> Field { return &c.log.format; }},
};

}  // namespace

std::span<const Key> config_keys() { return keys; }

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
