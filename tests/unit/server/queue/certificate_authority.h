// A certificate authority for tests. RFC 5280.
#pragma once

#include <filesystem>
#include <string>

#include "protocols/net/openssl.h"
#include "protocols/net/tls.h"

class CertificateAuthority {
  public:
    explicit CertificateAuthority(const std::string& name);

    // For `names` in OpenSSL's notation ("DNS:a.test,IP:127.0.0.2"), valid from and to so many days from today.
    net::Certificate issue(const std::string& names, int from_days = -1, int to_days = 1) const;
    // Writes its own certificate to a file, for a route's `ca_file`.
    void write(const std::filesystem::path& file) const;

  private:
    net::openssl::Key key_;
    net::openssl::X509Certificate certificate_;
};

// A self-signed certificate.
net::Certificate self_signed(const std::string& names);
