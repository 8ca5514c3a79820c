#include "protocols/mailauth/dkim_signed_fields.h"

#include <algorithm>
#include <cstddef>

#include "protocols/mailauth/dkim_sha256.h"

namespace mailauth {

namespace {

// Clocks differ: so much may t= be in the future, or x= in the past. RFC 6376 §3.5.
constexpr std::int64_t clock_skew_seconds = 300;

}  // namespace

std::string digest_of_fields(const HeaderFields& fields, const DkimSignature& signature, std::string_view own_field) {
    Sha256 hash;
    hash_fields(hash, fields, signature.fields, signature.header_form);
    hash.update(without_signature(own_field, signature.written_signature, signature.header_form));
    return hash.digest();
}

bool signs_every_from(const HeaderFields& fields, const DkimSignature& signature) {
    const auto named = std::ranges::count(signature.fields, "from");
    return static_cast<std::size_t>(named) >= fields.named("from").size();
}

std::string fault_of_time(const DkimSignature& signature, std::int64_t now) {
    const auto latest = static_cast<std::uint64_t>(std::max<std::int64_t>(now + clock_skew_seconds, 0));
    const auto earliest = static_cast<std::uint64_t>(std::max<std::int64_t>(now - clock_skew_seconds, 0));
    if (signature.signed_at && *signature.signed_at > latest) return "it was signed in the future";
    if (signature.expires_at && *signature.expires_at < earliest) return "it has expired";
    return {};
}

}  // namespace mailauth
