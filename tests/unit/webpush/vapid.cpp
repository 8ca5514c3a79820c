// RFC 8292: the token is what its example shows, but for the signature, which is another each time.
#include "protocols/webpush/vapid.h"

#include <doctest/doctest.h>

#include "protocols/base/base64.h"

namespace {

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const std::size_t at = text.find(begin) + begin.size();
    return text.substr(at, text.find(end, at) - at);
}

}  // namespace

TEST_CASE("vapid: a token says for whom it is, until when, and by whom (RFC 8292 §2)") {
    const jose::P256Key key(jose::P256Key::make());
    const std::string value =
        webpush::vapid_authorization(key, "https://push.example.net", 1'453'523'768, "mailto:push@example.com");
    CHECK(value.starts_with("vapid t="));
    const std::string token = between(value, "t=", ",");
    CHECK(base::decode_base64url(token.substr(0, token.find('.'))) == R"({"alg":"ES256","typ":"JWT"})");
    CHECK(base::decode_base64url(between(token, ".", ".")) ==
          R"({"aud":"https://push.example.net","exp":1453523768,"sub":"mailto:push@example.com"})");
    CHECK(base::decode_base64url(token.substr(token.rfind('.') + 1)).value().size() == 64);
    CHECK(value.ends_with(", k=" + webpush::application_server_key(key)));
    CHECK(base::decode_base64url(webpush::application_server_key(key)) == key.public_point());
}

TEST_CASE("vapid: the origin of a URL, which is a token's audience") {
    const std::pair<const char*, const char*> rows[] = {
        {"https://push.example.net/p/JzLQ3ra", "https://push.example.net"},
        {"HTTPS://Push.Example.NET/x", "https://push.example.net"},
        {"https://push.example.net:443/x", "https://push.example.net"},
        {"https://push.example.net:8443?x", "https://push.example.net:8443"},
        {"https://push.example.net#x", "https://push.example.net"},
        {"https://[::1]:8443/x", "https://[::1]:8443"},
        {"https://push.example.net", "https://push.example.net"},
    };
    for (const auto& [url, origin] : rows) CHECK(webpush::origin_of(url) == origin);
    for (const char* url :
         {"http://push.example.net/", "https:///x", "https://", "https://a@push.example.net/", "", "x"}) {
        CHECK_FALSE(webpush::origin_of(url));
    }
}
