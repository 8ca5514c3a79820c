// argon2id by libargon2; SCRAM keys and random octets by sasl. SASLprep (RFC 4013) prepares passwords, so that PLAIN
// and SCRAM accept the same spellings.
#include "server/auth/passwords.h"

#include <argon2.h>

#include <charconv>
#include <stdexcept>

#include "protocols/base/base64.h"
#include "protocols/sasl/saslprep.h"
#include "protocols/sasl/scram_keys.h"

namespace server::auth {

namespace {

constexpr std::uint32_t lanes = 1;
constexpr std::size_t salt_octets = 16;
constexpr std::size_t hash_octets = 32;

// Base64 without padding, as in argon2's encoded form.
std::string unpadded(std::string_view octets) {
    std::string text = base::encode_base64(octets);
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

// The number behind "m=" or "t=" in an encoded hash; 0 if there is none.
std::uint32_t number_after(std::string_view encoded, std::string_view name) {
    const std::size_t found = encoded.find(name);
    std::uint32_t number = 0;
    if (found == std::string_view::npos) return number;
    const char* begin = encoded.data() + found + name.size();
    std::from_chars(begin, encoded.data() + encoded.size(), number);
    return number;
}

std::string hash_argon2id(std::string_view prepared, const HashCost& cost) {
    const std::string salt = sasl::random_octets(salt_octets);
    std::string encoded(argon2_encodedlen(cost.passes, cost.memory_kib, lanes, salt_octets, hash_octets, Argon2_id),
                        '\0');
    const int status = argon2id_hash_encoded(cost.passes, cost.memory_kib, lanes, prepared.data(), prepared.size(),
                                             salt.data(), salt.size(), hash_octets, encoded.data(), encoded.size());
    if (status != ARGON2_OK) throw std::runtime_error(std::string("argon2id: ") + argon2_error_message(status));
    encoded.resize(encoded.find('\0'));
    return encoded;
}

}  // namespace

storage::Credentials make_credentials(std::string_view password, const HashCost& cost) {
    storage::Credentials credentials;
    credentials.argon2id = hash_argon2id(sasl::normalise_password(password), cost);
    if (cost.scram) credentials.scram_sha_256 = make_scram_keys(password, cost);
    return credentials;
}

storage::ScramKeys make_scram_keys(std::string_view password, const HashCost& cost) {
    const sasl::ScramKeys keys =
        sasl::derive_scram_keys(password, sasl::random_octets(sasl::scram_salt_octets), cost.scram_iterations);
    return {keys.salt, keys.iterations, keys.stored_key, keys.server_key};
}

bool verify_password(std::string_view encoded, std::string_view password) {
    const std::string prepared = sasl::normalise_password(password);
    const std::string terminated(encoded);
    const int status = argon2id_verify(terminated.c_str(), prepared.data(), prepared.size());
    if (status == ARGON2_MEMORY_ALLOCATION_ERROR) {
        throw std::runtime_error(std::string("argon2id: ") + argon2_error_message(status));
    }
    return status == ARGON2_OK;
}

std::string argon2_parameters(const HashCost& cost) {
    return "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) +
           ",p=" + std::to_string(lanes) + "$";
}

std::string parameters_of(std::string_view encoded) {
    const std::size_t before_hash = encoded.rfind('$');
    if (before_hash == std::string_view::npos || before_hash == 0) return {};
    return std::string(encoded.substr(0, encoded.rfind('$', before_hash - 1) + 1));
}

std::string unmatchable_salt_and_hash() {
    return unpadded(sasl::random_octets(salt_octets)) + "$" + unpadded(sasl::random_octets(hash_octets));
}

bool needs_renewal(const storage::Credentials& credentials, const HashCost& cost) {
    const storage::ScramKeys& scram = credentials.scram_sha_256;
    if (cost.scram == scram.stored_key.empty()) return true;
    if (cost.scram && scram.iterations < cost.scram_iterations) return true;
    return number_after(credentials.argon2id, "m=") < cost.memory_kib ||
           number_after(credentials.argon2id, "t=") < cost.passes;
}

std::string random_groups(std::size_t groups, std::size_t letters_in_group) {
    constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";  // 32: each takes five bits of an octet
    static_assert(letters.size() == 32);
    const std::string octets = sasl::random_octets(groups * letters_in_group);
    std::string password;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        if (i != 0 && i % letters_in_group == 0) password += '-';
        password += letters[static_cast<unsigned char>(octets[i]) % letters.size()];
    }
    return password;
}

std::string generate_password() { return random_groups(4, 5); }

}  // namespace server::auth
