// Codes by counter and by time, with the vectors of RFC 4226 (appendix D) and RFC 6238 (appendix B); what is typed.
#include "server/auth/totp.h"

#include <doctest/doctest.h>

#include <set>

using namespace server::auth;

namespace {

constexpr std::string_view rfc_secret = "12345678901234567890";

}  // namespace

TEST_CASE("codes by counter: the vectors of RFC 4226") {
    const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                           "254676", "287922", "162583", "399871", "520489"};
    for (std::uint64_t counter = 0; counter < 10; ++counter) CHECK(hotp(rfc_secret, counter) == codes[counter]);
}

TEST_CASE("codes by time: the vectors of RFC 6238, of eight digits") {
    const std::pair<std::int64_t, const char*> vectors[] = {{59, "94287082"},
                                                            {1'111'111'109, "07081804"},
                                                            {1'111'111'111, "14050471"},
                                                            {1'234'567'890, "89005924"},
                                                            {2'000'000'000, "69279037"},
                                                            {20'000'000'000, "65353130"}};
    for (const auto& [time, code] : vectors)
        CHECK(hotp(rfc_secret, static_cast<std::uint64_t>(totp_step(time)), 8) == code);
}

TEST_CASE("a code is that of this step, or of one beside it") {
    const auto step_at = [](std::int64_t now, std::string_view typed) {
        return matching_step(rfc_secret, typed, now).value_or(-1);
    };
    // 081804 is of step 37037036, which is from 1111111080 on.
    CHECK(step_at(1'111'111'080, "081804") == 37'037'036);
    CHECK(step_at(1'111'111'139, "081804") == 37'037'036);
    CHECK(step_at(1'111'111'140, "081804") == -1);
    CHECK(step_at(1'111'111'050, "081804") == 37'037'036);
    CHECK(step_at(1'111'111'049, "081804") == -1);
    CHECK(step_at(1'111'111'109, " 081 804 ") == 37'037'036);
    for (const char* typed : {"", "81804", "0081804", "081805", "o81804", "081804081804", "081804x"})
        CHECK(step_at(1'111'111'109, typed) == -1);
    CHECK(step_at(0, "755224") == 0);
}

TEST_CASE("what an authenticator app reads") {
    CHECK(typed_secret("foobar") == "MZXW6YTBOI");  // RFC 4648 §10
    CHECK(typed_secret("fooba") == "MZXW6YTB");
    CHECK(typed_secret("f") == "MY");
    CHECK(typed_secret(rfc_secret) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    CHECK(otpauth_uri("mail.example.org",
                      "b\xc3\xb6"
                      "b@example.org",
                      "foobar") ==
          "otpauth://totp/mail.example.org:b%C3%B6b%40example.org?secret=MZXW6YTBOI&issuer=mail.example.org"
          "&algorithm=SHA1&digits=6&period=30");
    CHECK(generate_totp_secret().size() == 20);
    CHECK(generate_totp_secret() != generate_totp_secret());
}

TEST_CASE("recovery codes: ten, and typed in many ways") {
    const std::vector<std::string> codes = generate_recovery_codes();
    CHECK(std::set<std::string>(codes.begin(), codes.end()).size() == 10);
    for (const std::string& code : codes) CHECK(code.size() == 19);
    const auto hash = recovery_code_hash("abcd-efgh-2345-mnpq");
    REQUIRE(hash);
    CHECK(recovery_code_hash(" ABCDEFGH 2345mnpq") == hash);
    CHECK(recovery_code_hash("abcd-efgh-2345-mnpr") != hash);
    for (const char* typed : {"", "123456", "abcd-efgh-2345-mnp", "abcd-efgh-2345-mnpqr", "abcd-efgh-2345-mnp!"})
        CHECK_FALSE(recovery_code_hash(typed));
}
