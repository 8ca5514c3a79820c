// TLS settings: certificates and keys when we are the server, trust when we are the client. TLS 1.2 and later, no
// renegotiation, no compression. RFC 8446, 5246; names: RFC 6066 §3, RFC 9525; mail: RFC 8314; DANE: RFC 7671.
// server/tls supplies and renews the certificates.
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
    // The first is for clients that name no server or an unknown one. Certificates with the same names but other kinds
    // of key are used together: the client's abilities decide.
    std::vector<Certificate> certificates;
    // Protocols we speak, best first; empty: ALPN is ignored. A client that offers others alone is refused (RFC 7301
    // §3.2): a browser that somebody has led here must not take our certificate for that of a web site (ALPACA).
    std::vector<std::string> alpn;
    // Off on port 25: Microsoft dropped deliveries because of them (CLIENTS.md 20). Their keys live as long as these
    // settings: replace() makes new ones.
    bool session_tickets = true;
    // Called first, with the name that a client gives (lower case, no trailing dot): the certificate to use, or nullopt
    // to choose from `certificates`. Called on any network thread. For ACME's TLS-ALPN-01 challenge, alpn is
    // "acme-tls/1" if the client asks for that; it is agreed on with the certificate that is given for it alone.
    std::function<std::optional<Certificate>(std::string_view server_name, std::string_view alpn)> choose{};
};

struct ClientTlsOptions {
    bool verify = false;    // false: opportunistic, a failure is only reported (TlsFacts::verify_error)
    std::string ca_file{};  // PEM; empty: the system's
    std::vector<std::string> alpn{};
};

// A TLSA record: what a server's certificate chain must match (RFC 6698 §2.1).
struct TlsAssociation {
    std::uint8_t usage = 0;
    std::uint8_t selector = 0;
    std::uint8_t matching_type = 0;
    std::string data;
    bool operator==(const TlsAssociation&) const = default;
};

// What a client knows of a server before it shakes hands.
struct ServerIdentity {
    std::string name;  // SNI (a name, no address), and what the certificate must be for, where that is verified
    // DANE: if there are any that can be used, one of them must match, whatever the context says, and whom the system
    // trusts does not count. Of those with usage DANE-TA(2) the certificate must be for the name or one of the other
    // ones; with DANE-EE(3) names and dates do not count (RFC 7671 §5.1, §5.2).
    std::vector<TlsAssociation> associations{};
    std::vector<std::string> other_names{};
};

// Thread-safe. A connection keeps its settings alive, so they can be replaced at any time.
class TlsContext {
  public:
    // Both throw std::runtime_error with a text for the administrator: no certificate, wrong key, unreadable PEM.
    explicit TlsContext(const ServerTlsOptions& options);
    explicit TlsContext(const ClientTlsOptions& options);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    // For new connections; if it throws, the old certificates stay. Tickets of earlier sessions are not taken any more.
    void replace(const ServerTlsOptions& options);

    struct State;
    std::shared_ptr<const State> state() const;  // for protocols/net

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// A new ECDSA P-256 key with a self-signed certificate for these names, valid for ten years.
Certificate make_self_signed(const std::vector<std::string>& hostnames);

// Facts of a leaf certificate: for the log, for renewal, and to see which names it covers.
struct CertificateFacts {
    std::vector<std::string> names;  // DNS names, lower case; the common name if there are none
    std::int64_t not_before = 0;     // Unix seconds
    std::int64_t not_after = 0;
    std::string issuer;
    std::string
        key_sha256;  // of the SubjectPublicKeyInfo, octets: what TLSA records of selector 1 hash (RFC 6698 §2.1.2)
};
CertificateFacts read_certificate(const std::string& cert_pem);  // throws std::runtime_error

}  // namespace net
