// Records of the DNS as values, and the ways in which a question can end. RFC 1035 §3.2, RFC 6698 §2 (TLSA); secure and
// bogus: RFC 4033 §5.
#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace dns {

// Names are A-labels in lower case, without the final dot; "" is the root.
struct Mx {
    std::uint16_t preference = 0;
    std::string exchange;
};

// The text of a TXT record: its character-strings joined, without anything between them, as RFC 7208 §3.3, RFC 6376
// §3.6.2.2 and RFC 8461 §3.1 want it.
struct Txt {
    std::string text;
};

// The name in a PTR record.
struct Ptr {
    std::string name;
};

struct Tlsa {
    std::uint8_t usage = 0;
    std::uint8_t selector = 0;
    std::uint8_t matching_type = 0;
    std::string data;  // octets
};

// Whether DNSSEC proves an answer, or proves that its zone is not signed. An answer that DNSSEC shows to be false is
// neither: that is Bogus.
enum class Proof : std::uint8_t { insecure, secure };

// The five ways in which a question ends. Each is a type of its own, so that no caller takes one for another.
template <class Record>
struct Found {
    std::vector<Record> records;  // one at least; malformed ones are left out
    Proof proof = Proof::insecure;
    std::string name{};  // who has them: the name that was asked for, or where its CNAMEs lead
};
struct NoData {  // the name exists, well-formed records of that type do not
    Proof proof = Proof::insecure;
};
struct NoSuchName {  // NXDOMAIN
    Proof proof = Proof::insecure;
};
struct Bogus {  // signed, and the signatures are wrong or missing: somebody may be forging it. Ask again later.
    std::string why;
};
struct Unavailable {  // no server answered, or only with failures. Ask again later.
    std::string why;
};
template <class Record>
using Answer = std::variant<Found<Record>, NoData, NoSuchName, Bogus, Unavailable>;

}  // namespace dns
