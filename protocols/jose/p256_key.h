// Keys on the curve P-256, and what is made with them: signatures (RFC 7518 §3.4), their JSON form (RFC 7517), its
// thumbprint (RFC 7638), shared secrets (RFC 8291 §3.1). All throw std::runtime_error if OpenSSL refuses, as for a key
// that is none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace jose {

class P256Key {
  public:
    // A new private key, PEM.
    static std::string make();

    explicit P256Key(const std::string& pem);
    ~P256Key();
    P256Key(P256Key&&) noexcept;

    const std::string& jwk() const { return jwk_; }  // of the public key: JSON, its members in the order of RFC 7638 §3
    std::string thumbprint() const;                  // base64url
    std::string public_point() const;                // X9.62's uncompressed form: 65 octets
    std::string sign(std::string_view text) const;   // ES256: 64 octets
    // With the owner of this public point: 32 octets. nullopt: it is not on the curve.
    std::optional<std::string> shared_secret(std::string_view point) const;

  private:
    struct Handle;
    std::unique_ptr<Handle> handle_;
    std::string jwk_;
};

}  // namespace jose
