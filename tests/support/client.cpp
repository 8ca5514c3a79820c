// A blocking test client over a socket, with OpenSSL for TLS and the server's own deflate.
#include "tests/support/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "protocols/base/handle.h"
#include "protocols/net/deflate.h"

namespace support {
namespace {

constexpr std::chrono::milliseconds patience{15'000};

}  // namespace

struct Client::Implementation {
    int socket = -1;
    base::Handle<SSL_CTX, SSL_CTX_free> context;
    base::Handle<SSL, SSL_free> tls;
    std::unique_ptr<net::Deflate> deflate;
    std::string buffer;

    ~Implementation() {
        tls.reset();
        if (socket >= 0) ::close(socket);
    }

    bool wait_for_input(std::chrono::milliseconds time) const {
        if (tls && SSL_pending(tls.get()) > 0) return true;
        pollfd poll_set{socket, POLLIN, 0};
        return ::poll(&poll_set, 1, static_cast<int>(time.count())) > 0;
    }

    // Appends received octets to the buffer; false at the end of the connection.
    bool read_more(std::chrono::milliseconds time) {
        if (!wait_for_input(time)) throw std::runtime_error("the server said nothing in time");
        std::array<char, 16'384> octets{};
        const int size = static_cast<int>(octets.size());
        const auto got = tls ? SSL_read(tls.get(), octets.data(), size)
                             : static_cast<int>(::read(socket, octets.data(), octets.size()));
        if (got <= 0) return false;
        const std::string_view received(octets.data(), static_cast<std::size_t>(got));
        if (deflate) {
            inflate(received);
        } else {
            buffer += received;
        }
        return true;
    }

    void inflate(std::string_view received) {
        deflate->put(received);
        std::array<char, 16'384> octets{};
        for (std::size_t got = 1; got > 0;) {
            got = deflate->inflate(octets);
            buffer.append(octets.data(), got);
        }
    }
};

Client::Client(std::uint16_t port, const std::string& from) : implementation_(std::make_unique<Implementation>()) {
    implementation_->socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(implementation_->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (::inet_pton(AF_INET, from.c_str(), &address.sin_addr) != 1 ||
        ::bind(implementation_->socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot call from " + from);
    }
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(implementation_->socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot connect to port " + std::to_string(port));
    }
}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

void Client::start_tls() {
    implementation_->context.reset(SSL_CTX_new(TLS_client_method()));
    implementation_->tls.reset(SSL_new(implementation_->context.get()));
    SSL_set_fd(implementation_->tls.get(), implementation_->socket);
    SSL_set_tlsext_host_name(implementation_->tls.get(), "localhost");
    if (SSL_connect(implementation_->tls.get()) != 1) throw std::runtime_error("the TLS handshake failed");
}

void Client::start_deflate() {
    const std::string received = std::exchange(implementation_->buffer, {});
    implementation_->deflate = std::make_unique<net::Deflate>(received);
    implementation_->inflate({});
}

void Client::send(std::string_view text) {
    std::string deflated;
    if (implementation_->deflate) implementation_->deflate->compress(text, deflated);
    std::string_view octets = implementation_->deflate ? deflated : text;
    while (!octets.empty()) {
        const auto sent = implementation_->tls
                              ? SSL_write(implementation_->tls.get(), octets.data(), static_cast<int>(octets.size()))
                              : ::send(implementation_->socket, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) throw std::runtime_error("the server closed the connection while we wrote");
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::optional<std::string> Client::read_line_or_end() {
    auto& buffer = implementation_->buffer;
    std::size_t end = 0;
    while ((end = buffer.find('\n')) == std::string::npos) {
        if (!implementation_->read_more(patience)) return std::nullopt;
    }
    std::string line = buffer.substr(0, end);
    buffer.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

std::string Client::read_line() {
    auto line = read_line_or_end();
    if (!line) throw std::runtime_error("the server closed the connection");
    return *std::move(line);
}

std::string Client::read_octets(std::size_t count) {
    auto& buffer = implementation_->buffer;
    while (buffer.size() < count) {
        if (!implementation_->read_more(patience)) throw std::runtime_error("the server closed the connection");
    }
    std::string octets = buffer.substr(0, count);
    buffer.erase(0, count);
    return octets;
}

bool Client::silent_for(std::chrono::milliseconds time) {
    return implementation_->buffer.empty() && !implementation_->wait_for_input(time);
}

}  // namespace support
