// Keys of certificates, and what is made with them: certificate requests (RFC 2986), the certificate of a TLS-ALPN-01
// answer (RFC 8737 §3), what is published of them. OpenSSL is seen in keys.cpp alone. All throw std::runtime_error if
// OpenSSL refuses, as for a key that is none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/jose/p256_key.h"
#include "protocols/net/tls.h"

namespace server::acme {

enum class KeyKind : std::uint8_t { ecdsa, rsa };  // P-256; 2048 bits
// A new key, PEM.
std::string make_key(KeyKind kind);

// RFC 8555 §8.1.
std::string key_authorization(std::string_view token, const jose::P256Key& key);
// The value of the TXT record at _acme-challenge.NAME (RFC 8555 §8.4).
std::string dns_value(std::string_view key_authorization);
// RFC 8737 §3.
net::Certificate challenge_certificate(const std::string& name, std::string_view key_authorization);

// DER, signed with the key, for these names.
std::string make_request(const std::string& key_pem, const std::vector<std::string>& names);

// Whether the first certificate of a chain has this key.
bool belongs_to(const std::string& chain_pem, const std::string& key_pem);

// SHA-256 of the first certificate of a chain, octets.
std::string certificate_hash(const std::string& chain_pem);

// By which the server knows the first certificate of a chain (RFC 9773 §4.1); empty: it does not say by whom it is.
std::string renewal_id(const std::string& chain_pem);

// The data of a TLSA record 3 1 1 for this key (RFC 6698 §2.1): SHA-256 of its SubjectPublicKeyInfo, as octets, and
// hexadecimal.
std::string public_key_hash(const std::string& key_pem);
std::string tlsa_data(const std::string& key_pem);

}  // namespace server::acme
