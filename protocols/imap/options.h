// The settings of an IMAP session: all limits that a client can reach, and the services it may use. The server fills
// them from the config.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "protocols/imap/wire/limits.h"
#include "protocols/mime/parse_limits.h"
#include "storage/metadata.h"
#include "storage/session_store.h"
#include "storage/types.h"

namespace base {
class Budget;
}

namespace net {
class TlsContext;
class WorkerPool;
}  // namespace net
namespace services {
class Authenticator;
class ConnectionLimit;
class EventLog;
}  // namespace services
namespace storage {
class SearchIndex;
}  // namespace storage

namespace imap {

class SortOrders;

struct Options {
    std::string hostname = "localhost";
    std::string product = "Mailstead";  // in the greeting and in ID
    std::string version;

    std::chrono::seconds login_timeout{60};      // for a log-in, in all
    std::chrono::seconds timeout{30 * 60};       // each wait for one that has (RFC 9051 §5.4: at least 30 minutes)
    std::chrono::seconds progress_interval{10};  // between two words on how far a long search has come (RFC 9585)
    unsigned failed_logins = 10;                 // Thunderbird makes three of one wrong password
    unsigned bad_commands = 20;                  // in a row
    unsigned commands_before_login = 100;

    std::size_t line_octets = 64U << 10;
    std::size_t line_octets_before_login = 32U << 10;
    wire::ReceiverLimits commands;
    wire::ReceiverLimits commands_before_login_limits = {.max_literal = 8U << 10, .max_command = 40U << 10};

    std::uint64_t message_octets = 50ULL << 20;    // the largest message for APPEND (APPENDLIMIT, RFC 7889)
    std::uint32_t message_limit = 1'000'000;       // handled by one command (MESSAGELIMIT, RFC 9738); 0: any number
    mime::ParseLimits append_summary;              // kept of a message for its summary; one above them is accepted
    std::size_t append_messages = 1000;            // in one MULTIAPPEND
    std::size_t append_memory_octets = 16U << 20;  // for small messages of a MULTIAPPEND
    std::size_t append_parts = 1000;               // of one message (CATENATE, RFC 4469)
    std::uint64_t catenated_octets = 256U << 20;   // from URLs, in one APPEND
    std::size_t batch_messages = 1'000;            // read from the store at once
    std::size_t batch_rows = 4'000;                // the same, if only rows are needed
    std::size_t batch_octets = 512U << 10;         // of message content read at once
    std::size_t chunk_octets = 256U << 10;         // of larger content, a piece at a time
    std::size_t header_octets = 1U << 20;          // of one header section that is searched for fields
    std::size_t search_batch_messages = 5'000;     // examined in one snapshot, content aside
    std::size_t search_batch_octets = 16U << 20;   // of content examined in one snapshot
    std::size_t search_text_octets = 4U << 10;     // the longest text to search for
    std::size_t fuzzy_words = 16;                  // of one FUZZY text; more are ignored
    std::size_t sort_text_octets = 1U << 10;       // of one text for sorting or threading; the rest is ignored
    std::size_t sort_octets = 256U << 20;          // of keys of one SORT or THREAD
    std::size_t search_mailboxes = 10'000;         // searched by one ESEARCH (RFC 7377 §2.4)
    std::size_t update_contexts = 8;               // of one session (RFC 5267 §4.3.1)
    std::size_t metadata_octets = 16U << 10;       // of one value (RFC 5464 §4.1: at least 1024)
    storage::MetadataLimits metadata;
    std::size_t notify_mailboxes = 1'000;  // watched, and named, by one session (RFC 5465)
    std::size_t notify_groups = 20;        // event groups of one NOTIFY
    std::size_t acl_entries = 1'000;       // in one mailbox's access control list (RFC 4314)
};

// All must outlive the session, which has a copy with its own log-in.
struct Services {
    storage::SessionStore store;
    services::Authenticator& authenticator;
    services::ConnectionLimit& connection_limit;
    services::EventLog& log;
    SortOrders& sort_orders;
    net::WorkerPool& compute;                            // for work that would block a network thread: party_of()
    base::Budget& sort_memory;                           // for the keys of all SORT and THREAD commands
    std::function<std::int64_t()> now;                   // Unix seconds
    net::TlsContext* tls = nullptr;                      // for STARTTLS; nullptr: not offered
    const storage::SearchIndex* search_index = nullptr;  // nullptr: every message is read
};

// Whose turn it is in Services::compute.
inline std::vector<std::string> party_of(storage::AccountId account) { return {std::to_string(account.value)}; }

}  // namespace imap
