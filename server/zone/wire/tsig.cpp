#include "server/zone/wire/tsig.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstddef>
#include <stdexcept>
#include <utility>

#include "protocols/base/text.h"
#include "server/zone/wire/message.h"

namespace server::zone {

namespace {

constexpr std::uint16_t type_tsig = 250;      // RFC 8945 §4.1
constexpr std::uint64_t fudge = 300;          // seconds, RFC 8945 §10
constexpr std::size_t additional_count = 10;  // where ARCOUNT stands in the header (RFC 1035 §4.1.1)
constexpr std::size_t time_octets = 6;

struct Algorithm {
    TsigAlgorithm algorithm;
    std::string_view name;
    const EVP_MD* (*digest)();
};
constexpr Algorithm algorithms[] = {{TsigAlgorithm::hmac_sha256, "hmac-sha256", EVP_sha256},
                                    {TsigAlgorithm::hmac_sha384, "hmac-sha384", EVP_sha384},
                                    {TsigAlgorithm::hmac_sha512, "hmac-sha512", EVP_sha512}};

const Algorithm& row_of(TsigAlgorithm algorithm) { return algorithms[static_cast<std::size_t>(algorithm)]; }

const unsigned char* octets_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string mac_of(const TsigKey& key, std::string_view octets) {
    std::string mac(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    if (HMAC(row_of(key.algorithm).digest(), key.secret.data(), static_cast<int>(key.secret.size()), octets_of(octets),
             octets.size(), reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr) {
        throw std::runtime_error("OpenSSL computes no HMAC");
    }
    mac.resize(size);
    return mac;
}

// A TSIG record's RDATA, RFC 8945 §4.2.
struct Tsig {
    std::string algorithm;  // as on the wire
    std::uint64_t time = 0;
    std::uint64_t fudge_seconds = fudge;
    std::string mac;
    std::uint16_t original_id = 0;
    std::uint16_t error = 0;
    std::string other;
};

// RFC 8945 §4.3.3: the record without its MAC and the message's ID.
std::string variables_of(const TsigKey& key, const Tsig& tsig) {
    std::string out = wire_name(key.name);
    append_number(out, class_any, 2);
    append_number(out, 0, 4);
    out += wire_name(name_of(key.algorithm));
    append_number(out, tsig.time, time_octets);
    append_number(out, tsig.fudge_seconds, 2);
    append_number(out, tsig.error, 2);
    append_number(out, tsig.other.size(), 2);
    return out + tsig.other;
}

std::string record_of(const TsigKey& key, const Tsig& tsig) {
    std::string rdata = wire_name(name_of(key.algorithm));
    append_number(rdata, tsig.time, time_octets);
    append_number(rdata, tsig.fudge_seconds, 2);
    append_number(rdata, tsig.mac.size(), 2);
    rdata += tsig.mac;
    append_number(rdata, tsig.original_id, 2);
    append_number(rdata, tsig.error, 2);
    append_number(rdata, tsig.other.size(), 2);
    rdata += tsig.other;
    std::string out = wire_name(key.name);
    append_number(out, type_tsig, 2);
    append_number(out, class_any, 2);
    append_number(out, 0, 4);
    append_number(out, rdata.size(), 2);
    return out + rdata;
}

std::string with_additional_count(std::string message, std::size_t count) {
    std::string octets;
    append_number(octets, count, 2);
    return message.replace(additional_count, 2, octets);
}

std::optional<Tsig> parse_tsig(std::string_view rdata) {
    Tsig tsig;
    const auto take = [&rdata](std::size_t octets) -> std::optional<std::string_view> {
        if (octets > rdata.size()) return std::nullopt;
        const std::string_view taken = rdata.substr(0, octets);
        rdata.remove_prefix(octets);
        return taken;
    };
    for (;;) {  // the name's labels; it must not be compressed
        const auto size = take(1);
        if (!size || static_cast<unsigned char>((*size)[0]) > 63) return std::nullopt;
        const auto label = take(static_cast<unsigned char>((*size)[0]));
        if (!label) return std::nullopt;
        tsig.algorithm.append(*size).append(*label);
        if (label->empty()) break;
    }
    const auto time = take(time_octets);
    const auto seconds = take(2);
    const auto mac_size = take(2);
    const auto mac = mac_size ? take(number_in(*mac_size)) : std::nullopt;
    const auto id = take(2);
    const auto error = take(2);
    const auto other_size = take(2);
    const auto other = other_size ? take(number_in(*other_size)) : std::nullopt;
    if (!time || !seconds || !mac || !id || !error || !other || !rdata.empty()) return std::nullopt;
    tsig.time = number_in(*time);
    tsig.fudge_seconds = number_in(*seconds);
    tsig.mac = *mac;
    tsig.original_id = static_cast<std::uint16_t>(number_in(*id));
    tsig.error = static_cast<std::uint16_t>(number_in(*error));
    tsig.other = *other;
    return tsig;
}

bool equal(std::string_view one, std::string_view other) {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

std::string_view name_of(TsigAlgorithm algorithm) { return row_of(algorithm).name; }

std::optional<TsigAlgorithm> tsig_algorithm_named(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    for (const Algorithm& row : algorithms) {
        if (base::iequals(row.name, name)) return row.algorithm;
    }
    return std::nullopt;
}

SignedMessage sign(std::string message, const TsigKey& key, std::int64_t now) {
    Tsig tsig{.algorithm = wire_name(name_of(key.algorithm)),
              .time = static_cast<std::uint64_t>(now),
              .mac = {},
              .original_id = static_cast<std::uint16_t>(number_in(std::string_view(message).substr(0, 2))),
              .other = {}};
    tsig.mac = mac_of(key, message + variables_of(key, tsig));
    const std::size_t count = number_in(std::string_view(message).substr(additional_count, 2)) + 1;
    return {with_additional_count(std::move(message), count) + record_of(key, tsig), tsig.mac};
}

std::optional<TsigAnswer> read_tsig(std::string_view answer, const TsigKey& key, std::string_view request_mac,
                                    std::int64_t now) {
    const std::optional<Message> message = parse_message(answer);
    if (!message || message->additional.empty()) return std::nullopt;
    const WireRecord& record = message->additional.back();
    if (record.type != type_tsig || record.record_class != class_any || record.ttl != 0) return std::nullopt;
    const std::optional<Tsig> tsig = parse_tsig(record.rdata);
    if (!tsig) return std::nullopt;
    TsigAnswer out{.error = tsig->error, .time = static_cast<std::int64_t>(tsig->time)};
    if (tsig->error == tsig_bad_time && tsig->other.size() == time_octets) {
        out.time = static_cast<std::int64_t>(number_in(tsig->other));
    }
    out.is_in_time = tsig->time <= static_cast<std::uint64_t>(now) + tsig->fudge_seconds &&
                     static_cast<std::uint64_t>(now) <= tsig->time + tsig->fudge_seconds;
    const bool same_key = record.name == key.name && base::lower(tsig->algorithm) == wire_name(name_of(key.algorithm));
    if (!same_key || request_mac.empty()) return out;
    // RFC 8945 §4.3.2: as it was before the record was added, with the ID that it had then; §5.3.1: after the request's
    // MAC with its length.
    std::string signed_part(answer.substr(0, record.begin));
    signed_part = with_additional_count(std::move(signed_part), message->additional.size() - 1);
    std::string octets;
    append_number(octets, tsig->original_id, 2);
    signed_part.replace(0, 2, octets);
    octets.clear();
    append_number(octets, request_mac.size(), 2);
    octets += request_mac;
    out.is_signed = equal(mac_of(key, octets + signed_part + variables_of(key, *tsig)), tsig->mac);
    return out;
}

}  // namespace server::zone
