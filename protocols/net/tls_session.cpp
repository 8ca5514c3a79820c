// OpenSSL on a non-blocking socket. It uses its own BIO for MSG_NOSIGNAL: writing to a peer that left must not kill us.
// Channel bindings: RFC 9266 §2 (tls-exporter), RFC 5929 §4.1 (tls-server-end-point).
#include "protocols/net/tls_session.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "protocols/net/tls_state.h"

namespace net {
namespace {

int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool must_wait(ssize_t result) { return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR); }

int bio_write(BIO* bio, const char* octets, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = send(socket_of(bio), octets, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (must_wait(sent)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t received = recv(socket_of(bio), into, static_cast<std::size_t>(size), 0);
    if (must_wait(received)) BIO_set_retry_read(bio);
    if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(received);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
    static const openssl::BioMethod method = [] {
        openssl::BioMethod made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream socket"));
        BIO_meth_set_write(made.get(), bio_write);
        BIO_meth_set_read(made.get(), bio_read);
        BIO_meth_set_ctrl(made.get(), bio_control);
        return made;
    }();
    return method.get();
}

bool is_address(const std::string& name) {
    unsigned char octets[16];
    return inet_pton(AF_INET, name.c_str(), octets) == 1 || inet_pton(AF_INET6, name.c_str(), octets) == 1;
}

// RFC 5929 §4.1: the signature's hash, but SHA-256 instead of MD5 and SHA-1, over the server's certificate.
std::string end_point_hash(const X509* certificate) {
    int hash_kind = NID_undef;
    if (X509_get_signature_info(const_cast<X509*>(certificate), &hash_kind, nullptr, nullptr, nullptr) != 1) return {};
    if (hash_kind == NID_md5 || hash_kind == NID_sha1) hash_kind = NID_sha256;
    const EVP_MD* hash = EVP_get_digestbynid(hash_kind);
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (hash == nullptr || X509_digest(certificate, hash, octets, &size) != 1) return {};
    return {reinterpret_cast<const char*>(octets), size};
}

// One that OpenSSL cannot use (a whole certificate that is none, say) is left out. Without any other it is as if all
// were of unknown kinds: nothing is verified (RFC 7672 §2.2).
void expect_associations(SSL* ssl, const ServerIdentity& server) {
    if (SSL_dane_enable(ssl, server.name.c_str()) != 1) openssl::fail("DANE");
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    for (const std::string& name : server.other_names) {
        if (SSL_add1_host(ssl, name.c_str()) != 1) openssl::fail("server name");
    }
    bool usable = false;
    for (const TlsAssociation& one : server.associations) {
        const auto* data = reinterpret_cast<const unsigned char*>(one.data.data());
        if (SSL_dane_tlsa_add(ssl, one.usage, one.selector, one.matching_type, data, one.data.size()) > 0)
            usable = true;
    }
    ERR_clear_error();
    SSL_set_verify(ssl, usable ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<const TlsContext::State> state, int socket)
    : state_(std::move(state)), server_(true) {
    if (!state_->server) throw std::logic_error("a client's TLS context cannot serve");
    attach(state_->identities.front().context.get(), socket);
    SSL_set_accept_state(ssl_.get());
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext::State> state, int socket, const ServerIdentity& server)
    : state_(std::move(state)), server_(false) {
    if (state_->server) throw std::logic_error("a server's TLS context cannot connect");
    attach(state_->client.get(), socket);
    SSL* ssl = ssl_.get();
    if (is_address(server.name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server.name.c_str());
    } else if (!server.name.empty()) {
        SSL_set_tlsext_host_name(ssl, server.name.c_str());
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (SSL_set1_host(ssl, server.name.c_str()) != 1) openssl::fail("server name");
    }
    if (!server.associations.empty()) expect_associations(ssl, server);
    SSL_set_connect_state(ssl);
}

void TlsSession::attach(SSL_CTX* context, int socket) {
    ssl_.reset(SSL_new(context));
    BIO* bio = BIO_new(socket_method());
    if (!ssl_ || bio == nullptr) {
        BIO_free(bio);
        openssl::fail("TLS connection");
    }
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
}

Io TlsSession::outcome(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_NONE:
            return Io::done;
        case SSL_ERROR_WANT_READ:
            return Io::want_read;
        case SSL_ERROR_WANT_WRITE:
            return Io::want_write;
        default:
            return Io::gone;
    }
}

Io TlsSession::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const Io io = result == 1 ? Io::done : outcome(result);
    if (io != Io::gone) return io;
    broken_ = true;
    if (ERR_peek_error() == 0) return Io::gone;  // the peer left without close_notify
    const long verified = SSL_get_verify_result(ssl_.get());
    std::string reason = openssl::take_reason();
    if (!server_ && verified != X509_V_OK) reason += std::string(": ") + X509_verify_cert_error_string(verified);
    throw std::runtime_error("TLS handshake: " + reason);
}

Io TlsSession::read(char* into, std::size_t size, std::size_t& taken) {
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into, size, &taken);
    const Io io = result == 1 ? Io::done : outcome(result);
    if (io == Io::gone && SSL_get_shutdown(ssl_.get()) == 0) broken_ = true;
    return io;
}

Io TlsSession::write(const char* from, std::size_t size, std::size_t& given) {
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), from, size, &given);
    const Io io = result == 1 ? Io::done : outcome(result);
    if (io == Io::gone) broken_ = true;
    return io;
}

void TlsSession::send_close_notify() {
    ERR_clear_error();
    if (!broken_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

TlsFacts TlsSession::facts() const {
    TlsFacts facts;
    facts.version = SSL_get_version(ssl_.get());
    facts.cipher = SSL_get_cipher_name(ssl_.get());
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    if (name != nullptr) facts.server_name = name;
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
    if (size > 0) facts.alpn.assign(reinterpret_cast<const char*>(protocol), size);
    if (!server_) {
        const long verified = SSL_get_verify_result(ssl_.get());
        if (verified != X509_V_OK) facts.verify_error = X509_verify_cert_error_string(verified);
        facts.by_dane = SSL_get0_dane_authority(ssl_.get(), nullptr, nullptr) >= 0;
    }
    return facts;
}

std::string TlsSession::channel_binding(std::string_view type) const {
    if (type == "tls-exporter") {
        // RFC 9266 §4.2: below TLS 1.3 only with the extended master secret, which nearly all peers have.
        if (SSL_version(ssl_.get()) < TLS1_3_VERSION && SSL_get_extms_support(ssl_.get()) != 1) return {};
        constexpr std::string_view label = "EXPORTER-Channel-Binding";
        unsigned char octets[32];
        const int made =
            SSL_export_keying_material(ssl_.get(), octets, sizeof octets, label.data(), label.size(), nullptr, 0, 1);
        return made == 1 ? std::string(reinterpret_cast<const char*>(octets), sizeof octets) : std::string();
    }
    if (type != "tls-server-end-point") return {};
    if (server_) return end_point_hash(SSL_get_certificate(ssl_.get()));
    const openssl::X509Certificate peer(SSL_get1_peer_certificate(ssl_.get()));
    return peer ? end_point_hash(peer.get()) : std::string();
}

}  // namespace net
