#include "server/push/message.h"

#include <optional>
#include <utility>

#include "protocols/webpush/encryption.h"
#include "protocols/webpush/vapid.h"

namespace server::push {
namespace {

constexpr const char* kept_seconds = "86400";  // TTL: so long a push service keeps it for a device that is off
constexpr std::int64_t token_lasts = std::int64_t{12} * 3'600;  // RFC 8292 §2: 24 hours at most
constexpr std::size_t most_response = 16u << 10;

}  // namespace

std::expected<https::Request, std::string> make_message(const storage::PushSubscription& to, std::string_view text,
                                                        const jose::P256Key& ours, std::string_view salt,
                                                        std::string_view contact, std::int64_t now) {
    const std::optional<std::string> origin = webpush::origin_of(to.url);
    if (!origin) return std::unexpected("the URL is none");
    https::Request request{.method = "POST", .url = to.url};
    request.headers = {{"Content-Type", "application/json"},
                       {"TTL", kept_seconds},
                       {"Authorization", webpush::vapid_authorization(ours, *origin, now + token_lasts, contact)}};
    request.max_octets = most_response;
    request.body = text;
    if (to.p256dh.empty()) return request;
    // Another key for each message (RFC 8291 §3.1); that by which push services know us signs alone.
    std::optional<std::string> sealed =
        webpush::encrypt(text, {.p256dh = to.p256dh, .auth = to.auth}, jose::P256Key(jose::P256Key::make()), salt);
    if (!sealed) return std::unexpected("the keys are none");
    request.headers.emplace_back("Content-Encoding", "aes128gcm");
    request.body = *std::move(sealed);
    return request;
}

std::string host_of(std::string_view origin) {
    std::string_view host = origin.substr(origin.find("//") + 2);
    if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
    return std::string(host.substr(0, host.find(':')));
}

}  // namespace server::push
