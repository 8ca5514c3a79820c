// Why sessions end: one word for each reason, the same in all protocols, in the log's `close` line (protocols/README.md
// "The log"). session_end.h assigns exceptions to reasons.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace services {

enum class EndReason : std::uint8_t {
    quit,                     // the client said goodbye
    gone,                     // it left without a goodbye, or the connection broke
    tls_failed,               // the handshake failed
    timeout,                  // it was silent or slow for too long
    shutdown,                 // the server stops
    logged_out,               // its credentials were changed, or an administrator ended it
    crowded_out,              // others need what it holds, or it wants more than it may hold
    turned_away,              // its account has too many connections
    too_many_errors,          // unknown commands, or out of order
    too_many_commands,        // commands without effect: before a log-in, without a message
    too_many_login_failures,  // someone is guessing passwords
    too_many_recipients,      // refused ones: someone is guessing names
    too_many_messages,        // enough for one session
    too_much_data,            // more after a refusal than we read and drop
    lost_track,               // we cannot tell commands from message data any more
    http_request,             // a browser sent here by a web page
    fault,                    // our own: an `error` line explains it
};

// "quit", "too-many-errors": the word in the log.
std::string_view word_of(EndReason reason);

// How a session ended.
struct Ending {
    EndReason reason = EndReason::quit;
    std::string detail{};      // more details; may be empty
    bool client_hears = true;  // false: no reply can reach the client any more
};

}  // namespace services
