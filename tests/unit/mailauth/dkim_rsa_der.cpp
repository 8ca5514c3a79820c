// RSA public keys in DER: RFC 8017 §A.1.
#include "protocols/mailauth/dkim_rsa_der.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

std::string element(char tag, const std::string& content) {
    std::string length;
    if (content.size() < 0x80) {
        length = static_cast<char>(content.size());
    } else if (content.size() < 0x100) {
        length = std::string("\x81") + static_cast<char>(content.size());
    } else {
        length =
            std::string("\x82") + static_cast<char>(content.size() / 256) + static_cast<char>(content.size() % 256);
    }
    return tag + length + content;
}

std::string der_of(const std::string& modulus, const std::string& exponent) {
    return element(0x30, element(0x02, modulus) + element(0x02, exponent));
}

const std::string rsa_oid = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const std::string no_parameters("\x05\x00", 2);
const std::string zero(1, '\0');

std::string info_of(const std::string& algorithm, const std::string& bits) {
    return element(0x30, element(0x30, algorithm) + element(0x03, bits));
}

// "modulus|exponent", or "none".
std::string numbers_of(std::string_view der) {
    const auto numbers = mailauth::parse_rsa_public_key(der);
    return numbers ? std::string(numbers->modulus) + "|" + std::string(numbers->exponent) : "none";
}

}  // namespace

TEST_CASE("RSA keys in DER: what is one") {
    const std::string bare = der_of("mod", "e");
    CHECK(numbers_of(bare) == "mod|e");
    CHECK(numbers_of(info_of(rsa_oid + no_parameters, zero + bare)) == "mod|e");
    CHECK(numbers_of(info_of(rsa_oid, zero + bare)) == "mod|e");
    const std::string high = "\xff" + std::string(299, 'm');
    CHECK(numbers_of(info_of(rsa_oid + no_parameters, zero + der_of(zero + high, "e"))) == high + "|e");
    CHECK(numbers_of(der_of(std::string(200, 'm'), "e")) == std::string(200, 'm') + "|e");
}

TEST_CASE("RSA keys in DER: what is none") {
    const std::string bare = der_of("mod", "e");
    const std::string info = info_of(rsa_oid + no_parameters, zero + bare);
    for (const std::string& whole : {bare, info}) {
        for (std::size_t size = 0; size < whole.size(); ++size) CHECK(numbers_of(whole.substr(0, size)) == "none");
        CHECK(numbers_of(whole + "x") == "none");
    }
    CHECK(numbers_of(der_of("", "e")) == "none");
    CHECK(numbers_of(der_of(zero, "e")) == "none");
    CHECK(numbers_of(der_of(zero + zero + "m", "e")) == "none");
    CHECK(numbers_of(der_of("\xffmod", "e")) == "none");  // negative
    CHECK(numbers_of(element(0x30, element(0x02, "mod"))) == "none");
    CHECK(numbers_of(element(0x30, element(0x02, "mod") + element(0x02, "e") + element(0x02, "x"))) == "none");
    CHECK(numbers_of(element(0x31, element(0x02, "mod") + element(0x02, "e"))) == "none");
    CHECK(numbers_of("\x30\x81\x08" + bare.substr(2)) == "none");  // a length that is longer than it need be
    CHECK(numbers_of("\x30\x80" + bare.substr(2) + zero + zero) == "none");
    CHECK(numbers_of("\x30\x84\x7f\xff\xff\xff" + bare.substr(2)) == "none");
    const std::string other_oid = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";  // RSASSA-PSS
    CHECK(numbers_of(info_of(other_oid + no_parameters, zero + bare)) == "none");
    CHECK(numbers_of(info_of(rsa_oid + no_parameters + "x", zero + bare)) == "none");
    CHECK(numbers_of(info_of(rsa_oid + no_parameters, "\x01" + bare)) == "none");
    CHECK(numbers_of(info_of(rsa_oid + no_parameters, bare)) == "none");
    CHECK(numbers_of(info_of(rsa_oid + no_parameters, zero + info)) == "none");
}
