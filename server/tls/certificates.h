// The certificates that the doors show: from the files that [tls] names, else self-signed, made at the first start and
// kept in the store. Replaced while running (SIGHUP). RFC 8314 §3; handshakes are protocols/net's.
#pragma once

#include <asio/awaitable.hpp>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "protocols/net/tls.h"
#include "protocols/services/event_log.h"
#include "storage/store.h"

namespace server::tls {

struct CertificateFiles {
    std::filesystem::path certificate;  // both empty: self-signed
    std::filesystem::path key;
};

class Certificates {
  public:
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    // Throws std::runtime_error in words for the administrator, which name the file: unreadable, no certificate, a key
    // that does not fit. Blocks.
    Certificates(storage::Store& store, services::EventLog& log, std::string hostname, const CertificateFiles& files,
                 Clock now);

    // Reads the files again; on failure the old certificates stay, and the exception says why. Blocks.
    void reload(const CertificateFiles& files);

    // To be called daily: tells of a certificate that is near its end, and makes a self-signed one anew. True when
    // another one is shown now.
    asio::awaitable<bool> look_after();

    // For every door but port 25, for port 25 (no session tickets: with them Microsoft dropped deliveries, CLIENTS.md
    // 20), and for the web (ALPN "http/1.1"). As long-lived as this object; thread-safe.
    net::TlsContext& doors() { return doors_; }
    net::TlsContext& smtp() { return smtp_; }
    net::TlsContext& web() { return web_; }
    // The one shown just now, for the web server, which makes its own context.
    net::Certificate current() const;

  private:
    net::Certificate load(const CertificateFiles& files);
    net::Certificate self_signed();
    void show(net::Certificate certificate);
    void tell(const net::CertificateFacts& facts) const;
    std::int64_t seconds_left(const net::CertificateFacts& facts) const { return facts.not_after - now_(); }

    storage::Store& store_;
    services::EventLog& log_;
    const std::string hostname_;
    const Clock now_;
    std::atomic<bool> own_;  // self-signed
    mutable std::mutex mutex_;
    net::Certificate certificate_;
    net::TlsContext doors_;
    net::TlsContext smtp_;
    net::TlsContext web_;
};

}  // namespace server::tls
