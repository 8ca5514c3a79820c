// A push message: the request to a device's push service. RFC 8030 §5, RFC 8291, RFC 8292.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "protocols/https/fetcher.h"
#include "protocols/jose/p256_key.h"
#include "storage/push_subscriptions.h"

namespace server::push {

// With "https" alone; the addresses are the caller's to find. Encrypted if the subscription has keys. The error says
// why there is none: keys that are no keys, a URL that is none.
std::expected<https::Request, std::string> make_message(const storage::PushSubscription& to, std::string_view text,
                                                        const jose::P256Key& ours, std::string_view salt,
                                                        std::string_view contact, std::int64_t now);

// The host of a URL whose origin this is (protocols/webpush/vapid.h): a name, or an address without brackets.
std::string host_of(std::string_view origin);

}  // namespace server::push
