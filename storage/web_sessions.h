// Log-ins of browsers: a cookie's token, of which the hash lies here, opens the account until it expires, is ended, or
// its credentials change. They survive a restart. An account has only so many, so that it cannot push out others'.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/accounts.h"
#include "storage/log_in.h"
#include "storage/query.h"

namespace storage {

struct WebSession {
    std::string id;  // as in the log
    LogIn log_in;
    std::string form_token;  // comes back with each form
    std::int64_t since = 0;
    std::int64_t used_at = 0;  // about
    std::int64_t expires_at = 0;
    std::string address;     // of the client, then
    std::string user_agent;  // what the browser says of itself
};

// Of the account's sessions beyond `most` the least recently used end: their ids. Refuses logged_out, if the log-in is
// no longer valid.
Operation<std::vector<std::string>> begin_web_session(WebSession session, std::string token_sha256, std::size_t most);

// A session with its account's name; those that are over are none.
struct OpenWebSession {
    WebSession session;
    std::string account;
};
Query<std::optional<OpenWebSession>> find_web_session(std::string token_sha256, std::int64_t now);
// All, the oldest first.
Query<std::vector<OpenWebSession>> list_web_sessions(std::int64_t now);

// It was used: it expires later. Prompt.
Operation<std::monostate> note_web_session_use(std::string id, std::string address, std::int64_t now,
                                               std::int64_t expires_at);
// Refuses no_such_session.
Operation<std::monostate> end_web_session(std::string id);

// Removes those that are over: they have expired, or their credentials have changed.
struct EndedWebSession {
    std::string id;
    std::string account;
    bool expired = false;
};
Operation<std::vector<EndedWebSession>> remove_ended_web_sessions(std::int64_t now);
// Whether there are any.
Query<bool> web_sessions_have_ended(std::int64_t now);

// The account's new password, by this session, which stays; its others end, in all protocols. The credentials' new
// generation. Refuses logged_out, if the log-in is no longer valid.
Operation<std::int64_t> change_password(LogIn log_in, Credentials credentials, std::string session);

}  // namespace storage
