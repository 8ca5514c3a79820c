#include "protocols/dns/reverse_name.h"

namespace dns {
namespace {

std::string reverse_name_v4(const asio::ip::address_v4& address) {
    const auto octets = address.to_bytes();
    std::string name;
    for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) name += std::to_string(*octet) + '.';
    return name + "in-addr.arpa";
}

std::string reverse_name_v6(const asio::ip::address_v6& address) {
    constexpr const char* digits = "0123456789abcdef";
    const auto octets = address.to_bytes();
    std::string name;
    for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
        name += {digits[*octet & 15], '.', digits[*octet >> 4], '.'};
    }
    return name + "ip6.arpa";
}

}  // namespace

std::string reverse_name(const asio::ip::address& address) {
    if (address.is_v4()) return reverse_name_v4(address.to_v4());
    const asio::ip::address_v6 six = address.to_v6();
    if (six.is_v4_mapped()) return reverse_name_v4(asio::ip::make_address_v4(asio::ip::v4_mapped, six));
    return reverse_name_v6(six);
}

}  // namespace dns
