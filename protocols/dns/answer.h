// What is asked of the DNS, and the answer. RFC 1035 §3.2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dns {

enum class RecordType : std::uint16_t { a = 1, mx = 15, txt = 16, aaaa = 28, tlsa = 52 };

enum class Status : std::uint8_t {
    found,
    no_data,       // the name exists, records of that type do not
    no_such_name,  // NXDOMAIN
    temporary,     // no server answered, or only with failures: ask again later
};

struct RawAnswer {
    Status status = Status::temporary;
    std::vector<std::string> records;  // RDATA as on the wire, names in it uncompressed
    bool secure = false;               // validated by DNSSEC
    std::string why;                   // status temporary: one line for the log
};

}  // namespace dns
