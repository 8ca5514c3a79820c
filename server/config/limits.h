// Every limit that a peer can reach, with its name in [limits] of the config and its default. protocols/README.md.
// Plain data: options.cpp gives each protocol its part.
#pragma once

#include <chrono>
#include <cstdint>

namespace server {

// A size as the config writes it ("50MiB").
struct Octets {
    std::uint64_t value = 0;
    friend bool operator==(const Octets&, const Octets&) = default;
};

inline constexpr Octets operator""_KiB(unsigned long long n) { return {n << 10}; }
inline constexpr Octets operator""_MiB(unsigned long long n) { return {n << 20}; }

// config/keys.cpp has a help text for each key.
struct Limits {
    // connections
    std::uint32_t connections = 10'000;
    std::uint32_t connections_per_address = 100;
    std::uint32_t connections_per_account = 100;
    Octets strangers_memory = 96_MiB;
    Octets strangers_disk = 512_MiB;
    Octets account_memory = 128_MiB;
    Octets account_disk = 512_MiB;
    std::chrono::seconds proxy_header_timeout{5};
    std::chrono::seconds shutdown_timeout{5};
    std::chrono::seconds login_timeout{60};

    // all sessions
    std::uint32_t errors_per_session = 20;
    std::uint32_t commands_before_login = 100;
    std::uint32_t login_failures_per_session = 10;
    Octets login_line = 12_KiB;

    // messages
    Octets message_size = 50_MiB;
    std::uint32_t recipients_per_message = 1'000;
    std::uint32_t received_fields = 100;
    Octets header_size = 256_KiB;
    std::uint32_t message_parts = 1'000;
    std::uint32_t message_nesting = 50;
    std::uint32_t addresses_per_field = 1'000;
    std::uint32_t parameters_per_field = 100;

    // SMTP (RFC 5321 §4.5.3)
    Octets smtp_line = {4'096};
    std::chrono::seconds smtp_timeout{300};
    std::uint32_t smtp_messages_per_session = 100'000;
    std::uint32_t smtp_refused_recipients = 100;
    std::uint32_t unknown_recipients = 10;
    std::chrono::seconds unknown_recipient_window{30 * 60};
    std::chrono::seconds unknown_recipient_delay{1};
    std::chrono::seconds unknown_recipient_delay_most{15};
    std::uint32_t unknown_recipient_networks = 50'000;
    Octets smtp_discarded = 256_MiB;
    std::chrono::seconds smtp_data_timeout{180};
    std::chrono::seconds smtp_message_timeout{3600};
    std::chrono::seconds future_release{30 * 24 * 3600};

    // IMAP (RFC 9051)
    Octets imap_line = 64_KiB;
    Octets imap_line_before_login = 32_KiB;  // RFC 2971 §3.3: ID with 30 fields
    Octets imap_command = 256_KiB;
    Octets imap_literal = 64_KiB;
    Octets imap_literal_before_login = 8_KiB;
    std::uint32_t imap_literals_per_command = 1'000;
    Octets imap_skipped_literals = 16_MiB;
    std::uint32_t imap_nesting = 100;
    std::uint32_t imap_ranges = 20'000;
    std::uint32_t imap_search_keys = 2'000;
    std::uint32_t imap_list_items = 1'000;
    Octets imap_search_text = 4_KiB;
    Octets imap_sort = 256_MiB;
    Octets imap_sort_all = 512_MiB;
    std::uint32_t imap_search_mailboxes = 10'000;
    std::uint32_t imap_notify_mailboxes = 1'000;
    std::uint32_t imap_update_contexts = 8;
    std::uint32_t imap_messages_per_command = 1'000'000;
    std::uint32_t imap_messages_per_append = 1'000;
    Octets imap_append_memory = 16_MiB;
    std::uint32_t imap_parts_per_message = 1'000;
    Octets imap_catenated = 256_MiB;
    std::chrono::seconds imap_timeout{30 * 60};
    std::chrono::seconds imap_progress{10};

    // POP3 (RFC 1939)
    Octets pop3_line = 1_KiB;
    std::chrono::seconds pop3_timeout{10 * 60};
    std::chrono::seconds pop3_maildrop_wait{5};

    // web
    std::uint32_t web_connections = 256;
    std::uint32_t web_connections_per_address = 32;
    Octets web_form = 256_KiB;
    Octets web_field = 8_KiB;
    Octets web_head = 32_KiB;
    std::uint32_t web_header_fields = 100;
    std::uint32_t web_recipients = 100;
    std::uint32_t web_sessions = 50;
    std::chrono::seconds web_session_lifetime{12 * 3600};
    std::chrono::seconds web_request_timeout{30};
    std::chrono::seconds web_idle_timeout{60};
    std::uint32_t web_requests_per_connection = 100'000;
    std::uint32_t web_streams = 100;
    std::uint32_t web_resets = 100;
    Octets web_dropped = 16_MiB;
    std::uint32_t jmap_calls = 32;
    std::uint32_t jmap_concurrent_requests = 8;
    std::uint32_t jmap_objects_in_get = 500;
    std::uint32_t jmap_objects_in_set = 500;

    // log-in
    std::uint32_t login_failures = 30;
    std::chrono::seconds login_failure_window{30 * 60};
    std::chrono::seconds login_shut_out{15 * 60};
    std::chrono::seconds login_delay{1};
    std::chrono::seconds login_delay_most{15};
    std::uint32_t login_addresses = 50'000;
    std::uint32_t login_failures_per_account = 30;
    std::uint32_t login_networks = 50;
    std::uint32_t codes_per_account_per_hour = 10;
    std::uint32_t password_checks_waiting = 200;
    std::uint32_t password_checks_waiting_per_address = 50;

    // accounts
    std::uint32_t app_passwords_per_account = 100;
    std::uint32_t messages_per_account_per_hour = 1'000;
    std::uint32_t messages_per_account_per_day = 5'000;
    std::uint32_t recipients_per_account_per_hour = 2'000;
    std::uint32_t recipients_per_account_per_day = 10'000;
    std::uint32_t login_networks_per_account_per_hour = 20;
    std::uint32_t failing_addresses_per_account = 5'000;
    std::uint32_t members_per_list = 5'000;
    std::uint32_t mailboxes_per_account = 10'000;
    std::uint32_t keywords_per_account = 2'000;
    std::uint32_t rights_per_mailbox = 1'000;
    std::uint32_t shared_mailboxes_per_account = 1'000;
    std::uint32_t listed_mailboxes_per_owner = 300;
    Octets metadata_value = 16_KiB;
    std::uint32_t metadata_entries_per_mailbox = 100;
    Octets metadata_per_account = 4_MiB;
};

}  // namespace server
