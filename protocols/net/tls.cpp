// TLS contexts: which certificate a client gets (SNI, RFC 6066 §3), which protocol is agreed on (ALPN, RFC 7301).
// tls_session.cpp does handshakes, certificate.cpp reads certificates.
#include "protocols/net/tls.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/locking/mutex.h"
#include "protocols/net/tls_state.h"

namespace net {
namespace {

using openssl::fail;

constexpr std::string_view acme_alpn = "acme-tls/1";  // RFC 8737 §3

int give_passphrase(char* into, int size, int, void* passphrase) {
    const auto& text = *static_cast<const std::string*>(passphrase);
    const int length = std::min(size, static_cast<int>(text.size()));
    std::memcpy(into, text.data(), static_cast<std::size_t>(length));
    return length;
}

openssl::SslContext make_context(const SSL_METHOD* method) {
    openssl::SslContext context(SSL_CTX_new(method));
    if (!context) fail("TLS context");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context.get(), 1);
    return context;
}

void use_certificate(SSL_CTX* context, const Certificate& certificate) {
    const openssl::Bio cert_bio = openssl::memory_bio(certificate.cert_pem);
    const openssl::X509Certificate leaf(PEM_read_bio_X509_AUX(cert_bio.get(), nullptr, nullptr, nullptr));
    if (!leaf) fail("certificate");
    if (SSL_CTX_use_certificate(context, leaf.get()) != 1) fail("certificate");
    SSL_CTX_clear_chain_certs(context);
    while (X509* issuer = PEM_read_bio_X509(cert_bio.get(), nullptr, nullptr, nullptr)) {
        if (SSL_CTX_add0_chain_cert(context, issuer) != 1) {
            X509_free(issuer);
            fail("certificate chain");
        }
    }
    ERR_clear_error();  // reading to the end of the file left an error
    const openssl::Bio key_bio = openssl::memory_bio(certificate.key_pem);
    auto* passphrase = const_cast<std::string*>(&certificate.passphrase);
    const openssl::Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, give_passphrase, passphrase));
    if (!key) fail("private key");
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) fail("private key");
    if (SSL_CTX_check_private_key(context) != 1) fail("private key does not belong to the certificate");
}

std::string alpn_on_the_wire(const std::vector<std::string>& protocols) {
    std::string wire;
    for (const std::string& protocol : protocols) {
        if (protocol.empty() || protocol.size() > 255) throw std::runtime_error("ALPN protocol of impossible length");
        wire += static_cast<char>(protocol.size());
        wire += protocol;
    }
    return wire;
}

// RFC 9525 §6.3: a wildcard stands for exactly the leftmost label.
bool covers(const std::string& pattern, std::string_view name) {
    if (!pattern.starts_with("*.")) return pattern == name;
    const std::size_t dot = name.find('.');
    return dot != std::string_view::npos && dot > 0 && name.substr(dot) == std::string_view(pattern).substr(1);
}

std::string normal_name(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return base::lower(name);
}

// The names in a ClientHello's server_name extension (RFC 6066 §3): list length, type 0, length, name.
std::string hello_server_name(SSL* ssl) {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1 || size < 5) return {};
    const std::size_t length = static_cast<std::size_t>(data[3]) << 8 | data[4];
    if (data[2] != TLSEXT_NAMETYPE_host_name || length > size - 5) return {};
    return normal_name({reinterpret_cast<const char*>(data + 5), length});
}

