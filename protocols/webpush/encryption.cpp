// OpenSSL 3.
#include "protocols/webpush/encryption.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

#include "protocols/base/expects.h"
#include "protocols/base/handle.h"

namespace webpush {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t point_octets = 65;
constexpr std::size_t auth_octets = 16;
constexpr std::size_t key_octets = 16;
constexpr std::size_t nonce_octets = 12;
constexpr std::size_t tag_octets = 16;
constexpr std::string_view record_size = "\x00\x00\x10\x00"sv;  // 4096: there is one record

const unsigned char* octets_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

[[noreturn]] void fail(const char* what) {
    ERR_clear_error();
    throw std::runtime_error(what);
}

std::string hmac(std::string_view key, std::string_view text) {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets_of(text), text.size(), digest.data(),
             &size) == nullptr) {
        fail("HMAC");
    }
    return {reinterpret_cast<const char*>(digest.data()), size};
}

// HKDF (RFC 5869) with at most one block of output.
std::string derive(std::string_view salt, std::string_view secret, std::string_view info, std::size_t octets) {
    return hmac(hmac(salt, secret), std::string(info) + '\x01').substr(0, octets);
}

std::string aes_128_gcm(std::string_view key, std::string_view nonce, std::string_view plaintext) {
    const base::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
    std::string sealed(plaintext.size() + tag_octets, '\0');
    auto* out = reinterpret_cast<unsigned char*>(sealed.data());
    int written = 0;
    int last = 0;
    if (!context ||
        EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, octets_of(key), octets_of(nonce)) != 1 ||
        EVP_EncryptUpdate(context.get(), out, &written, octets_of(plaintext), static_cast<int>(plaintext.size())) !=
            1 ||
        EVP_EncryptFinal_ex(context.get(), out + written, &last) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_octets, out + plaintext.size()) != 1) {
        fail("AES-128-GCM");
    }
    return sealed;
}

}  // namespace

std::optional<std::string> encrypt(std::string_view plaintext, const SubscriptionKeys& keys, const jose::P256Key& ours,
                                   std::string_view salt) {
    base::expects(salt.size() == salt_octets, "webpush: the salt has 16 octets");
    if (plaintext.size() > most_plaintext_octets) return std::nullopt;
    if (keys.p256dh.size() != point_octets || keys.auth.size() != auth_octets) return std::nullopt;
    const std::optional<std::string> shared = ours.shared_secret(keys.p256dh);
    if (!shared) return std::nullopt;
    const std::string point = ours.public_point();
    // RFC 8291 §3.4.
    const std::string secret = derive(keys.auth, *shared, std::string("WebPush: info\0"sv) + keys.p256dh + point, 32);
    const std::string key = derive(salt, secret, "Content-Encoding: aes128gcm\0"sv, key_octets);
    const std::string nonce = derive(salt, secret, "Content-Encoding: nonce\0"sv, nonce_octets);
    // RFC 8188 §2.1: the salt, the size of records, who is meant by the key. 2 ends the last record (§2).
    std::string body(salt);
    body.append(record_size);
    body += static_cast<char>(point.size());
    body += point;
    return body + aes_128_gcm(key, nonce, std::string(plaintext) + '\x02');
}

}  // namespace webpush
