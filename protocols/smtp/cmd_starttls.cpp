// STARTTLS. RFC 3207 §4; §4.2 and §5: what was said in plain text is forgotten, and commands pipelined after it are
// dropped. services/start_tls does the handshake.
#include "protocols/services/start_tls.h"
#include "protocols/smtp/refusals.h"
#include "protocols/smtp/session.h"

namespace smtp {

asio::awaitable<void> Session::run(wire::StartTls) {
    if (stream_.is_tls()) {
        refuse_error("STARTTLS", replies::out_of_order("TLS is on already"));
        co_return;
    }
    if (options_.tls == nullptr) {
        refuse_error("STARTTLS", {502, "5.5.1", "TLS is not available"});
        co_return;
    }
    identity_.reset();
    connection_slot_.reset();
    answer(220, "2.0.0", "Ready to start TLS");
    co_await stream_.flush();
    co_await services::start_tls(stream_, options_.tls, log_);
    client_name_.clear();
    extended_ = false;
    await_login();
    transaction_.reset();
}

}  // namespace smtp
