// Incremental SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace storage {

// Throws std::runtime_error if OpenSSL has no SHA-256.
class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    void update(std::string_view octets);
    std::array<std::uint8_t, 32> finish();  // once

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace storage
