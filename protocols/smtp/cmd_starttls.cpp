// STARTTLS. RFC 3207 §4; §4.2 and §5: what was said in plain text is forgotten, and commands pipelined after it are
// dropped. net does the handshake.
#include <exception>
#include <string>

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
    answer(220, "2.0.0", "Ready to start TLS");
    co_await stream_.flush();
    co_await start_tls();
    client_name_.clear();
    extended_ = false;
    identity_.reset();
    transaction_.reset();
}

// After a failed handshake no further reply can reach the client.
asio::awaitable<void> Session::start_tls() {
    std::string fault = "there is no certificate";
    try {
        if (options_.tls != nullptr) {
            co_await stream_.start_tls_server(*options_.tls);
            fault.clear();
        }
    } catch (const net::DeadlinePassed&) {
        fault = "it took too long";
    } catch (const net::Interrupted&) {
        throw;
    } catch (const std::exception& error) {
        fault = error.what();
    }
    if (!fault.empty()) throw net::PeerGone("TLS handshake failed: " + fault);
    const net::TlsFacts facts = stream_.tls_facts();
    log_.info("tls", {{"version", facts.version}, {"cipher", facts.cipher}});
}

}  // namespace smtp
