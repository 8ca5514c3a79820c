// What is pushed to a browser, so that only it can read it: RFC 8291, over the content encoding of RFC 8188. OpenSSL is
// seen in encryption.cpp alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/jose/p256_key.h"

namespace webpush {

// Of a push subscription, as octets.
struct SubscriptionKeys {
    std::string p256dh;  // its public key: 65 octets
    std::string auth;    // its secret: 16 octets
};

// RFC 8291 §4: a push service need not take more than a body of 4096 octets.
inline constexpr std::size_t most_plaintext_octets = 3993;
inline constexpr std::size_t salt_octets = 16;

// The body of a request with "Content-Encoding: aes128gcm". `ours` and `salt` are new and random for each message.
// nullopt: the subscription's keys are none, or the text is too long. Throws std::runtime_error if OpenSSL refuses.
std::optional<std::string> encrypt(std::string_view plaintext, const SubscriptionKeys& keys, const jose::P256Key& ours,
                                   std::string_view salt);

}  // namespace webpush
