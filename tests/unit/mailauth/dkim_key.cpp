// DKIM keys as they are made and published.
#include "protocols/mailauth/dkim_key.h"

#include <doctest/doctest.h>

#include "protocols/base/base64.h"

using namespace mailauth;

TEST_CASE("new DKIM keys: RSA of 2048 bits as SubjectPublicKeyInfo, Ed25519 as its 32 octets") {
    const KeyPair rsa = make_key(KeyAlgorithm::rsa);
    CHECK(rsa.private_key.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const std::string der = base::decode_base64(rsa.public_key).value();
    CHECK(der.size() == 294);  // of 2048 bits, with the exponent 65537
    CHECK(der.starts_with("\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"));
    CHECK(make_key(KeyAlgorithm::rsa).public_key != rsa.public_key);
    const KeyPair ed25519 = make_key(KeyAlgorithm::ed25519);
    CHECK(base::decode_base64(ed25519.public_key).value().size() == 32);
    CHECK(key_record(KeyAlgorithm::rsa, "MII") == "v=DKIM1; k=rsa; p=MII");
    CHECK(key_record(KeyAlgorithm::ed25519, "11qY") == "v=DKIM1; k=ed25519; p=11qY");
}
