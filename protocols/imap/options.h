// What an IMAP session is given: the limits that its clients meet, and what it may ask of the house.
// Every limit that a client can reach stands here; the server fills them from the config.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "protocols/imap/wire/limits.h"
#include "protocols/services/authenticator.h"
#include "protocols/services/connection_limit.h"
#include "protocols/services/event_log.h"
#include "storage/metadata.h"

namespace base {
class Budget;
}

namespace net {
class TlsContext;
class WorkerPool;
}  // namespace net
namespace storage {
class SearchIndex;
class Store;
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

    std::uint64_t message_octets = 50ULL << 20;    // the largest message that APPEND takes (APPENDLIMIT, RFC 7889)
    std::uint32_t message_limit = 1'000'000;       // worked on by one command (MESSAGELIMIT, RFC 9738); 0: any number
    std::size_t append_messages = 1000;            // in one MULTIAPPEND
    std::size_t append_memory_octets = 16U << 20;  // of small messages that a MULTIAPPEND keeps in memory
    std::size_t append_parts = 1000;               // of one message (CATENATE, RFC 4469)
    std::uint64_t catenated_octets = 256U << 20;   // that URLs bring to one APPEND
    std::size_t batch_messages = 1'000;            // read from the store at once
    std::size_t batch_rows = 4'000;                // the same, where rows alone are asked for
    std::size_t batch_octets = 512U << 10;         // of message content read at once
    std::size_t chunk_octets = 256U << 10;         // of larger content, a piece at a time
    std::size_t header_octets = 1U << 20;          // of one header section that is looked at field by field
    std::size_t search_batch_messages = 5'000;     // looked at in one snapshot, content aside
    std::size_t search_batch_octets = 16U << 20;   // of content looked at in one snapshot
    std::size_t search_text_octets = 4U << 10;     // the longest text that is searched for
    std::size_t fuzzy_words = 16;                  // of one text that FUZZY looks for; more do not count
    std::size_t sort_text_octets = 1U << 10;       // of one text that is sorted or threaded by; the rest does not count
    std::size_t sort_octets = 256U << 20;          // of keys that one SORT or THREAD holds
    std::size_t search_mailboxes = 10'000;         // that one ESEARCH looks into (RFC 7377 §2.4)
    std::size_t update_contexts = 8;               // whose changes one session is told (RFC 5267 §4.3.1)
    std::size_t metadata_octets = 16U << 10;       // of one value (RFC 5464 §4.1: at least 1024)
    storage::MetadataLimits metadata;
    std::size_t notify_mailboxes = 1'000;  // that one session watches, and that it names (RFC 5465)
    std::size_t notify_groups = 20;        // event groups of one NOTIFY
    std::size_t acl_entries = 1'000;       // in one mailbox's access control list (RFC 4314)
};

// All of it outlives the session.
struct Services {
    storage::Store& store;
    services::Authenticator& authenticator;
    services::ConnectionLimit& connection_limit;
    services::EventLog& log;
    SortOrders& sort_orders;
    net::WorkerPool& compute;                            // for what would hold up a network thread
    base::Budget& sort_memory;                           // of what all SORT and THREAD compare
    std::function<std::int64_t()> now;                   // Unix seconds
    net::TlsContext* tls = nullptr;                      // for STARTTLS; nullptr: not offered
    const storage::SearchIndex* search_index = nullptr;  // nullptr: every message is looked at
};

}  // namespace imap
