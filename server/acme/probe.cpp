// The certificate is told by its hash (RFC 5929 §4).
#include "server/acme/probe.h"

#include <asio/this_coro.hpp>
#include <exception>

#include "protocols/net/connect.h"
#include "protocols/net/stream.h"
#include "protocols/net/tls.h"
#include "server/acme/keys.h"

namespace server::acme {

asio::awaitable<bool> is_this_server(tls::ChallengeCertificates& certificates, std::string name,
                                     asio::ip::tcp::endpoint where, std::chrono::milliseconds time) {
    const auto executor = co_await asio::this_coro::executor;
    const net::Certificate ours = challenge_certificate(name, make_key(KeyKind::ecdsa));
    certificates.set({{name, ours}});
    bool is_ours = false;
    try {
        net::TlsContext context(net::ClientTlsOptions{.alpn = {"acme-tls/1"}});
        net::Stream stream = co_await net::connect(executor, where, {.timeout = time});
        stream.set_deadline(time);
        co_await stream.start_tls_client(context, name);
        is_ours = stream.channel_binding("tls-server-end-point") == certificate_hash(ours.cert_pem);
        co_await stream.close();
    } catch (const std::exception&) {
        is_ours = false;
    }
    certificates.set({});
    co_return is_ours;
}

}  // namespace server::acme
