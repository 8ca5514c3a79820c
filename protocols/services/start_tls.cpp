// All exceptions of the handshake become one: after any of them no reply can reach the client.
#include "protocols/services/start_tls.h"

#include <exception>
#include <optional>

#include "protocols/net/tls.h"
#include "protocols/services/session_end.h"

namespace services {

asio::awaitable<void> start_tls(net::Stream& stream, net::TlsContext* context, const SessionLog& log) {
    std::optional<HandshakeFailed> failure;
    try {
        if (context == nullptr) throw HandshakeFailed(EndReason::tls_failed, "there is no certificate");
        co_await stream.start_tls_server(*context);
    } catch (const net::DeadlinePassed&) {
        failure.emplace(EndReason::tls_failed, "the handshake took too long");
    } catch (const net::Interrupted& interrupted) {
        failure.emplace(ending_of(interrupted).reason, "during the TLS handshake");
    } catch (const std::exception& error) {
        failure.emplace(EndReason::tls_failed, error.what());
    }
    if (failure) throw HandshakeFailed(*failure);
    const net::TlsFacts facts = stream.tls_facts();
    log.info("tls", {{"version", facts.version}, {"cipher", facts.cipher}});
}

}  // namespace services
