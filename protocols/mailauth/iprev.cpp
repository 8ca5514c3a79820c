#include "protocols/mailauth/iprev.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "protocols/mailauth/domain_name.h"

namespace mailauth {
namespace {

// RFC 7208 §4.6.4 has this limit, and RFC 8601 §3 commends it: whoever owns the address chooses how many names it has.
constexpr std::size_t most_names = 10;

enum class Leads : std::uint8_t { back, elsewhere, unknown };

template <class Address>
Leads where(const dns::Answer<Address>& answer, const Address& address, std::string& why) {
    if (const auto* found = std::get_if<dns::Found<Address>>(&answer)) {
        return std::ranges::find(found->records, address) != found->records.end() ? Leads::back : Leads::elsewhere;
    }
    if (const auto* error = dns_error(answer)) {
        why = *error;
        return Leads::unknown;
    }
    return Leads::elsewhere;
}

asio::awaitable<Leads> look_forward(dns::Source& source, std::string name, asio::ip::address address,
                                    std::string& why) {
    if (address.is_v4()) {
        const dns::Answer<asio::ip::address_v4> answer = co_await source.a(std::move(name));
        co_return where(answer, address.to_v4(), why);
    }
    const dns::Answer<asio::ip::address_v6> answer = co_await source.aaaa(std::move(name));
    co_return where(answer, address.to_v6(), why);
}

}  // namespace

asio::ip::address unmapped(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address;
}

asio::awaitable<ConfirmedNames> confirm_names(dns::Source& source, asio::ip::address address, std::size_t most) {
    ConfirmedNames result;
    const dns::Answer<dns::Ptr> reverse = co_await source.ptr(address);
    if (const auto* error = dns_error(reverse)) {
        result.reverse = ConfirmedNames::Reverse::failed;
        result.why = *error;
        co_return result;
    }
    const auto* found = std::get_if<dns::Found<dns::Ptr>>(&reverse);
    if (!found) co_return result;
    result.reverse = ConfirmedNames::Reverse::found;
    for (std::size_t i = 0; i < std::min(most, found->records.size()); ++i) {
        const std::string& name = found->records[i].name;
        if (!can_be_asked(name)) continue;
        const Leads leads = co_await look_forward(source, name, address, result.why);
        if (leads == Leads::back) result.names.push_back(name);
        if (leads == Leads::unknown) result.all_answered = false;
    }
    co_return result;
}

asio::awaitable<IprevResult> check_iprev(dns::Source& source, asio::ip::address address) {
    const asio::ip::address client = unmapped(address);
    const ConfirmedNames confirmed = co_await confirm_names(source, client, most_names);
    IprevResult result{.address = client};
    if (!confirmed.names.empty()) {
        result.verdict = IprevVerdict::pass;
        result.name = confirmed.names.front();
        result.reason = result.name + " has this address";
    } else if (confirmed.reverse == ConfirmedNames::Reverse::failed) {
        result.reason = "the address's names could not be looked up: " + confirmed.why;
    } else if (confirmed.reverse == ConfirmedNames::Reverse::none) {
        result.verdict = IprevVerdict::permerror;
        result.reason = "the address has no name";
    } else if (!confirmed.all_answered) {
        result.reason = "a name's addresses could not be looked up: " + confirmed.why;
    } else {
        result.verdict = IprevVerdict::fail;
        result.reason = "none of the address's names has this address";
    }
    co_return result;
}

}  // namespace mailauth
