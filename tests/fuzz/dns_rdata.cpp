// RDATA may be any octets: the first one chooses the type. Names that are read are names of the DNS.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocols/dns/rdata.h"

namespace {

void expect_name(std::string_view name) {
    if (name.size() > 253 || name.starts_with('.') || name.ends_with('.') || name.contains("..")) std::abort();
    for (const char c : name) {
        if (c <= ' ' || c >= '\x7f') std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view rdata(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 6) {
        case 0:
            if (const auto mx = dns::parse_rdata<dns::Mx>(rdata)) expect_name(mx->exchange);
            break;
        case 1:
            if (const auto ptr = dns::parse_rdata<dns::Ptr>(rdata)) expect_name(ptr->name);
            break;
        case 2:
            if (const auto txt = dns::parse_rdata<dns::Txt>(rdata); txt && txt->text.size() >= rdata.size())
                std::abort();
            break;
        case 3:
            if (const auto tlsa = dns::parse_rdata<dns::Tlsa>(rdata); tlsa && tlsa->data.size() + 3 != rdata.size())
                std::abort();
            break;
        case 4:
            if (dns::parse_rdata<asio::ip::address_v4>(rdata).has_value() != (rdata.size() == 4)) std::abort();
            break;
        default:
            if (dns::parse_rdata<asio::ip::address_v6>(rdata).has_value() != (rdata.size() == 16)) std::abort();
    }
    return 0;
}
