// Messages of the DNS to the server that takes our updates, and its answers: RFC 1035 §4, RFC 2136 §2. Pure. Whoever
// answers may be anybody until the signature was verified (tsig.h): what is malformed is nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace server::zone {

// Of records that are there or shall be; in updates also of those that shall go, or must not be there (RFC 2136 §2.4,
// §2.5).
inline constexpr std::uint16_t class_in = 1;
inline constexpr std::uint16_t class_none = 254;
inline constexpr std::uint16_t class_any = 255;

inline constexpr std::uint16_t type_cname = 5;
inline constexpr std::uint16_t type_soa = 6;

// RFC 1035 §4.1.1, RFC 2136 §2.2, RFC 8945 §3.
enum class ResponseCode : std::uint8_t {
    no_error = 0,
    format_error = 1,
    server_failure = 2,
    no_such_name = 3,
    not_implemented = 4,
    refused = 5,
    name_exists = 6,
    rrset_exists = 7,
    no_such_rrset = 8,
    not_authoritative = 9,
    not_in_zone = 10,
};

// A record in a message.
struct WireRecord {
    std::string name;  // in lower case, without the final dot; octets that are odd in a name as in a zone file: \046
    std::uint16_t type = 0;
    std::uint16_t record_class = class_in;
    std::uint32_t ttl = 0;
    std::string rdata{};    // names in it not compressed
    std::size_t begin = 0;  // where it begins in the message that was parsed
    friend bool operator==(const WireRecord&, const WireRecord&) = default;
};

struct Message {
    std::uint16_t id = 0;
    bool is_answer = false;
    std::uint8_t opcode = 0;
    bool is_authoritative = false;
    bool is_truncated = false;
    ResponseCode code{};
    std::vector<WireRecord> answers;
    std::vector<WireRecord> authority;
    std::vector<WireRecord> additional;
};

// The whole of a message, without its length before it; nullopt if it is malformed.
std::optional<Message> parse_message(std::string_view octets);

// Asks an authoritative server: no recursion is wanted.
std::string query_message(std::uint16_t id, std::string_view name, std::uint16_t type);

// Changes of one zone, all or none. In order: what goes stands before what comes.
struct Update {
    std::string zone;
    std::vector<WireRecord> prerequisites;
    std::vector<WireRecord> changes;
};
std::string update_message(std::uint16_t id, const Update& update);

// A name as RFC 1035 §3.1 writes it: labels with their lengths, and the root. Labels are cut to 63 octets.
std::string wire_name(std::string_view name);

// Numbers as the DNS has them, high octet first.
void append_number(std::string& out, std::uint64_t number, std::size_t octets);
// At most eight octets, all of them.
std::uint64_t number_in(std::string_view octets);

}  // namespace server::zone
