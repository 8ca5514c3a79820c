// UNAUTHENTICATE: back to where a connection begins, with TLS kept. RFC 8437.
// Nothing of who was logged in stays, nor of what was enabled; what was compressed ends with the answer (§4.1).
// The count of failed log-ins is the connection's, and stays.
#include <utility>

#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Unauthenticate /*command*/) {
    log_.info("unauthenticate", {{"account", identity_->name}});
    unselect();
    notification_.reset();
    place_.reset();
    identity_.reset();
    keywords_ = {};
    condstore_ = qresync_ = rev2_ = false;
    offers_uid_only_ = uid_only_ = false;
    utf8_accept_ = utf8_ = false;
    receiver_.set_utf8(false);
    receiver_.set_limits(options_.commands_before_login_limits);
    stream_.set_deadline(options_.login_timeout);
    commands_ = 0;

    answer_capability_ok("Nobody is logged in");
    stream_.write(std::exchange(reply_, {}));
    if (stream_.is_deflating()) co_await stream_.stop_deflate();
}

}  // namespace imap
