// Base64. RFC 4648 §4, §3.5, §10 (test vectors).
#include "protocols/base/base64.h"

#include <doctest/doctest.h>

TEST_CASE("the vectors of RFC 4648 §10") {
    const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : rows) {
        CHECK(base::encode_base64(plain) == encoded);
        CHECK(base::decode_base64(encoded) == plain);
    }
}

TEST_CASE("every octet survives") {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    CHECK(base::decode_base64(base::encode_base64(all)) == all);
}

TEST_CASE("what is not strict base64 is nothing") {
    for (const char* wrong :
         {"Z", "Zg", "Zg=", "Z===", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zh==", "Zm9=", "====", "Zm9v=", "Zg-_"}) {
        CAPTURE(wrong);
        CHECK_FALSE(base::decode_base64(wrong).has_value());
    }
}

TEST_CASE("for URLs: RFC 4648 §5, without padding") {
    const std::pair<std::string, std::string> rows[] = {
        {"", ""}, {"a", "YQ"}, {"ab", "YWI"}, {"abc", "YWJj"}, {"\xff\xff\xfe", "___-"}, {"\xfb\xef\xff", "--__"}};
    for (const auto& [plain, encoded] : rows) {
        CHECK(base::encode_base64url(plain) == encoded);
        CHECK(base::decode_base64url(encoded) == plain);
    }
    for (const char* wrong : {"YQ==", "a+b/", "a b_", "a", "YR", "YWJj="}) CHECK_FALSE(base::decode_base64url(wrong));
}
