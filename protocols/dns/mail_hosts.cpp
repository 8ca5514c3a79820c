// Where mail for a domain goes. RFC 5321 §5.1, RFC 7505.
#include "protocols/dns/mail_hosts.h"

#include <algorithm>

#include "protocols/dns/rdata.h"

namespace dns {

std::vector<MailHosts::Host> order_by_preference(std::vector<Mx> records,
                                                 const std::function<std::size_t(std::size_t)>& random,
                                                 std::size_t max_hosts) {
    for (std::size_t i = records.size(); i > 1; --i) std::swap(records[i - 1], records[random(i)]);
    std::ranges::sort(records, {}, &Mx::preference);
    std::vector<MailHosts::Host> hosts;
    for (Mx& record : records) {
        if (hosts.size() == max_hosts) break;
        if (record.exchange.empty() || std::ranges::find(hosts, record.exchange, &MailHosts::Host::name) != hosts.end())
            continue;
        hosts.push_back({.name = std::move(record.exchange), .preference = record.preference});
    }
    return hosts;
}

asio::awaitable<MailHosts> find_mail_hosts(Resolver& resolver, Party party, std::string domain,
                                           std::function<std::size_t(std::size_t)> random, std::size_t max_hosts) {
    using Kind = MailHosts::Kind;
    const RawAnswer raw = co_await resolver.lookup(party, domain, RecordType::mx);
    Answer<Mx> answer = parse_answer<Mx>(raw);
    if (const std::string* why = why_not(answer))
        co_return MailHosts{.kind = Kind::temporary, .hosts = {}, .proof = {}, .why = *why};
    const Proof proof = is_secure(answer) ? Proof::secure : Proof::insecure;
    if (std::holds_alternative<NoSuchName>(answer))
        co_return MailHosts{.kind = Kind::no_such_domain, .hosts = {}, .proof = proof, .why = {}};
    if (auto* found = std::get_if<Found<Mx>>(&answer)) {
        // An MX that names the root says that the domain takes no mail (RFC 7505 §3); beside other records it is
        // skipped.
        std::vector<MailHosts::Host> hosts = order_by_preference(std::move(found->records), random, max_hosts);
        const Kind kind = hosts.empty() ? Kind::null_mx : Kind::hosts;
        co_return MailHosts{.kind = kind, .hosts = std::move(hosts), .proof = proof, .why = {}};
    }
    // No MX: the domain itself is the host, if it has an address (RFC 5321 §5.1).
    const Answer<asio::ip::address> own = co_await resolver.addresses({std::move(party)}, domain);
    if (std::holds_alternative<Found<asio::ip::address>>(own))
        co_return MailHosts{.kind = Kind::hosts, .hosts = {{.name = std::move(domain)}}, .proof = proof, .why = {}};
    const std::string* why = why_not(own);
    co_return MailHosts{.kind = why != nullptr ? Kind::temporary : Kind::no_such_domain,
                        .hosts = {},
                        .proof = proof,
                        .why = why != nullptr ? *why : ""};
}

}  // namespace dns