// RFC 8737 §3: the challenge's connection offers only that protocol.
bool hello_wants_acme(SSL* ssl) {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &data, &size) != 1) {
        return false;
    }
    const std::string_view list(reinterpret_cast<const char*>(data), size);
    return size == acme_alpn.size() + 3 && list.substr(3) == acme_alpn;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void* argument) {
    constexpr int refused = SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol: RFC 7301 §3.2
    const auto& state = *static_cast<const TlsContext::State*>(argument);
    const std::string& ours = state.alpn_wire;
    unsigned char* selected = nullptr;
    const int found = SSL_select_next_proto(&selected, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                                            static_cast<unsigned>(ours.size()), in, in_size);
    if (found != OPENSSL_NPN_NEGOTIATED) return state.alpn_wire.empty() ? SSL_TLSEXT_ERR_NOACK : refused;
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

// For the certificate that answers a challenge: the client has offered this protocol alone.
int choose_acme(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char*, unsigned int, void*) {
    *out = reinterpret_cast<const unsigned char*>(acme_alpn.data());
    *out_size = static_cast<unsigned char>(acme_alpn.size());
    return SSL_TLSEXT_ERR_OK;
}

// Runs before the rest of the handshake.
int choose_certificate(SSL* ssl, int*, void* argument) {
    const auto& state = *static_cast<const TlsContext::State*>(argument);
    const std::string name = hello_server_name(ssl);
    const bool acme = hello_wants_acme(ssl);
    try {
        if (state.server_options.choose && !name.empty()) {
            const auto chosen = state.server_options.choose(name, acme ? acme_alpn : std::string_view());
            if (chosen) {
                const openssl::SslContext context = make_context(TLS_server_method());
                use_certificate(context.get(), *chosen);
                SSL_CTX_set_alpn_select_cb(context.get(), acme ? choose_acme : choose_protocol, argument);
                SSL_set_SSL_CTX(ssl, context.get());
                return SSL_CLIENT_HELLO_SUCCESS;
            }
        }
    } catch (const std::exception&) {
        return SSL_CLIENT_HELLO_ERROR;
    }
    for (const TlsContext::State::Named& identity : state.identities) {
        const auto fits = [&](const std::string& pattern) { return covers(pattern, name); };
        if (!std::ranges::any_of(identity.names, fits)) continue;
        SSL_set_SSL_CTX(ssl, identity.context.get());
        break;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

openssl::SslContext make_server_context(const ServerTlsOptions& options, TlsContext::State& state) {
    openssl::SslContext context = make_context(TLS_server_method());
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context.get(), options.session_tickets ? 1 : 0);
    if (!options.session_tickets) SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_client_hello_cb(context.get(), choose_certificate, &state);
    if (!state.alpn_wire.empty()) SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, &state);
    return context;
}

std::shared_ptr<const TlsContext::State> make_server_state(const ServerTlsOptions& options) {
    if (options.certificates.empty()) throw std::runtime_error("no TLS certificate given");
    auto state = std::make_shared<TlsContext::State>();
    state->server = true;
    state->server_options = options;
    state->alpn_wire = alpn_on_the_wire(options.alpn);
    for (const Certificate& certificate : options.certificates) {
        std::vector<std::string> names = read_certificate(certificate.cert_pem).names;
        const auto same = std::ranges::find(state->identities, names, &TlsContext::State::Named::names);
        if (same != state->identities.end()) {
            use_certificate(same->context.get(), certificate);
            continue;
        }
        openssl::SslContext context = make_server_context(options, *state);
        use_certificate(context.get(), certificate);
        state->identities.push_back({std::move(names), std::move(context)});
    }
    state->server_options.certificates.clear();  // the contexts hold the keys now
    return state;
}

std::shared_ptr<const TlsContext::State> make_client_state(const ClientTlsOptions& options) {
    auto state = std::make_shared<TlsContext::State>();
    state->client = make_context(TLS_client_method());
    SSL_CTX* context = state->client.get();
    const int loaded = options.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context)
                                               : SSL_CTX_load_verify_file(context, options.ca_file.c_str());
    if (loaded != 1) fail("trusted certificates");
    if (SSL_CTX_dane_enable(context) != 1) fail("DANE");
    SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    const std::string alpn = alpn_on_the_wire(options.alpn);
    const auto* wire = reinterpret_cast<const unsigned char*>(alpn.data());
    if (!alpn.empty() && SSL_CTX_set_alpn_protos(context, wire, static_cast<unsigned>(alpn.size())) != 0) fail("ALPN");
    return state;
}

}  // namespace

struct TlsContext::Implementation {
    mutable locking::Mutex mutex;
    std::shared_ptr<const State> state GUARDED_BY(mutex);
};

TlsContext::TlsContext(const ServerTlsOptions& options) : implementation_(std::make_unique<Implementation>()) {
    implementation_->state = make_server_state(options);
}

TlsContext::TlsContext(const ClientTlsOptions& options) : implementation_(std::make_unique<Implementation>()) {
    implementation_->state = make_client_state(options);
}

TlsContext::~TlsContext() = default;

void TlsContext::replace(const ServerTlsOptions& options) {
    std::shared_ptr<const State> fresh = make_server_state(options);
    const locking::Lock lock(implementation_->mutex);
    implementation_->state.swap(fresh);
}

std::shared_ptr<const TlsContext::State> TlsContext::state() const {
    const locking::Lock lock(implementation_->mutex);
    return implementation_->state;
}

}  // namespace net
