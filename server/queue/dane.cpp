#include "server/queue/dane.h"

#include <algorithm>
#include <utility>

#include "protocols/dns/rdata.h"

namespace server::queue {
namespace {

constexpr std::size_t sha256_octets = 32;
constexpr std::size_t sha512_octets = 64;

// RFC 6698 §2.1.3, §7.4.
bool fits(const dns::Tlsa& record) {
    switch (record.matching_type) {
        case 0:
            return !record.data.empty();
        case 1:
            return record.data.size() == sha256_octets;
        case 2:
            return record.data.size() == sha512_octets;
        default:
            return false;
    }
}

bool is_usable(const dns::Tlsa& record) {
    return (record.usage == 2 || record.usage == 3) && record.selector <= 1 && fits(record);
}

const dns::Found<asio::ip::address>* found_in(const dns::Answer<asio::ip::address>& addresses) {
    return std::get_if<dns::Found<asio::ip::address>>(&addresses);
}

}  // namespace

std::vector<net::TlsAssociation> usable_associations(const std::vector<dns::Tlsa>& records) {
    std::vector<net::TlsAssociation> usable;
    for (const dns::Tlsa& record : records) {
        if (is_usable(record)) usable.push_back({record.usage, record.selector, record.matching_type, record.data});
    }
    return usable;
}

std::vector<std::string> tlsa_bases(const std::string& host, const dns::Answer<asio::ip::address>& addresses,
                                    bool is_secure_alias) {
    const auto* found = found_in(addresses);
    if (found == nullptr) return {};
    if (found->proof != dns::Proof::secure) return is_secure_alias ? std::vector{host} : std::vector<std::string>{};
    return found->name == host ? std::vector{host} : std::vector{found->name, host};
}

net::ServerIdentity identity_of(const Dane& dane, const std::string& host, const std::string& domain) {
    net::ServerIdentity identity{.name = dane.base, .associations = dane.associations, .other_names = {}};
    for (const std::string& name : {host, domain}) {
        if (!name.empty() && name != dane.base &&
            std::ranges::find(identity.other_names, name) == identity.other_names.end())
            identity.other_names.push_back(name);
    }
    return identity;
}

asio::awaitable<std::expected<std::optional<Dane>, std::string>> look_up_dane(
    dns::Resolver& resolver, std::set<dns::Party> parties, std::string host, std::uint16_t port,
    dns::Answer<asio::ip::address> addresses) {
    const auto* found = found_in(addresses);
    bool is_secure_alias = false;
    if (found != nullptr && found->proof == dns::Proof::insecure && found->name != host) {
        const dns::RawAnswer alias = co_await resolver.follow_up(parties, host, dns::RecordType::cname);
        if (const std::string* why = dns::why_not(alias))
            co_return std::unexpected("the CNAME of " + host + ": " + *why);
        is_secure_alias = dns::is_secure(alias) && std::holds_alternative<dns::Found<std::string>>(alias);
    }
    for (const std::string& base : tlsa_bases(host, addresses, is_secure_alias)) {
        const std::string name = "_" + std::to_string(port) + "._tcp." + base;
        const dns::RawAnswer raw = co_await resolver.follow_up(parties, name, dns::RecordType::tlsa);
        if (const std::string* why = dns::why_not(raw))
            co_return std::unexpected("the TLSA records of " + name + ": " + *why);
        const dns::Answer<dns::Tlsa> answer = dns::parse_answer<dns::Tlsa>(raw);
        const auto* records = std::get_if<dns::Found<dns::Tlsa>>(&answer);
        if (records == nullptr || records->proof != dns::Proof::secure) continue;
        co_return Dane{.base = base, .associations = usable_associations(records->records)};
    }
    co_return std::nullopt;
}

}  // namespace server::queue
