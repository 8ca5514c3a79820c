// REPLACE and UID REPLACE. RFC 8508 §3: one message comes, another goes, in one step.
// The work is the Appender's.
#include "protocols/imap/append/appender.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Replace command) {
    Appender appender(*this);
    co_await appender.run(std::move(command));
}

}  // namespace imap
