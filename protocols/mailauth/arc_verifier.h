// Verifies the chain of ARC sets of a message. RFC 8617 §5.2. Sealing is not done here. Whom to believe is policy.
//
// Used as DkimVerifier, with the same fields and body. Costs: the header is hashed once for each of the newest sets,
// and for each set two keys at most are asked for and used: about 40 µs each (RSA-2048) of the thread that calls
// finish().
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/dns/source.h"
#include "protocols/mailauth/arc_chain.h"
#include "protocols/mailauth/dkim_body_hashes.h"
#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/dkim_key_search.h"
#include "protocols/mailauth/dkim_signature.h"

namespace mailauth {

// Of the set with that place in the chain, the first of which is 1.
struct ArcSet {
    std::string sealer;                  // d= of the seal, A-labels: who vouches for the results
    std::string selector;                // s= of the seal
    std::string message_domain;          // d= of the message signature
    std::string authentication_results;  // what the sealer found, after the instance; folds included
};

struct ArcResult {
    ChainStatus status = ChainStatus::none;
    std::string reason{};               // why it is "fail", in one line
    std::uint64_t oldest_pass = 0;      // from this set on, the message is unchanged; 0: from the first (§5.2 step 5)
    bool covers_from = false;           // the newest message signature is of every From
    std::uint64_t unsigned_octets = 0;  // of the body, beyond its l=
    std::vector<ArcSet> sets{};         // the first is the oldest; empty if their structure is wrong
};
std::string_view to_string(ChainStatus status);

class ArcVerifier {
  public:
    // Of that many sets, the newest, it is found out whether their message signatures still hold (oldest-pass).
    static constexpr std::size_t most_message_signatures = 10;

    // Reads all sets and asks `body` for the hashes that they need. The fields are needed no longer then.
    ArcVerifier(const HeaderFields& fields, BodyHashes& body);

    // `body` is finished; now: Unix seconds. Every failure is final, of the DNS too (§5.2.1). Call it once.
    asio::awaitable<ArcResult> finish(dns::Source& source, std::int64_t now, const BodyHashes& body);

  private:
    // A signature, and the hash that it should be of.
    struct Signed {
        DkimSignature signature;
        std::string digest;
    };

    void add_sets(const std::vector<ArcFields>& chain);
    void hash_seals(const std::vector<ArcFields>& chain);
    void hash_messages(const std::vector<ArcFields>& chain, const HeaderFields& fields, BodyHashes& body);
    asio::awaitable<void> check_message(DkimKeySearch& keys, std::int64_t now, const BodyHashes& body);
    asio::awaitable<void> check_seals(DkimKeySearch& keys);
    asio::awaitable<void> find_oldest_pass(DkimKeySearch& keys, const BodyHashes& body);

    ArcResult result_;
    std::vector<Signed> seals_;     // by place in the chain
    std::vector<Signed> messages_;  // the newest first
};

}  // namespace mailauth
