// Records of the DNS as we publish them: values, and how they are written for people (RFC 1035 §5.1) and in messages
// (RFC 1035 §3.2, §3.3). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace server::zone {

// Names are A-labels in lower case without the final dot; "" is the root.
struct Address {
    std::string text;  // IPv4 (A) or IPv6 (AAAA, RFC 3596 §2.2)
    friend bool operator==(const Address&, const Address&) = default;
};
struct Mx {
    std::uint16_t preference = 0;
    std::string exchange;
    friend bool operator==(const Mx&, const Mx&) = default;
};
struct Text {  // TXT
    std::string text;
    friend bool operator==(const Text&, const Text&) = default;
};
struct Cname {
    std::string target;
    friend bool operator==(const Cname&, const Cname&) = default;
};
struct Srv {  // RFC 2782; a target of "" says that there is no such service
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string target;
    friend bool operator==(const Srv&, const Srv&) = default;
};
struct Caa {  // RFC 8659
    std::string tag;
    std::string value;
    friend bool operator==(const Caa&, const Caa&) = default;
};
struct Tlsa {  // RFC 6698 §2
    std::uint8_t usage = 3;
    std::uint8_t selector = 1;
    std::uint8_t matching_type = 1;
    std::string data;  // octets
    friend bool operator==(const Tlsa&, const Tlsa&) = default;
};
using Data = std::variant<Address, Mx, Text, Cname, Srv, Caa, Tlsa>;

struct Record {
    std::string name;
    std::uint32_t ttl = 3'600;  // seconds
    Data data;
    std::string purpose;  // for people: what it is good for, in a few words
};

std::string_view type_of(const Data& data);      // "MX"
std::uint16_t type_number_of(const Data& data);  // 15
std::string absolute(std::string_view name);     // "example.org."
// As in a zone file: "10 mail.example.org.", and a text in quoted strings of at most 255 octets each.
std::string presentation(const Data& data);
// The record's RDATA, names not compressed.
std::string rdata(const Data& data);

}  // namespace server::zone
