// What ACME (RFC 8555) must remember: our account, the certificates that are obtained and renewed, and the answers to
// challenges, which any server on this store may give. server/acme does the work. Times are Unix seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

struct AcmeAccount {
    std::string directory;  // the URL by which the server is known
    std::string url;        // of the account; empty: it is not known yet
    std::string key_pem;
};
Query<std::optional<AcmeAccount>> find_acme_account(std::string directory);
Operation<std::monostate> put_acme_account(AcmeAccount account);

struct AcmeCertificate {
    std::string id;                  // the host name, or a domain of ours; with "/rsa": the one with such a key
    std::vector<std::string> names;  // that it is to have; empty: it is no longer wanted
    std::int64_t due_at = 0;         // when it is renewed; while somebody does it: the lease's end
    std::string holder;              // who does it; empty: nobody
    std::uint32_t failures = 0;      // since the last success
    std::string failure;             // the reason of the last one
    std::int64_t failed_at = 0;
    std::string order_url;        // of the order that is under way, or asked_acme_order; empty: none
    std::string key_pem;          // of the present chain, and of the next one; empty: none yet
    std::string next_key_pem;     // to be announced before it comes (RFC 7671 §8); empty: none
    bool switch_key = false;      // the next chain has the next key
    std::string certificate_pem;  // the present chain; empty: none yet
};
// By id.
Query<std::vector<AcmeCertificate>> list_acme_certificates();
// Ids of those that are due, the first due one first. So are those that a clock which was wrong has put off for longer
// than any lease or back-off lasts.
Query<std::vector<std::string>> due_acme_certificates(std::int64_t now);

struct WantedCertificate {
    std::string id;
    std::vector<std::string> names;  // at least one
    friend bool operator==(const WantedCertificate&, const WantedCertificate&) = default;
};
// These are wanted, and no others: what is new, or has other names than before, is due now. One that is no longer
// wanted keeps its chain until that has been shown to its end, by forget_acme_certificates().
Operation<std::monostate> want_acme_certificates(std::vector<WantedCertificate> wanted, std::int64_t now);
Operation<std::monostate> forget_acme_certificates(std::vector<std::string> ids);

// The certificate, which is the caller's until then; nothing if it is not due, or somebody else's.
Operation<std::optional<AcmeCertificate>> lease_acme_certificate(std::string id, std::string holder, std::int64_t now,
                                                                 std::int64_t until);
// All of these do nothing if the holder has lost its lease, and refuse `conflict`.
// The order that is under way, and the key that its certificate will have.
Operation<std::monostate> keep_acme_order(AcmeCertificate of, std::string order_url);
// Obtained: the chain and its key are the present ones.
Operation<std::monostate> end_acme_order(AcmeCertificate of, std::string certificate_pem, std::string key_pem,
                                         std::int64_t due_at);
// Not obtained; keep_order: it can go on.
Operation<std::monostate> fail_acme_order(AcmeCertificate of, std::string reason, bool keep_order, std::int64_t now,
                                          std::int64_t due_at);
// Nothing was done: due then.
Operation<std::monostate> release_acme_certificate(AcmeCertificate of, std::int64_t due_at);

// At a start: what this server had in hand when it ended is due.
Operation<std::monostate> release_acme_leases(std::string holder, std::int64_t now);

// The order's URL of a certificate for which one is to be begun, whatever the time.
inline constexpr const char* asked_acme_order = "asked";
// Asks for that: for one, or for all, whatever has failed. Returns how many.
Operation<std::uint64_t> renew_acme_certificates(std::optional<std::string> id, std::int64_t now);
// The key that it will have next: announced, or, with `now`, taken by a renewal at once. Refuses no_such_domain.
Operation<std::monostate> announce_acme_key(std::string id, std::string next_key_pem);
Operation<std::monostate> switch_acme_key(std::string id, std::int64_t now);

struct AcmeChallenge {
    std::string token;
    std::string name;
    std::string type;               // RFC 8555 §8
    std::string key_authorization;  // RFC 8555 §8.1
    std::int64_t until = 0;
};
Operation<std::monostate> put_acme_challenge(AcmeChallenge challenge);
Operation<std::monostate> remove_acme_challenge(std::string token);
Query<std::vector<AcmeChallenge>> list_acme_challenges();
// The key authorization for a token of HTTP-01; refuses no_such_domain.
Query<std::string> find_acme_answer(std::string token, std::int64_t now);

}  // namespace storage
