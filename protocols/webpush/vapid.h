// Who pushes: RFC 8292. A push service that knows us by our key can tell us apart from others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/jose/p256_key.h"

namespace webpush {

// "https://host:port" of a URL (RFC 6454 §6.2), as the audience of a token; nullopt: it is no https URL.
std::optional<std::string> origin_of(std::string_view url);

// The value of the Authorization field. `expires_at`: Unix seconds, at most 24 hours from now (§2). `contact`: a
// mailto: or https: URL of who runs this server.
std::string vapid_authorization(const jose::P256Key& key, std::string_view audience, std::int64_t expires_at,
                                std::string_view contact);

// The key as browsers want it (applicationServerKey): base64url.
std::string application_server_key(const jose::P256Key& key);

}  // namespace webpush
