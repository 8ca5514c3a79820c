// A certificate authority of a test's own. RFC 5280.
#pragma once

#include <filesystem>
#include <string>

#include "protocols/net/openssl.h"
#include "protocols/net/tls.h"

class CertificateAuthority {
  public:
    explicit CertificateAuthority(const std::string& name);

    // For `names` as OpenSSL writes them ("DNS:a.test,IP:127.0.0.2"), valid from and to so many days from today.
    net::Certificate issue(const std::string& names, int from_days = -1, int to_days = 1) const;
    // Its own certificate, as a route's `ca_file` names it.
    void write(const std::filesystem::path& file) const;

  private:
    net::openssl::Key key_;
    net::openssl::X509Certificate certificate_;
};

// The same, vouched for by nobody but itself.
net::Certificate self_signed(const std::string& names);
