// Cookies. RFC 6265 §4.2.1.
#include "protocols/http/wire/cookie.h"

#include <doctest/doctest.h>

namespace wire = http::wire;

TEST_CASE("a cookie by its name") {
    using wire::cookie_value;
    CHECK(cookie_value("SID=31d4d96e407aad42; lang=en-US", "SID") == "31d4d96e407aad42");
    CHECK(cookie_value("SID=31d4d96e407aad42; lang=en-US", "lang") == "en-US");
    CHECK(cookie_value("SID=a", "sid") == std::nullopt);
    CHECK(cookie_value("XSID=a; SID=b", "SID") == "b");
    CHECK(cookie_value("a=SID=b; SID=c=d", "SID") == "c=d");
    CHECK(cookie_value("SID=a; SID=b", "SID") == "a");
    CHECK(cookie_value("a;SID=\"b\" ;", "SID") == "\"b\"");
    CHECK(cookie_value("SID=", "SID") == "");
    CHECK(cookie_value("SID", "SID") == std::nullopt);
    CHECK(cookie_value("", "SID") == std::nullopt);
    CHECK(cookie_value(";;=", "SID") == std::nullopt);
    const wire::Fields fields = {{"cookie", "a=b"}, {"cookies", "c=x"}, {"cookie", "c=d"}};
    CHECK(cookie_value(fields, "c") == "d");
    CHECK(cookie_value(fields, "e") == std::nullopt);
}
