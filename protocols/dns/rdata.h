// Records from their RDATA as on the wire. RFC 1035 §3.3 (names, MX, PTR, TXT, A), RFC 3596 §2.2 (AAAA), RFC 6698 §2.1
// (TLSA). Pure. What is malformed is nothing: whoever answers may be anybody.
#pragma once

#include <asio/ip/address.hpp>
#include <optional>
#include <string_view>

#include "protocols/dns/answer.h"
#include "protocols/dns/records.h"

namespace dns {

// In a Record's RDATA must be nothing but the record.
template <class Record>
std::optional<Record> parse_rdata(std::string_view rdata);

template <>
std::optional<Mx> parse_rdata<Mx>(std::string_view rdata);
template <>
std::optional<Txt> parse_rdata<Txt>(std::string_view rdata);
template <>
std::optional<Ptr> parse_rdata<Ptr>(std::string_view rdata);
// Usages, selectors and matching types that nobody knows, too: what is done with these is the caller's matter.
template <>
std::optional<Tlsa> parse_rdata<Tlsa>(std::string_view rdata);
template <>
std::optional<asio::ip::address_v4> parse_rdata<asio::ip::address_v4>(std::string_view rdata);
template <>
std::optional<asio::ip::address_v6> parse_rdata<asio::ip::address_v6>(std::string_view rdata);

// Without the malformed records; if it has no other, there are none of this type.
template <class Record>
Answer<Record> parse_answer(const RawAnswer& raw) {
    const auto* found = std::get_if<Found<std::string>>(&raw);
    if (found == nullptr) return without_records<Record>(raw);
    Found<Record> out{.records = {}, .proof = found->proof, .name = found->name};
    for (const std::string& rdata : found->records) {
        if (auto record = parse_rdata<Record>(rdata)) out.records.push_back(*std::move(record));
    }
    if (out.records.empty()) return NoData{found->proof};
    return out;
}

}  // namespace dns
