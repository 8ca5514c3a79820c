// RFC 1035 §3.5, RFC 3596 §2.5 (its example).
#include "protocols/dns/reverse_name.h"

#include <doctest/doctest.h>

TEST_CASE("the name of an address") {
    const auto name = [](const char* address) { return dns::reverse_name(asio::ip::make_address(address)); };
    CHECK(name("10.2.0.52") == "52.0.2.10.in-addr.arpa");
    CHECK(name("::ffff:10.2.0.52") == "52.0.2.10.in-addr.arpa");
    CHECK(name("4321:0:1:2:3:4:567:89ab") ==
          "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa");
}
