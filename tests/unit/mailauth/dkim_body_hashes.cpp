// RFC 6376 §3.7 (the hash), §3.5 (l=), §3.4.3 and §3.4.4 (hashes of empty bodies).
#include "protocols/mailauth/dkim_body_hashes.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/base64.h"
#include "protocols/base/expects.h"
#include "protocols/mailauth/dkim_sha256.h"

using mailauth::BodyHash;
using mailauth::BodyHashes;
using mailauth::Canonicalization;

namespace {

std::string sha256_of(std::string_view octets) {
    mailauth::Sha256 hash;
    hash.update(octets);
    return hash.digest();
}

}  // namespace

TEST_CASE("hashes of an empty body") {
    BodyHashes hashes;
    CHECK(hashes.empty());
    hashes.want(Canonicalization::simple, std::nullopt);
    hashes.want(Canonicalization::relaxed, std::nullopt);
    hashes.want(Canonicalization::relaxed, 0);
    hashes.want(Canonicalization::relaxed, 1);
    CHECK_FALSE(hashes.empty());
    hashes.finish();
    CHECK(base::encode_base64(hashes.hash(Canonicalization::simple, std::nullopt).digest) ==
          "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
    CHECK(base::encode_base64(hashes.hash(Canonicalization::relaxed, std::nullopt).digest) ==
          "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    CHECK(hashes.hash(Canonicalization::relaxed, 0).digest ==
          hashes.hash(Canonicalization::relaxed, std::nullopt).digest);
    CHECK_FALSE(hashes.hash(Canonicalization::relaxed, 1).has_all_octets);
}

TEST_CASE("all hashes in one pass, each beginning of the body among them, wherever it is cut") {
    const std::string_view body = "a  b\r\n\r\n c \r\n\r\n";
    const std::string_view relaxed = "a b\r\n\r\n c\r\n";
    const std::string_view simple = "a  b\r\n\r\n c \r\n";
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
        CAPTURE(cut);
        BodyHashes hashes;
        for (std::uint64_t limit = 0; limit <= relaxed.size() + 1; ++limit) {
            hashes.want(Canonicalization::relaxed, relaxed.size() + 1 - limit);  // in any order
        }
        hashes.want(Canonicalization::simple, 3);
        hashes.want(Canonicalization::simple, std::nullopt);
        hashes.want(Canonicalization::simple, std::numeric_limits<std::uint64_t>::max());
        hashes.feed(body.substr(0, cut));
        hashes.feed(body.substr(cut));
        hashes.finish();
        for (std::size_t limit = 0; limit <= relaxed.size(); ++limit) {
            const BodyHash hash = hashes.hash(Canonicalization::relaxed, limit);
            CHECK(hash.has_all_octets);
            CHECK(hash.digest == sha256_of(relaxed.substr(0, limit)));
            CHECK(hash.octets_after == relaxed.size() - limit);
        }
        CHECK_FALSE(hashes.hash(Canonicalization::relaxed, relaxed.size() + 1).has_all_octets);
        CHECK(hashes.hash(Canonicalization::simple, 3).digest == sha256_of("a  "));
        CHECK(hashes.hash(Canonicalization::simple, std::nullopt).digest == sha256_of(simple));
        CHECK(hashes.hash(Canonicalization::simple, std::nullopt).octets_after == 0);
        CHECK_FALSE(hashes.hash(Canonicalization::simple, std::numeric_limits<std::uint64_t>::max()).has_all_octets);
    }
}

TEST_CASE("a hash that nobody asked for, or asks for too late, is a bug") {
    BodyHashes hashes;
    hashes.want(Canonicalization::relaxed, std::nullopt);
    hashes.feed("ab\r\n");
    hashes.finish();
    CHECK_THROWS_AS(hashes.want(Canonicalization::relaxed, 3), base::BrokenExpectation);
    CHECK_THROWS_AS((void)hashes.hash(Canonicalization::simple, std::nullopt), base::BrokenExpectation);
    CHECK_THROWS_AS((void)hashes.hash(Canonicalization::relaxed, 3), base::BrokenExpectation);
}
