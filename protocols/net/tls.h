// What a TLS connection is made from: certificates and keys for our side as a server, trust for our side as a client.
// TLS 1.2 and later, no renegotiation, no compression. RFC 8446, 5246; names: RFC 6066 §3, RFC 9525; mail: RFC 8314.
// Where certificates come from and when they change is the server's business (server/tls).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net {

// A certificate chain, leaf first, and its key, both PEM. ECDSA or RSA.
struct Certificate {
    std::string cert_pem;
    std::string key_pem;
    std::string passphrase{};  // of the key, empty: none
};

struct ServerTlsOptions {
    // The first is for clients that name no server or an unknown one. Those with the same names and another kind of key
    // stand beside each other, and the client's abilities decide.
    std::vector<Certificate> certificates;
    std::vector<std::string> alpn;  // protocols we speak, best first; empty: the client's wish is ignored
    bool session_tickets = true;    // off on port 25: with them Microsoft dropped deliveries (CLIENTS.md 20)
    // Asked first for a name that a client gives (lower case, no trailing dot): the certificate to show, or nothing to
    // choose among `certificates`. Called on any network thread. For ACME's TLS-ALPN-01 challenge it also gets the
    // client's wish "acme-tls/1" as alpn.
    std::function<std::optional<Certificate>(std::string_view server_name, std::string_view alpn)> choose{};
};

struct ClientTlsOptions {
    bool verify = false;    // false: opportunistic, the result is only reported (TlsFacts::verify_error)
    std::string ca_file{};  // PEM; empty: the system's
    std::vector<std::string> alpn{};
};

// Thread-safe. Connections keep what they were made from alive, so that it can be replaced at any time.
class TlsContext {
  public:
    // Both throw std::runtime_error in words for the administrator: no certificate, key does not fit, unreadable PEM.
    explicit TlsContext(const ServerTlsOptions& options);
    explicit TlsContext(const ClientTlsOptions& options);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    // For connections from now on; on an exception the old certificates stay.
    void replace(const ServerTlsOptions& options);

    struct State;
    std::shared_ptr<const State> state() const;  // for protocols/net

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// A new ECDSA P-256 key with a certificate for these names, signed by itself, good for ten years.
Certificate make_self_signed(const std::vector<std::string>& hostnames);

// Facts of a leaf certificate, for the log, for renewal and for telling which names it covers.
struct CertificateFacts {
    std::vector<std::string> names;  // DNS names, lower case, or the common name where there are none
    std::int64_t not_before = 0;     // Unix seconds
    std::int64_t not_after = 0;
    std::string issuer;
};
CertificateFacts read_certificate(const std::string& cert_pem);  // throws std::runtime_error

}  // namespace net
