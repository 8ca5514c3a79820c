// One TLS connection on a non-blocking socket: each step does what can be done now and says what it waits for.
// OpenSSL reads and writes the socket itself. For stream.cpp, which does the waiting.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "protocols/net/io.h"
#include "protocols/net/openssl.h"
#include "protocols/net/stream.h"
#include "protocols/net/tls.h"

namespace net {

class TlsSession {
  public:
    TlsSession(std::shared_ptr<const TlsContext::State> state, int socket);
    // As a client.
    TlsSession(std::shared_ptr<const TlsContext::State> state, int socket, const ServerIdentity& server);

    // Throws std::runtime_error with OpenSSL's reason if the peer does not speak TLS or cannot be trusted.
    Io handshake();
    Io read(char* into, std::size_t size, std::size_t& taken);
    Io write(const char* from, std::size_t size, std::size_t& given);
    // Sends close_notify, as far as it goes without waiting.
    void send_close_notify();
    // True if octets can be read although the socket is not readable.
    bool pending() const { return SSL_has_pending(ssl_.get()) == 1; }

    TlsFacts facts() const;
    std::string channel_binding(std::string_view type) const;

  private:
    void attach(SSL_CTX* context, int socket);
    Io outcome(int result);

    std::shared_ptr<const TlsContext::State> state_;  // used by SSL's callbacks
    bool server_;
    bool broken_ = false;
    openssl::Ssl ssl_;
};

}  // namespace net
