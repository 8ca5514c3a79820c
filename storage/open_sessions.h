// The sessions that are logged in, as each server writes them down a little later (server/doors/session_register.h):
// for administrators, who list them and end some. What a server cannot have told are those of its last second.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

struct OpenSession {
    std::string id;  // as in the log
    AccountId account;
    std::string door;     // "imap", "pop3", "submission", "smtp", "http"
    std::string address;  // of the client
    std::int64_t since = 0;
};

struct ListedSession {
    OpenSession session;
    std::string account;  // its name
};
// By their beginning. A server that was killed leaves its sessions there until it starts again.
Query<std::vector<ListedSession>> list_sessions();

// What one server (`holder`) has to tell: sessions that have begun, and the ids of those that are over. Prompt.
Operation<std::monostate> write_sessions(std::string holder, std::vector<OpenSession> begun,
                                         std::vector<std::string> over);
// At the start and the end of a server: it has none.
Operation<std::monostate> forget_sessions(std::string holder);

// Asks the session's server to end it; the server learns it by the feed. Refuses no_such_session.
Operation<std::monostate> end_session(std::string id);
// The ids of this server's sessions that it is asked to end.
Query<std::vector<std::string>> sessions_to_end(std::string holder);

}  // namespace storage
