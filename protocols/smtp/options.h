// The settings of a receiving SMTP session: our name, the kind of port, its limits, and the services it may use.
// RFC 5321 §4.5.3 (limits and timeouts), RFC 6409 (submission), RFC 8314 §3 (implicit TLS). The server fills them from
// the config.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <string>

#include "protocols/services/authenticator.h"
#include "protocols/services/connection_limit.h"
#include "protocols/services/directory.h"
#include "protocols/services/event_log.h"
#include "protocols/services/intake.h"
#include "protocols/services/name_guesses.h"

namespace net {
class TlsContext;
}

namespace smtp {

enum class Kind {
    relay,        // port 25: mail for us from anyone
    submission,   // port 587: mail from our users to anyone, TLS by STARTTLS
    submissions,  // port 465: the same under TLS from the first octet
};

// All limits that a peer can reach.
struct Limits {
    std::size_t command_line_octets = 4096;     // RFC 5321 §4.5.3.1.4 asks for 512, extensions for more
    std::size_t auth_line_octets = 12288;       // RFC 4954 §4
    std::size_t recipients = 1000;              // of one transaction; RFC 5321 §4.5.3.1.8 asks for 100
    std::size_t destinations = 10000;           // that the recipients of one transaction lead to, each alias once
    std::size_t refused_recipients = 100;       // of one session: a client with more is guessing names
    std::size_t errors = 20;                    // of one session: unknown commands, or out of order
    std::size_t auth_failures = 10;             // of one session; Thunderbird makes three from one wrong password
    std::size_t idle_commands = 100;            // in a row without a new transaction or recipient
    std::size_t transactions = 100000;          // of one session
    std::uint64_t discarded_octets = 1 << 28;   // read and dropped after a refusal before the connection is closed
    std::uint64_t reception_octets = 16 << 10;  // memory that a message is counted with before it begins
    std::chrono::seconds login_time{60};        // for a log-in at the submission ports, in all
    std::chrono::seconds command_timeout{300};  // each wait for a command (RFC 5321 §4.5.3.2.7: at least five minutes)
    std::chrono::seconds data_timeout{180};     // for the next octets of message data
    std::chrono::seconds message_time{3600};    // for one message's data as a whole
    std::chrono::seconds future_release{0};     // the latest that a submission may be held (RFC 4865); 0: not offered
};

struct Options {
    std::string hostname;  // ours, in the greeting
    Kind kind = Kind::relay;
    net::TlsContext* tls = nullptr;  // nullptr: TLS is not offered. Certificates are replaced inside it.
    bool auth_on_relay = false;      // offer log-ins on port 25, too
    Limits limits{};
    std::function<std::int64_t()> now = [] { return std::time(nullptr); };  // Unix seconds
};

// The services of the server that a session uses. All must outlive the session.
struct Services {
    services::Authenticator& authenticator;
    services::ConnectionLimit& connection_limit;
    services::Directory& directory;
    services::Intake& intake;
    services::NameGuesses& name_guesses;
    services::EventLog& log;
};

}  // namespace smtp
