// Signs a message for one or several domains and keys, in one pass over it. RFC 6376 §5, RFC 8301, RFC 8463.
//
//   DkimSigner signer(header_section);
//   signer.feed(…); signer.feed(…);             // the body, as it will be sent
//   fields = signer.finish({{key, "example.org", "s1"}}, now);
//
// The body is hashed once, never held. The fields go before the header section; nothing of it may change afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mailauth/dkim_body_hashes.h"
#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/dkim_private_key.h"

namespace mailauth {

struct DkimSigningKey {
    DkimPrivateKey key;
    std::string domain;    // d=, A-labels
    std::string selector;  // s=
};

// Always relaxed/relaxed, without l=. Those fields are signed that say what a message is (RFC 6376 §5.4.1); of From,
// To, Subject, Date and Message-ID one more than there are, so that none can be added (§8.15).
class DkimSigner {
  public:
    // The section is read at once, and needed no longer then.
    explicit DkimSigner(std::string_view header_section);

    // The body, without the blank line before it, in pieces of any size.
    void feed(std::string_view piece) { body_.feed(piece); }

    // A DKIM-Signature field for each key, in their order, folded, with line ends. Nothing for a message with more than
    // max_header_fields. now: Unix seconds. Call it once. Costs a signature (dkim_private_key.h) for each key.
    std::string finish(std::span<const DkimSigningKey> keys, std::int64_t now);

  private:
    std::vector<std::string> names_;  // h=
    Sha256 fields_{};                 // of what they name
    BodyHashes body_{};
    bool can_sign_ = false;
};

}  // namespace mailauth
