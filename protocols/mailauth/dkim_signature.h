// The value of a DKIM-Signature field (RFC 6376 §3.5), and of an ARC-Message-Signature field, which is nearly the same
// (RFC 8617 §4.1.2). Pure; what is asked of the DNS with it stands in dkim_verifier.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mailauth/dkim_canonicalization.h"
#include "protocols/mailauth/tag_list.h"

namespace mailauth {

// Those that are left: rsa-sha1 is neither signed nor verified (RFC 8301 §3.1); Ed25519: RFC 8463.
enum class DkimAlgorithm : std::uint8_t { rsa_sha256, ed25519_sha256 };
std::string_view to_string(DkimAlgorithm algorithm);

// RFC 8601 §2.7.1; "none" is a message without signatures.
enum class DkimVerdict : std::uint8_t { pass, fail, policy, neutral, temperror, permerror };
std::string_view to_string(DkimVerdict verdict);

// Why a signature or a key cannot be used.
struct DkimFault {
    DkimVerdict verdict = DkimVerdict::permerror;
    std::string reason;
};

struct DkimSignature {
    DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256;      // a=
    std::string signature;                                    // b=, octets
    std::string_view written_signature;                       // all between b= and the next ";": a view into the field
    std::string body_hash;                                    // bh=, octets
    Canonicalization header_form = Canonicalization::simple;  // c=
    Canonicalization body_form = Canonicalization::simple;
    std::string domain;               // d=, normal: A-labels, lower case (it may be written in U-labels: RFC 8616 §5)
    std::string selector;             // s=, normal as well
    std::vector<std::string> fields;  // h=, lower case; the same name as often as it is written
    std::string
        identity;  // i=, decoded, UTF-8 without control characters, its domain normal; "@" and d= if there is none
    std::optional<std::uint64_t> body_limit;  // l=
    std::optional<std::uint64_t> signed_at;   // t=, Unix seconds
    std::optional<std::uint64_t> expires_at;  // x=
    std::uint64_t instance = 0;               // ARC: i=
};

// Whose field it is.
enum class SignatureKind : std::uint8_t {
    dkim,
    arc_message,  // no v=; i= is the instance; h= need not name From, and may be empty
    arc_seal,     // as that, without bh=, c=, h= and l=: the fields that it signs are given
};

// The value of a field: after the colon. Faults: neutral where it is no such field or asks for what nobody here knows,
// permerror where it is one that may not be believed.
std::expected<DkimSignature, DkimFault> parse_dkim_signature(std::string_view value,
                                                             SignatureKind kind = SignatureKind::dkim);

// What Authentication-Results says of a signature even if it is faulty (header.d, header.s, header.a): the values of
// d=, s= and a= as far as they can be read.
struct DkimNames {
    std::string domain;
    std::string selector;
    std::string algorithm;
    std::string signature_start;  // of b=, eight characters: header.b
};
DkimNames dkim_names(std::string_view value);

// An instance tag: 1 to 50 (RFC 8617 §4.2.1).
std::optional<std::uint64_t> parse_arc_instance(std::string_view value);

}  // namespace mailauth
