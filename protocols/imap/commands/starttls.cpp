// STARTTLS. RFC 3501 §6.2.1, RFC 8314.
// What was pipelined in plain text behind it is dropped by the stream: it could be an attacker's.
// After it the client asks for CAPABILITY again; nothing learnt before counts.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::StartTls /*command*/) {
    if (stream_.is_tls()) {
        answer_bad("TLS is on already");
        co_return;
    }
    if (services_.tls == nullptr) {
        answer_bad("There is no TLS here");
        co_return;
    }
    answer_ok("Begin TLS now");
    stream_.write(reply_);
    reply_.clear();
    co_await stream_.flush();
    std::string failure;
    try {
        co_await stream_.start_tls_server(*services_.tls);
    } catch (const net::PeerGone&) {
        throw;
    } catch (const std::runtime_error& error) {
        failure = error.what();
    }
    if (failure.empty()) {
        log_.info("tls", {{"version", stream_.tls_facts().version}, {"cipher", stream_.tls_facts().cipher}});
        co_return;
    }
    log_.info("tls_failed", {{"why", failure}});
    throw net::PeerGone("TLS handshake failed");
}

}  // namespace imap
