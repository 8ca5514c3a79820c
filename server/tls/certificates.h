// The server's certificates: from the files named in [tls], else those that ACME has obtained (server/acme), else
// self-signed, created at the first start and kept in the store. Each client gets the one for the name that it asks for
// (SNI, RFC 6066 §3). Replaceable while running: a connection keeps what it began with. RFC 8314 §3; protocols/net does
// handshakes.
#pragma once

#include <asio/awaitable.hpp>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "protocols/locking/mutex.h"
#include "protocols/net/tls.h"
#include "protocols/services/event_log.h"
#include "server/tls/challenge_certificates.h"
#include "storage/store.h"

namespace server::tls {

struct CertificateFiles {
    std::filesystem::path certificate;  // both empty: self-signed
    std::filesystem::path key;
};

class Certificates {
  public:
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    // Throws std::runtime_error with a text for the administrator that names the file: unreadable, no certificate,
    // wrong key. Blocks.
    Certificates(storage::Store& store, services::EventLog& log, std::string hostname, const CertificateFiles& files,
                 Clock now);

    // Reads the files again; on failure the old certificates stay, and the exception says why. Blocks.
    void reload(const CertificateFiles& files);

    // Chains and keys that ACME has obtained, in place of those before; new connections see them. Where files are
    // named, these are for other names alone. Throws std::runtime_error if one cannot be used: nothing is changed then.
    void show_obtained(std::vector<net::Certificate> obtained);
    ChallengeCertificates& challenges() { return challenges_; }

    // Call it daily: logs certificates that expire soon, makes a new self-signed one, and new keys for session
    // tickets: who gets hold of those can read what was sent by TLS 1.2 under them. True if the certificate has
    // changed.
    asio::awaitable<bool> look_after();

    // One for each protocol: a client that offers other protocols alone (ALPN) is refused. smtp() is for port 25: no
    // session tickets, since Microsoft dropped deliveries because of them (CLIENTS.md 20). Valid as long as this
    // object; thread-safe.
    net::TlsContext& smtp() { return smtp_; }
    net::TlsContext& submission() { return submission_; }
    net::TlsContext& imap() { return imap_; }
    net::TlsContext& pop3() { return pop3_; }
    net::TlsContext& web() { return web_; }
    // The present one for the host name, and for clients that name no other.
    net::Certificate current() const;

  private:
    using Chains = std::vector<net::Certificate>;

    net::Certificate load(const CertificateFiles& files);
    net::Certificate self_signed();
    // The first is for clients that name no other.
    Chains in_order(const net::Certificate& own, const Chains& obtained) const;
    void show(net::Certificate own, Chains obtained);
    net::ServerTlsOptions options_for(const Chains& chains, std::vector<std::string> alpn);
    net::ServerTlsOptions for_smtp(const Chains& chains);
    void tell(const net::CertificateFacts& facts) const;
    std::int64_t seconds_left(const net::CertificateFacts& facts) const { return facts.not_after - now_(); }

    storage::Store& store_;
    services::EventLog& log_;
    const std::string hostname_;
    const Clock now_;
    std::atomic<bool> self_signed_;
    ChallengeCertificates challenges_;
    mutable locking::Mutex mutex_;
    net::Certificate own_certificate_ GUARDED_BY(mutex_);  // of the files, or self-signed
    Chains obtained_ GUARDED_BY(mutex_);
    net::TlsContext smtp_;
    net::TlsContext submission_;
    net::TlsContext imap_;
    net::TlsContext pop3_;
    net::TlsContext web_;
};

}  // namespace server::tls
