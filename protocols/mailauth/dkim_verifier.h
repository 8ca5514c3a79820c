// Verifies the DKIM signatures of a message. RFC 6376 §6.1; which algorithms and keys are good: RFC 8301, RFC 8463;
// internationalized mail: RFC 8616. What follows from the results is left to DMARC and to policy.
//
//   const HeaderFields fields(header_section);
//   BodyHashes body;
//   DkimVerifier verifier(fields, body);        // an ArcVerifier shares both
//   body.feed(…); body.feed(…); body.finish();  // as the body flows; skipped if body.empty()
//   results = co_await verifier.finish(source, now, body);
//
// Costs: the body is hashed once for each canonicalization (about 1.2 ms a MiB), never held; the fields are hashed once
// for each signature; for each key about 40 µs (RSA-2048) or 110 µs (Ed25519) of the thread that calls finish().
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/dns/source.h"
#include "protocols/mailauth/dkim_body_hashes.h"
#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/dkim_signature.h"

namespace mailauth {

// One signature. Names that cannot be read are empty.
struct DkimResult {
    DkimVerdict verdict = DkimVerdict::neutral;
    std::string reason{};               // why it is no pass, in one line
    std::string domain{};               // d= (SDID), A-labels
    std::string selector{};             // s=
    std::string identity{};             // i= (AUID), "@" and d= by default
    std::string algorithm{};            // a=
    std::string signature_start{};      // the first characters of b=: header.b, which tells signatures apart
    unsigned key_bits = 0;              // 0: no key was found
    bool is_testing = false;            // t=y: who signs is still trying it out
    bool covers_from = false;           // every From of the message is signed: nobody has added one
    std::uint64_t unsigned_octets = 0;  // of the body, beyond l=: anybody may have added them

    // What is odd about it, for a comment; empty: nothing. RFC 8301 §3.2 (short keys), RFC 6376 §8.2 (l=).
    [[nodiscard]] std::string note() const;
};

class DkimVerifier {
  public:
    // Signatures below those are not looked at: their number is in ignored(). RFC 6376 §6.1, §8.4.
    static constexpr std::size_t default_signatures = 10;

    // Reads all signatures, hashes what they sign of the header, and asks `body` for the hashes that they need. The
    // fields are needed no longer then.
    DkimVerifier(const HeaderFields& fields, BodyHashes& body, std::size_t max_signatures = default_signatures);

    // One result for each signature, from the top down; none: the message is not signed. `body` is finished; now: Unix
    // seconds. Call it once. Keys of the authors' domains are asked for first: whoever signs beside them may have
    // silent name servers, and what those signatures are worth must not depend on them.
    asio::awaitable<std::vector<DkimResult>> finish(dns::Source& source, std::int64_t now, const BodyHashes& body,
                                                    const std::vector<std::string>& authors = {});

    // What is known by now, also while finish() waits for the DNS: what is not is a temporary error.
    [[nodiscard]] std::vector<DkimResult> so_far() const;

    // Names of the keys that finish() will probably ask for, each once.
    [[nodiscard]] std::vector<std::string> key_names(std::size_t most) const;

    // How many signatures were too many.
    [[nodiscard]] std::size_t ignored() const { return ignored_; }

  private:
    struct Candidate {
        DkimResult result;
        DkimSignature signature{};
        std::string digest{};  // of the header; empty: the result stands already
    };

    Candidate read(const HeaderFields& fields, const HeaderFields::Field& field, BodyHashes& body) const;
    // In the order in which their keys are asked for.
    std::vector<Candidate*> in_turn(const std::vector<std::string>& authors);

    std::vector<Candidate> candidates_;
    std::size_t ignored_ = 0;
};

}  // namespace mailauth
