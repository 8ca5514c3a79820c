#include "protocols/mailauth/dkim_rsa_der.h"

#include <cstddef>

namespace mailauth {

namespace {

constexpr char der_integer = 0x02;
constexpr char der_bit_string = 0x03;
constexpr char der_sequence = 0x30;

// rsaEncryption, 1.2.840.113549.1.1.1, and its parameters: NULL, which some leave out.
constexpr std::string_view rsa_encryption("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 11);
constexpr std::string_view null_parameters("\x05\x00", 2);

// Takes the content of the next element, which has that tag, from the front; nothing if it has another or is cut off.
// Lengths of up to 65535 octets, in the shortest form (X.690 §10.1).
std::optional<std::string_view> take_element(std::string_view& der, char tag) {
    if (der.size() < 2 || der[0] != tag) return std::nullopt;
    std::size_t length = static_cast<unsigned char>(der[1]);
    std::size_t start = 2;
    if (length >= 0x80) {
        const std::size_t octets = length - 0x80;
        if (octets < 1 || octets > 2 || der.size() < 2 + octets || der[2] == 0) return std::nullopt;
        length = 0;
        for (; start < 2 + octets; ++start) length = length * 256 + static_cast<unsigned char>(der[start]);
        if (length < 0x80) return std::nullopt;
    }
    if (der.size() - start < length) return std::nullopt;
    const std::string_view content = der.substr(start, length);
    der.remove_prefix(start + length);
    return content;
}

// A number above zero.
std::optional<std::string_view> take_number(std::string_view& der) {
    std::optional<std::string_view> octets = take_element(der, der_integer);
    if (!octets || octets->empty() || (octets->front() & '\x80') != 0) return std::nullopt;
    if (octets->front() == 0) octets->remove_prefix(1);
    if (octets->empty() || octets->front() == 0) return std::nullopt;
    return octets;
}

// RSAPublicKey = SEQUENCE { modulus INTEGER, publicExponent INTEGER }
std::optional<RsaPublicNumbers> parse_bare_key(std::string_view der) {
    std::optional<std::string_view> numbers = take_element(der, der_sequence);
    if (!numbers || !der.empty()) return std::nullopt;
    const std::optional<std::string_view> modulus = take_number(*numbers);
    const std::optional<std::string_view> exponent = modulus ? take_number(*numbers) : std::nullopt;
    if (!exponent || !numbers->empty()) return std::nullopt;
    return RsaPublicNumbers{.modulus = *modulus, .exponent = *exponent};
}

}  // namespace

// SubjectPublicKeyInfo = SEQUENCE { algorithm SEQUENCE { OID, NULL }, subjectPublicKey BIT STRING }
std::optional<RsaPublicNumbers> parse_rsa_public_key(std::string_view der) {
    if (const std::optional<RsaPublicNumbers> bare = parse_bare_key(der)) return bare;
    std::optional<std::string_view> info = take_element(der, der_sequence);
    if (!info || !der.empty()) return std::nullopt;
    std::optional<std::string_view> algorithm = take_element(*info, der_sequence);
    if (!algorithm || !algorithm->starts_with(rsa_encryption)) return std::nullopt;
    algorithm->remove_prefix(rsa_encryption.size());
    if (!algorithm->empty() && *algorithm != null_parameters) return std::nullopt;
    const std::optional<std::string_view> key = take_element(*info, der_bit_string);
    if (!key || !info->empty() || !key->starts_with('\0')) return std::nullopt;  // no unused bits
    return parse_bare_key(key->substr(1));
}

}  // namespace mailauth
