// Keys that are made, and those of RFC 8463 §A.
#include "protocols/mailauth/dkim_private_key.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/mailauth/dkim_messages.h"

using mailauth::DkimPrivateKey;
using mailauth::KeyAlgorithm;

TEST_CASE("a private key is known by its kind and size") {
    const DkimPrivateKey rsa = DkimPrivateKey::read(rfc8463_rsa_key).value();
    CHECK(rsa.kind() == KeyAlgorithm::rsa);
    CHECK(rsa.bits() == 1024);
    const DkimPrivateKey ed25519 = DkimPrivateKey::read(rfc8463_ed25519_key).value();
    CHECK(ed25519.kind() == KeyAlgorithm::ed25519);
    CHECK(ed25519.bits() == 256);
}

TEST_CASE("keys that are made sign what their record verifies") {
    const std::string digest(32, 'd');
    for (const KeyAlgorithm kind : {KeyAlgorithm::rsa, KeyAlgorithm::ed25519}) {
        const mailauth::KeyPair pair = mailauth::make_key(kind);
        const DkimPrivateKey key = DkimPrivateKey::read(pair.private_key).value();
        CHECK(key.kind() == kind);
        const mailauth::DkimKeyRecord record =
            mailauth::parse_dkim_key_record(mailauth::key_record(kind, pair.public_key)).value();
        const mailauth::DkimKey published = mailauth::load_dkim_key(record, key.algorithm()).value();
        CHECK(published.bits == key.bits());
        const std::string signature = key.sign(digest);
        CHECK(mailauth::is_signature(published, key.algorithm(), signature, digest));
        CHECK_FALSE(mailauth::is_signature(published, key.algorithm(), signature, std::string(32, 'e')));
        CHECK_FALSE(mailauth::is_signature(published, key.algorithm(), signature.substr(1), digest));
        CHECK_FALSE(mailauth::is_signature(published, key.algorithm(), "", digest));
    }
}

TEST_CASE("what is no key to sign with is refused, with the reason") {
    CHECK(DkimPrivateKey::read("").error() == "no private key in PEM, or one with a password");
    CHECK(DkimPrivateKey::read("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").error() ==
          "no private key in PEM, or one with a password");
    // An Ed448 key, and an RSA key of 512 bits.
    CHECK(DkimPrivateKey::read(R"(-----BEGIN PRIVATE KEY-----
MEcCAQAwBQYDK2VxBDsEOQGfe8vs9mSHPpy63vEFBhyyQBAA4O6gQQhWpEN2XXM/
+fJoXiI1t5bXbhri0Q0qW4OZlmmYlLDGFA==
-----END PRIVATE KEY-----
)")
              .error() == "neither an RSA nor an Ed25519 key");
    CHECK(DkimPrivateKey::read(R"(-----BEGIN PRIVATE KEY-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAuxnODEv9iSrP2ncQ
4ly3aybJ79/8JkNfzy37Ap1TKcdPAiq3whRdWxi+73975PE1YVC1IVCYoIALDNJa
+++9owIDAQABAkBQzUkmGF9LMLkJQSiCicYQuXS2aoYLxEcJQ3NG4si6noHzBH5I
gIOTZbXsKazmN1T8OWZFJHqAsuGddB3NLkvJAiEA7jTFVDa3k5EhggCEn9MFHYxv
9WSn2GE7m9DxO0prdlcCIQDJE75vFfgyxlhegCV6oSNpDOh4CqNhpzVvYne6uw7r
lQIhALGn7dwHCxcl0KXSmRdSHKiTCxUrwvrgWcK2LJQZxtf1AiBSplTuYD9mz3Rf
U5kUMMvXUED1ppnFd+9U20qPbHgTiQIgMqFcwRecOoKwPpilGP5aoBx4U6e67gkE
vnFEIbpaa84=
-----END PRIVATE KEY-----
)")
              .error() == "an RSA key of less than 1024 bits");
}
