// The settings of a POP3 session: all limits that a client can reach, and the services it may use. The server fills
// them from the config.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "protocols/services/authenticator.h"
#include "protocols/services/connection_limit.h"
#include "protocols/services/event_log.h"
#include "storage/session_store.h"

namespace net {
class TlsContext;
}

namespace pop3 {

struct Options {
    std::string hostname = "localhost";
    std::string product = "Mailstead";  // CAPA's IMPLEMENTATION

    std::chrono::seconds login_timeout{60};  // for a log-in, in all
    std::chrono::seconds timeout{10 * 60};   // each wait after log-in (RFC 1939 §3: at least 10 minutes)
    unsigned failed_logins = 10;             // Thunderbird makes three from one wrong password
    unsigned bad_commands = 20;              // per session
    unsigned commands_before_login = 100;

    std::size_t line_octets = 1024;        // RFC 2449 §4 asks for 255
    std::size_t auth_line_octets = 12288;  // of a SASL response

    std::size_t chunk_octets = 256U << 10;     // of a message, read from the store at once
    std::size_t top_chunk_octets = 16U << 10;  // the same for TOP, which usually needs little
    std::size_t ahead_octets = 256U << 10;  // of following messages, read in advance for a client that reads in order
    std::size_t ahead_messages = 32;
    std::chrono::milliseconds mark_delay{50};       // how long delete marks gather before they are written
    std::chrono::milliseconds maildrop_wait{5000};  // how long a log-in waits if another session holds the maildrop
    std::size_t snapshot_messages = 5'000;          // read at once when the maildrop is opened
};

// All must outlive the session.
struct Services {
    storage::SessionStore store;
    services::Authenticator& authenticator;
    services::ConnectionLimit& connection_limit;
    services::EventLog& log;
    net::TlsContext* tls = nullptr;  // for STLS; nullptr: not offered
};

}  // namespace pop3
