// Result types of RFC 8460 §4.3.
#include "server/queue/tls_results.h"

#include <doctest/doctest.h>

using server::queue::result_type_of;

TEST_CASE("why a session has no TLS that can be trusted") {
    CHECK(result_type_of("TLS is required, and the server does not offer it") == "starttls-not-supported");
    CHECK(result_type_of("certificate verify failed: hostname mismatch") == "certificate-host-mismatch");
    CHECK(result_type_of("certificate verify failed: certificate has expired") == "certificate-expired");
    CHECK(result_type_of("certificate verify failed: self-signed certificate") == "certificate-not-trusted");
    CHECK(result_type_of("unable to get local issuer certificate") == "certificate-not-trusted");
    CHECK(result_type_of("no matching DANE TLSA records") == "validation-failure");
}

TEST_CASE("sessions of one kind and day are counted together") {
    server::queue::TlsResults results;
    results.count({"a.test", "sts", "success", "mx"}, 86'400);
    results.count({"a.test", "sts", "success", "mx"}, 2 * 86'400 - 1);
    results.count({"a.test", "sts", "success", "mx"}, 2 * 86'400);
    const auto taken = results.take();
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].day == 1);
    CHECK(taken[0].sessions == 2);
    CHECK(taken[1].day == 2);
    CHECK(results.take().empty());
}
