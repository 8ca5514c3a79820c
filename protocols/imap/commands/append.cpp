// APPEND. RFC 3501 §6.3.11; UIDPLUS' APPENDUID: RFC 4315 §3.
// The work is the Appender's, literal by literal.
// A missing mailbox is answered TRYCREATE, before a message is read that is not on its way already.
#include "protocols/imap/append/appender.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Append command) {
    Appender appender(*this);
    co_await appender.run(std::move(command));
}

}  // namespace imap
