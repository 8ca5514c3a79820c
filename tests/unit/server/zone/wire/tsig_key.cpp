#include "server/zone/wire/tsig_key.h"

#include <doctest/doctest.h>

using namespace server;

TEST_CASE("key files as tsig-keygen and keymgr write them") {
    const char* files[] = {
        "key \"Mail.Stead\" {\n\talgorithm hmac-sha512;\n\tsecret \"//bm8+w=\";\n};\n",
        "// a comment with a secret\nkey mail.stead. { algorithm HMAC-SHA512.; secret //bm8+w=; };",
        "# hmac-sha512:mail.stead:abcd\nkey:\n  - id: mail.stead\n    algorithm: hmac-sha512\n    secret: //bm8+w=\n",
        "key:\r\n- id: mail.stead.\r\n  secret: \"//bm8+w=\"   # it is\r\n  algorithm: hmac-sha512",
    };
    for (const char* file : files) {
        const zone::TsigKeyFile parsed = zone::parse_tsig_key(file);
        REQUIRE_MESSAGE(parsed.key, file << parsed.fault);
        CHECK(parsed.key->name == "mail.stead");
        CHECK(parsed.key->algorithm == zone::TsigAlgorithm::hmac_sha512);
        CHECK(parsed.key->secret == "\xff\xf6\xe6\xf3\xec");
    }
}

TEST_CASE("files that are no key: the fault in words, without the secret") {
    struct Case {
        const char* text;
        const char* fault;
    };
    const Case cases[] = {
        {"", "a key was expected"},
        {"-----BEGIN PRIVATE KEY-----\nMII=\n", "a key was expected"},
        {"key a { algorithm hmac-sha256; };", "a key was expected"},
        {"key a { secret YWJj; };", "a key was expected"},
        {"key a { algorithm hmac-md5; secret YWJj; };",
         "\"hmac-md5\" is none of hmac-sha256, hmac-sha384, hmac-sha512"},
        {"key a { algorithm hmac-sha256; secret YWJ; };", "its secret is not in base64"},
        {"key a { algorithm hmac-sha256; secret YWJj; }; key b { algorithm hmac-sha256; secret YWJj; };",
         "it has more than one key"},
        {"key .. { algorithm hmac-sha256; secret YWJj; };", "its key has no name"},
    };
    for (const Case& one : cases) {
        const zone::TsigKeyFile parsed = zone::parse_tsig_key(one.text);
        CHECK_FALSE(parsed.key);
        CHECK_MESSAGE(parsed.fault.starts_with(one.fault), one.text << ": " << parsed.fault);
        CHECK_FALSE(parsed.fault.contains("YWJ"));
    }
}
