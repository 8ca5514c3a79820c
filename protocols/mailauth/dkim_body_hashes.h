// The hashes of a body that signatures ask for (RFC 6376 §3.7), all in one pass: whatever their number, the body is
// hashed once for each canonicalization that occurs. A hash of its first octets only (l=, RFC 6376 §3.5) is taken on
// the way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/mailauth/dkim_canonicalization.h"

namespace mailauth {

struct BodyHash {
    std::string digest;              // SHA-256, 32 octets
    std::uint64_t octets_after = 0;  // canonical octets beyond the limit
    bool has_all_octets = true;      // false: the body has fewer octets than the limit, so there is no digest
};

// Ask for hashes first, then feed the body (without the blank line before it), then finish; then the hashes are there.
class BodyHashes {
  public:
    BodyHashes();
    ~BodyHashes();
    BodyHashes(BodyHashes&&) noexcept;
    BodyHashes& operator=(BodyHashes&&) noexcept;

    // A hash of the whole canonical body, or of its first octets. Before the first feed().
    void want(Canonicalization form, std::optional<std::uint64_t> limit);

    // Nobody has asked for a hash: the body need not be read.
    [[nodiscard]] bool empty() const;

    void feed(std::string_view piece);
    void finish();

    // After finish(), one that was asked for.
    [[nodiscard]] BodyHash hash(Canonicalization form, std::optional<std::uint64_t> limit) const;

  private:
    class Stream;
    std::array<std::unique_ptr<Stream>, 2> streams_;  // by canonicalization, where one is wanted
};

}  // namespace mailauth
