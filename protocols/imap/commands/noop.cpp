// NOOP. RFC 3501 §6.1.2.
// Its use is what every command does at its end: telling what has changed (session/sync.cpp).
// No STATUS is sent here: Thunderbird cannot bear it (CLIENTS.md 6).
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Noop /*command*/) {
    answer_ok("Nothing done");
    co_return;
}

}  // namespace imap
