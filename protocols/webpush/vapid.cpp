// JSON: RFC 7519.
#include "protocols/webpush/vapid.h"

#include <nlohmann/json.hpp>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"

namespace webpush {

namespace {

using json = nlohmann::json;

std::string encoded(const json& object) {
    return base::encode_base64url(object.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

std::optional<std::string> origin_of(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    constexpr std::string_view default_port = ":443";
    if (!base::iequals(url.substr(0, scheme.size()), scheme)) return std::nullopt;
    std::string_view authority = url.substr(scheme.size());
    authority = authority.substr(0, authority.find_first_of("/?#\\"));
    if (authority.empty() || authority.find('@') != std::string_view::npos) return std::nullopt;
    if (authority.ends_with(default_port)) authority.remove_suffix(default_port.size());
    return std::string(scheme) + base::lower(authority);
}

std::string vapid_authorization(const jose::P256Key& key, std::string_view audience, std::int64_t expires_at,
                                std::string_view contact) {
    const json header{{"typ", "JWT"}, {"alg", "ES256"}};
    const json claims{{"aud", audience}, {"exp", expires_at}, {"sub", contact}};
    const std::string signed_text = encoded(header) + "." + encoded(claims);
    const std::string token = signed_text + "." + base::encode_base64url(key.sign(signed_text));
    return "vapid t=" + token + ", k=" + application_server_key(key);
}

std::string application_server_key(const jose::P256Key& key) { return base::encode_base64url(key.public_point()); }

}  // namespace webpush
