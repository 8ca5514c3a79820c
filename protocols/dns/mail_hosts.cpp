// Where mail for a domain goes. RFC 5321 §5.1, RFC 7505.
#include "protocols/dns/mail_hosts.h"

#include <algorithm>

#include "protocols/base/text.h"

namespace dns {

std::optional<MxRecord> parse_mx(std::string_view rdata) {
    if (rdata.size() < 3) return std::nullopt;
    MxRecord record;
    record.preference =
        static_cast<std::uint16_t>(static_cast<unsigned char>(rdata[0]) << 8 | static_cast<unsigned char>(rdata[1]));
    rdata.remove_prefix(2);
    // Labels, each after its length, up to an empty one (RFC 1035 §3.1).
    for (;;) {
        if (rdata.empty()) return std::nullopt;
        const std::size_t size = static_cast<unsigned char>(rdata[0]);
        if (size == 0) break;
        if (size > 63 || size >= rdata.size()) return std::nullopt;
        if (!record.exchange.empty()) record.exchange += '.';
        record.exchange += base::lower(rdata.substr(1, size));
        rdata.remove_prefix(size + 1);
    }
    return record;
}

std::vector<MailHosts::Host> order_by_preference(std::vector<MxRecord> records,
                                                 const std::function<std::size_t(std::size_t)>& random,
                                                 std::size_t max_hosts) {
    for (std::size_t i = records.size(); i > 1; --i) std::swap(records[i - 1], records[random(i)]);
    std::ranges::sort(records, {}, &MxRecord::preference);
    std::vector<MailHosts::Host> hosts;
    for (MxRecord& record : records) {
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
    RawAnswer answer = co_await resolver.lookup(party, domain, RecordType::mx);
    if (answer.status == Status::temporary)
        co_return MailHosts{.kind = Kind::temporary, .hosts = {}, .why = std::move(answer.why)};
    if (answer.status == Status::no_such_name)
        co_return MailHosts{.kind = Kind::no_such_domain, .hosts = {}, .why = {}};
    std::vector<MxRecord> records;
    for (const std::string& rdata : answer.records) {
        if (auto record = parse_mx(rdata)) records.push_back(*std::move(record));
    }
    // An MX that names the root says that the domain takes no mail (RFC 7505 §3); beside other records it is skipped.
    const bool only_root = std::ranges::all_of(records, [](const MxRecord& record) { return record.exchange.empty(); });
    if (!records.empty() && only_root) co_return MailHosts{.kind = Kind::null_mx, .hosts = {}, .why = {}};
    if (!records.empty()) {
        co_return MailHosts{
            .kind = Kind::hosts, .hosts = order_by_preference(std::move(records), random, max_hosts), .why = {}};
    }
    // No MX: the domain itself is the host, if it has an address (RFC 5321 §5.1).
    Resolver::Addresses own = co_await resolver.addresses({std::move(party)}, domain);
    if (own.status == Status::found)
        co_return MailHosts{.kind = Kind::hosts, .hosts = {{.name = std::move(domain)}}, .why = {}};
    const bool later = own.status == Status::temporary;
    co_return MailHosts{.kind = later ? Kind::temporary : Kind::no_such_domain, .hosts = {}, .why = std::move(own.why)};
}

}  // namespace dns
