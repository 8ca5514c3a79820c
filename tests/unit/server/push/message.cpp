// A request to a push service, and where it goes.
#include "server/push/message.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "protocols/webpush/vapid.h"

using namespace server::push;

namespace {

const std::string salt(16, 's');

storage::PushSubscription to(const std::string& url) {
    return {.id = "one",
            .url = url,
            .p256dh = jose::P256Key(jose::P256Key::make()).public_point(),
            .auth = std::string(16, 'a')};
}

std::string header(const https::Request& request, const std::string& name) {
    const auto found = std::ranges::find(request.headers, name, &std::pair<std::string, std::string>::first);
    return found == request.headers.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("push message: encrypted if there are keys, with another key each time (RFC 8291 §3.1)") {
    const jose::P256Key ours(jose::P256Key::make());
    const auto one = make_message(to("https://push.example/x"), "{}", ours, salt, "mailto:p@a.test", 100);
    const auto other = make_message(to("https://push.example/x"), "{}", ours, salt, "mailto:p@a.test", 100);
    REQUIRE(one);
    REQUIRE(other);
    CHECK(header(*one, "Content-Encoding") == "aes128gcm");
    constexpr std::size_t head = 16 + 4 + 1 + 65;
    CHECK(one->body.size() == head + 2 + 1 + 16);
    CHECK(one->body.starts_with(salt));
    const std::string sender = one->body.substr(21, 65);
    CHECK(sender != other->body.substr(21, 65));
    CHECK(sender != ours.public_point());
    CHECK(header(*one, "Authorization").ends_with(", k=" + webpush::application_server_key(ours)));
}

TEST_CASE("push message: keys or URLs that are none make no message") {
    const jose::P256Key ours(jose::P256Key::make());
    CHECK_FALSE(make_message(to("http://push.example/x"), "{}", ours, salt, "mailto:p@a.test", 100));
    storage::PushSubscription broken = to("https://push.example/x");
    broken.p256dh.back() = static_cast<char>(broken.p256dh.back() ^ 1);
    CHECK_FALSE(make_message(broken, "{}", ours, salt, "mailto:p@a.test", 100));
}

TEST_CASE("push message: the host of an origin") {
    CHECK(host_of("https://push.example") == "push.example");
    CHECK(host_of("https://push.example:8443") == "push.example");
    CHECK(host_of("https://[::1]:8443") == "::1");
    CHECK(host_of("https://192.0.2.1") == "192.0.2.1");
}
