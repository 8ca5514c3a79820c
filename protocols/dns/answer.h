// What is asked of the DNS, and the answer before its records are read (rdata.h). RFC 1035 §3.2.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

#include "protocols/dns/records.h"

namespace dns {

enum class RecordType : std::uint16_t {
    a = 1,
    cname = 5,
    ptr = 12,
    mx = 15,
    txt = 16,
    aaaa = 28,
    srv = 33,
    dnskey = 48,
    tlsa = 52,
    caa = 257,
};

// Records as on the wire (RDATA), names in it uncompressed.
using RawAnswer = Answer<std::string>;

// The same answer of other records, where there are none.
template <class To, class From>
Answer<To> without_records(const Answer<From>& answer) {
    return std::visit(
        []<class Kind>(const Kind& kind) -> Answer<To> {
            if constexpr (std::is_same_v<Kind, Found<From>>) {
                return NoData{kind.proof};
            } else {
                return kind;
            }
        },
        answer);
}

// Why a question was not answered, one line for the log; nullptr: it was.
template <class Record>
const std::string* why_not(const Answer<Record>& answer) {
    if (const auto* bogus = std::get_if<Bogus>(&answer)) return &bogus->why;
    if (const auto* unavailable = std::get_if<Unavailable>(&answer)) return &unavailable->why;
    return nullptr;
}

// Whether DNSSEC proves what the answer says.
template <class Record>
bool is_secure(const Answer<Record>& answer) {
    return std::visit(
        []<class Kind>(const Kind& kind) {
            if constexpr (requires { kind.proof; }) {
                return kind.proof == Proof::secure;
            } else {
                return false;
            }
        },
        answer);
}

}  // namespace dns
