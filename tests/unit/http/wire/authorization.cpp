// Basic credentials. RFC 7617 §2.
#include "protocols/http/wire/authorization.h"

#include <doctest/doctest.h>

#include "protocols/base/base64.h"

using namespace std::string_literals;
namespace wire = http::wire;

namespace {

std::optional<wire::BasicCredentials> basic(const std::string& user_pass) {
    return wire::parse_basic("Basic " + base::encode_base64(user_pass));
}

}  // namespace

TEST_CASE("Basic credentials") {
    using Credentials = wire::BasicCredentials;
    CHECK(wire::parse_basic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == Credentials{"Aladdin", "open sesame"});
    CHECK(wire::parse_basic("BASIC   QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == Credentials{"Aladdin", "open sesame"});
    CHECK(wire::parse_basic("Basic dGVzdDoxMjPCow==") == Credentials{"test", "123\xC2\xA3"});  // §2.1
    CHECK(basic("a@b:c:d:") == Credentials{"a@b", "c:d:"});
    CHECK(basic(":") == Credentials{"", ""});
    for (const std::string& user_pass : {""s, "a"s, "a\0b:c"s, "a:b\n"s, "a:\x7F"s, "a:\x1F"s, "a:\xA3"s}) {
        CAPTURE(user_pass);
        CHECK(basic(user_pass) == std::nullopt);
    }
    for (const char* text : {"", "Basic", "Basic ", "Basic x", "Basic YTpi YTpi", "Basic YTpi ", "BasicYTpi",
                             "Bearer YTpi", "Basic YTpi, Basic YTpi"}) {
        CAPTURE(text);
        CHECK(wire::parse_basic(text) == std::nullopt);
    }
}
