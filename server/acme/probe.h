// Asks ourselves as an ACME server would: whether what answers at an address is this server. A machine behind address
// translation, as a container is, does not know its public address.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <string>

#include "server/tls/challenge_certificates.h"

namespace server::acme {

// Connects there with TLS, for this name, and looks whether a certificate comes that only we can show (RFC 8737 §3).
// For that time `certificates` has no others. False, whatever goes wrong.
asio::awaitable<bool> is_this_server(tls::ChallengeCertificates& certificates, std::string name,
                                     asio::ip::tcp::endpoint where, std::chrono::milliseconds time);

}  // namespace server::acme
