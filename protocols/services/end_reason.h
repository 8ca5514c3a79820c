// Why sessions end: one word for each reason, the same at every door, in the log's `close` line (protocols/README.md
// "The log"). What an exception means in these words is session_end.h's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace services {

enum class EndReason : std::uint8_t {
    quit,                     // the client said goodbye
    gone,                     // it left without a word, or the connection broke
    tls_failed,               // there was no handshake
    timeout,                  // it was silent or slow for longer than it may
    shutdown,                 // the server stops
    logged_out,               // what it logged in with holds no more
    turned_away,              // its account has connections enough
    too_many_errors,          // commands that are none, or out of place
    too_many_commands,        // commands that lead to nothing: before a log-in, without a message
    too_many_login_failures,  // somebody guesses passwords
    too_many_recipients,      // refused ones: somebody guesses names
    too_many_messages,        // enough for one session
    too_much_data,            // more than is read and dropped behind a refusal
    lost_track,               // what comes next cannot be told from message data
    http_request,             // a browser that a page sent here
    fault,                    // ours: an `error` line says which
};

// "quit", "too-many-errors": the log's word.
std::string_view word_of(EndReason reason);

// How a session ended.
struct Ending {
    EndReason reason = EndReason::quit;
    std::string detail{};      // more about it, in words; may be empty
    bool client_hears = true;  // false: no reply can reach the client any more
};

}  // namespace services
