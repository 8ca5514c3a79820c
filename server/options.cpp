// Field by field; options without a key keep their default.
#include "server/options.h"

#include <algorithm>

#include "protocols/mime/message_text.h"
#include "protocols/mime/readable_summary.h"
#include "server/auth/gateways.h"
#include "server/queue/destinations.h"
#include "server/queue/next_hop_lookup.h"
#include "storage/store_options.h"

namespace server {

storage::StoreOptions store_options(const Config& config) {
    storage::StoreOptions options;
    options.path = config.data / "mailstead.db";
    options.readers = config.store.readers;
    options.cache_octets = config.store.cache.value;
    options.everything_synced = config.store.everything_synced;
    options.reserve_octets = config.store.reserve.value;
    options.audit = {.keep = config.audit.keep, .rows = config.audit.entries};
    options.trace = {.keep = config.trace.keep, .rows = config.trace.messages};
    options.mailboxes_per_account = config.limits.mailboxes_per_account;
    options.keywords_per_account = config.limits.keywords_per_account;
    options.sending_on = {
        .return_addresses_valid = std::chrono::ceil<std::chrono::days>(config.mail.return_addresses_valid),
        .members_per_list = config.limits.members_per_list};
    options.sharing = {.with_anyone = config.sharing.anyone,
                       .mailboxes_per_account = config.limits.shared_mailboxes_per_account,
                       .listed_mailboxes_per_owner = config.limits.listed_mailboxes_per_owner};
    return options;
}

storage::SearchIndexOptions search_index_options(const Config& config) {
    storage::SearchIndexOptions options;
    options.path = config.data / "search.db";
    return options;
}

// The same texts, with the same limits, that IMAP's SEARCH reads without the index.
storage::FoldedTexts folded_texts(const Config& config) {
    const imap::Options imap = imap_options(config);
    return [limits = mime::MessageTextLimits{imap.header_octets, imap.chunk_octets}](
               std::string_view summary, const storage::ReadPiece& read, const storage::TakeText& take) {
        mime::read_folded_texts(summary, limits, read, take);
    };
}

auth::HashCost hash_cost(const Config& config) {
    return {static_cast<std::uint32_t>(config.auth.argon2_memory.value >> 10), config.auth.argon2_passes,
            config.auth.scram_iterations, config.auth.scram};
}

auth::AuthenticatorOptions authenticator_options(const Config& config, std::string scram_secret) {
    auth::AuthenticatorOptions options;
    options.plaintext_from = config.auth.plaintext_from;
    options.cost = hash_cost(config);
    options.throttle = {.failures = config.limits.login_failures,
                        .window = config.limits.login_failure_window,
                        .shut_out = config.limits.login_shut_out,
                        .delay = config.limits.login_delay,
                        .delay_most = config.limits.login_delay_most,
                        .addresses = config.limits.login_addresses,
                        .gateways = auth::gateways_of_this_machine()};
    options.guesses = {.failures = config.limits.login_failures_per_account,
                       .window = config.limits.login_failure_window,
                       .delay = config.limits.login_delay,
                       .delay_most = config.limits.login_delay_most};
    options.known_networks = config.limits.login_networks;
    options.login_networks = config.limits.login_networks_per_account_per_hour;
    options.codes.most = config.limits.codes_per_account_per_hour;
    options.remember = config.auth.remember;
    options.remembered_passwords = config.auth.remembered_passwords;
    options.hash_threads = config.auth.hash_threads;
    options.checks_waiting = {.in_all = config.limits.password_checks_waiting,
                              .of_one = config.limits.password_checks_waiting_per_address};
    options.scram_secret = std::move(scram_secret);
    return options;
}

auth::NameGuessOptions guess_options(const Config& config) {
    return {.at_once = config.limits.unknown_recipients,
            .window = config.limits.unknown_recipient_window,
            .delay = config.limits.unknown_recipient_delay,
            .delay_most = config.limits.unknown_recipient_delay_most,
            .networks = config.limits.unknown_recipient_networks};
}

// As much of a header section is kept as mail from outside may have; never less than the default, since APPEND takes
// longer ones. Its lines and the sum of all sections grow with it.
mime::ParseLimits parse_limits(const Config& config) {
    const mime::ParseLimits most = mime::generous_limits();
    const mime::ParseLimits usual;
    mime::ParseLimits limits;
    limits.header_octets =
        std::clamp<std::uint64_t>(config.limits.header_size.value, usual.header_octets, most.header_octets);
    const auto grown = [&](std::size_t of_usual, std::size_t at_most) {
        return std::min(of_usual * limits.header_octets / usual.header_octets, at_most);
    };
    limits.header_octets_total = grown(usual.header_octets_total, most.header_octets_total);
    limits.header_lines = grown(usual.header_lines, most.header_lines);
    limits.parts = config.limits.message_parts;
    limits.depth = config.limits.message_nesting;
    limits.addresses = config.limits.addresses_per_field;
    limits.parameters = config.limits.parameters_per_field;
    return limits;
}

storage::SendingLimits sending_limits(const Config& config) {
    return {.messages_per_hour = config.limits.messages_per_account_per_hour,
            .messages_per_day = config.limits.messages_per_account_per_day,
            .recipients_per_hour = config.limits.recipients_per_account_per_hour,
            .recipients_per_day = config.limits.recipients_per_account_per_day,
            .login_networks_per_hour = config.limits.login_networks_per_account_per_hour};
}

delivery::IntakeOptions intake_options(const Config& config) {
    return {.hostname = hostname_of(config),
            .message_octets = config.limits.message_size.value,
            .header_octets = config.limits.header_size.value,
            .summary = parse_limits(config),
            .received_fields = config.limits.received_fields,
            .sending = sending_limits(config),
            .check_from_header = config.auth.check_from_header,
            .judge = config.mail.judge,
            .policy = {.enforce = config.mail.dmarc == "enforce",
                       .unenforced_domains = config.mail.dmarc_not_enforced,
                       .trusted_sealers = config.mail.trusted_sealers},
            .judging_time = config.mail.judging_time};
}

delivery::Directory::Forbids forbidden_destinations(const Config& config) {
    return [outbound = queue_options(config).outbound](const std::string& domain) {
        return queue::is_forbidden_literal(domain, outbound);
    };
}

tls::CertificateFiles certificate_files(const Config& config) { return {config.tls.certificate, config.tls.key}; }

// Of disk always enough for some of the largest messages: one network may hold a part of it only.
budget::Limits budget_limits(const Config& config) {
    constexpr std::uint64_t messages = 4;
    const std::uint64_t least = messages * config.limits.message_size.value;
    return {.strangers = {config.limits.strangers_memory.value, std::max(config.limits.strangers_disk.value, least)},
            .account = {config.limits.account_memory.value, std::max(config.limits.account_disk.value, least)},
            .gateways = auth::gateways_of_this_machine()};
}

DoorsOptions doors_options(const Config& config) {
    return {.admission = {.connections = config.limits.connections,
                          .connections_per_address = config.limits.connections_per_address,
                          .gateways = auth::gateways_of_this_machine()},
            .web_admission = {.connections = config.limits.web_connections,
                              .connections_per_address = config.limits.web_connections_per_address,
                              .is_shared = false,
                              .gateways = auth::gateways_of_this_machine()},
            .budget = budget_limits(config),
            .proxy_header_timeout = config.limits.proxy_header_timeout,
            .handshake_timeout = config.limits.login_timeout,
            .web_handshake_timeout = config.limits.web_request_timeout,
            .web_connection_octets = web_connection_octets(config),
            .proxy_from = config.server.proxy_from};
}

// What it may hold: with TLS, and a form that is read. So large forms need more of strangers_memory, but leave room for
// 64 browsers. At least its part of it: else the connections would be used up first, and nobody would give way.
std::uint64_t web_connection_octets(const Config& config) {
    constexpr std::uint64_t with_tls = std::uint64_t{80} << 10;
    const std::uint64_t all = config.limits.strangers_memory.value;
    const std::uint64_t held = std::min(with_tls + config.limits.web_form.value, all / 64);
    return std::max(held, all / config.limits.web_connections);
}

smtp::Options smtp_options(const Config& config, smtp::Kind kind, net::TlsContext& tls) {
    smtp::Options options;
    options.hostname = hostname_of(config);
    options.kind = kind;
    options.tls = &tls;
    options.limits.command_line_octets = config.limits.smtp_line.value;
    options.limits.recipients = config.limits.recipients_per_message;
    options.limits.destinations = std::size_t{10} * config.limits.recipients_per_message;
    options.limits.errors = config.limits.errors_per_session;
    options.limits.idle_commands = config.limits.commands_before_login;
    options.limits.transactions = config.limits.smtp_messages_per_session;
    options.limits.login_time = config.limits.login_timeout;
    options.limits.command_timeout = config.limits.smtp_timeout;
    options.limits.auth_line_octets = config.limits.login_line.value;
    options.limits.auth_failures = config.limits.login_failures_per_session;
    options.limits.refused_recipients = config.limits.smtp_refused_recipients;
    options.limits.discarded_octets = config.limits.smtp_discarded.value;
    options.limits.data_timeout = config.limits.smtp_data_timeout;
    options.limits.message_time = config.limits.smtp_message_timeout;
    options.limits.future_release = config.limits.future_release;
    return options;
}

imap::Options imap_options(const Config& config) {
    imap::Options options;
    options.hostname = hostname_of(config);
    options.version = program_version;
    options.login_timeout = config.limits.login_timeout;
    options.timeout = config.limits.imap_timeout;
    options.progress_interval = config.limits.imap_progress;
    options.bad_commands = config.limits.errors_per_session;
    options.commands_before_login = config.limits.commands_before_login;
    options.failed_logins = config.limits.login_failures_per_session;
    options.line_octets = config.limits.imap_line.value;
    options.line_octets_before_login = config.limits.imap_line_before_login.value;
    options.commands = {.max_literal = config.limits.imap_literal.value,
                        .max_command = config.limits.imap_command.value,
                        .max_literals = config.limits.imap_literals_per_command,
                        .max_skip = config.limits.imap_skipped_literals.value,
                        .max_depth = config.limits.imap_nesting,
                        .max_ranges = config.limits.imap_ranges,
                        .max_search_keys = config.limits.imap_search_keys,
                        .max_items = config.limits.imap_list_items};
    options.commands_before_login_limits.max_literal = config.limits.imap_literal_before_login.value;
    options.search_mailboxes = config.limits.imap_search_mailboxes;
    options.notify_mailboxes = config.limits.imap_notify_mailboxes;
    options.update_contexts = config.limits.imap_update_contexts;
    options.message_limit = config.limits.imap_messages_per_command;
    options.append_summary = parse_limits(config);
    options.append_messages = config.limits.imap_messages_per_append;
    options.append_memory_octets = config.limits.imap_append_memory.value;
    options.append_parts = config.limits.imap_parts_per_message;
    options.catenated_octets = config.limits.imap_catenated.value;
    options.search_text_octets = config.limits.imap_search_text.value;
    options.sort_octets = config.limits.imap_sort.value;
    options.acl_entries = config.limits.rights_per_mailbox;
    options.metadata_octets = config.limits.metadata_value.value;
    options.metadata = {.entries = config.limits.metadata_entries_per_mailbox,
                        .account_octets = config.limits.metadata_per_account.value};
    options.message_octets = config.limits.message_size.value;
    options.header_octets = std::max<std::size_t>(options.header_octets, config.limits.header_size.value);
    return options;
}

pop3::Options pop3_options(const Config& config) {
    pop3::Options options;
    options.hostname = hostname_of(config);
    options.login_timeout = config.limits.login_timeout;
    options.timeout = config.limits.pop3_timeout;
    options.maildrop_wait = config.limits.pop3_maildrop_wait;
    options.failed_logins = config.limits.login_failures_per_session;
    options.bad_commands = config.limits.errors_per_session;
    options.commands_before_login = config.limits.commands_before_login;
    options.line_octets = config.limits.pop3_line.value;
    options.auth_line_octets = config.limits.login_line.value;
    return options;
}

queue::RunnerOptions queue_options(const Config& config) {
    queue::RunnerOptions options;
    options.schedule = {.waits = config.queue.schedule,
                        .lifetime = config.queue.lifetime,
                        .delay_notice_after = config.queue.delay_notice_after};
    options.outbound.hostname = hostname_of(config);
    options.outbound.routes = config.queue.route;
    options.outbound.remote_port = config.queue.remote_port;
    options.outbound.trusted = config.tls.trusted;
    options.outbound.connect_timeout = config.queue.connect_timeout;
    options.outbound.timeouts = smtp::ClientTimeouts{}.at_most(config.queue.reply_timeout);
    options.outbound.destination_networks = config.queue.destination_networks;
    options.outbound.own_addresses = queue::addresses_of_this_machine();
    options.outbound.ipv6_first = config.queue.ipv6_first;
    options.connections = config.queue.connections;
    options.slow_connections = config.queue.slow_connections;
    options.connections_per_destination = config.queue.connections_per_destination;
    options.messages_per_connection = config.queue.messages_per_connection;
    options.recipients_in_hand = config.queue.recipients_in_hand;
    options.suppression = {.after = config.queue.suppress_after,
                           .lasts = config.queue.suppressed_for,
                           .rows = config.limits.failing_addresses_per_account};
    return options;
}

dns::ResolverOptions resolver_options(const Config& config) {
    return {.servers = config.dns.servers,
            .trust_anchor_file = config.dns.trust_anchor,
            .trust_root = true,
            .timeout = config.dns.timeout,
            .lookups = config.dns.lookups};
}

sts::Mode sts_mode_of(const Config& config) {
    return sts::parse_mode(config.mail.mta_sts).value_or(sts::Mode::enforce);
}

web::Options web_options(const Config& config) {
    web::Options options;
    options.hostname = hostname_of(config);
    options.sts_mode = sts_mode_of(config);
    options.max_form_octets = config.limits.web_form.value;
    options.max_recipients = config.limits.web_recipients;
    options.sessions_per_account = config.limits.web_sessions;
    options.session_lifetime = config.limits.web_session_lifetime;
    options.jmap.request.size_request = config.limits.web_form.value;
    options.jmap.request.calls_in_request = config.limits.jmap_calls;
    options.jmap.size_upload = config.limits.message_size.value;
    options.jmap.concurrent_requests = config.limits.jmap_concurrent_requests;
    options.jmap.objects_in_get = config.limits.jmap_objects_in_get;
    options.jmap.objects_in_set = config.limits.jmap_objects_in_set;
    return options;
}

http::Options http_options(const Config& config) {
    http::Options options;
    options.head = {.request_line_octets = config.limits.web_field.value,
                    .header_section_octets = std::max(config.limits.web_head.value, config.limits.web_field.value),
                    .fields = config.limits.web_header_fields};
    options.requests = config.limits.web_requests_per_connection;
    options.h2.streams = config.limits.web_streams;
    options.h2.broken_streams = config.limits.web_resets;
    options.request_time = config.limits.web_request_timeout;
    options.idle_time = config.limits.web_idle_timeout;
    options.dropped_octets = config.limits.web_dropped.value;
    return options;
}

}  // namespace server
