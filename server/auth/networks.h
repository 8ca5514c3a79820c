// Networks of clients ("127.0.0.1", "10.0.0.0/8", "2001:db8::/32"): who may log in without TLS, who is a proxy. IPv4
// addresses and their IPv4-mapped IPv6 form (RFC 4291 §2.5.5.2) are equal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace server::auth {

// An IP address as 16 octets; IPv4 as IPv4-mapped.
using AddressOctets = std::array<std::uint8_t, 16>;

struct AddressHash {
    std::size_t operator()(const AddressOctets& address) const noexcept {
        return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.data()), address.size()});
    }
};

// Parses a textual address ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"); nullopt if it is not one.
std::optional<AddressOctets> parse_address(std::string_view text);

// True only for 127.0.0.1 and ::1; other 127.x.x.x addresses are not this machine.
bool is_this_machine(const AddressOctets& address);

// True in networks used behind address translation: RFC 1918 §3, RFC 6598 §7, RFC 4193 §3, link-local. A private
// address does not identify anyone, so it gives no trust.
bool is_private(const AddressOctets& address);

// What counts as one client: an IPv4 address, or an IPv6 /64. For the throttle and for limits per address.
AddressOctets client_network(const AddressOctets& address);

// The networks that strangers take turns by, the widest first: an IPv4 address's /8, /16 and /24, an IPv6 address's /32
// and /48, all of which may well be one stranger's.
std::vector<AddressOctets> networks_in_turn(const AddressOctets& address);

// The networks around it, of many clients, or of many addresses that one person easily has: an IPv4 address's /24, an
// IPv6 address's /56 and /48. Keys for tables: no two of different lengths are equal, nor is one a client_network().
std::vector<AddressOctets> wider_networks(const AddressOctets& address);

// The client_network() as text: "192.0.2.1", "2001:db8:0:1::/64"; unchanged if it is not an address.
std::string client_network_name(std::string_view address);

// The network around it whose clients may all be one person's, on a mobile network: an IPv4 address's /16, an IPv6
// address's /32. As text: "192.0.0.0/16", "2001:db8::/32"; unchanged if it is not an address.
std::string wide_network_name(std::string_view address);

// An address with a prefix length; by default only the address itself.
class Network {
  public:
    static std::optional<Network> parse(std::string_view text);
    bool contains(const AddressOctets& address) const;
    const std::string& text() const { return text_; }
    friend bool operator==(const Network& a, const Network& b) { return a.prefix_ == b.prefix_ && a.bits_ == b.bits_; }

  private:
    AddressOctets prefix_{};
    unsigned bits_ = 128;
    std::string text_;
};

// True if any of them contains the textual address.
bool any_contains(const std::vector<Network>& networks, std::string_view address);

}  // namespace server::auth
