#include "server/queue/sts_policies.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/dns/rdata.h"
#include "server/queue/destinations.h"
#include "storage/store_await.h"

namespace server::queue {
namespace {

// RFC 8461 §3.3: no more often than every five minutes; a minute for the whole fetch, or less where the config gives
// other servers less.
constexpr std::int64_t fetch_again_after = 300;
constexpr std::chrono::seconds fetch_timeout{60};
constexpr std::chrono::seconds connect_timeout{30};
// A policy that is still valid is fetched again so often: then one that is hidden from us for a while is not lost.
constexpr std::int64_t refresh_after = 86'400;
constexpr std::size_t most_failed = 10'000;

std::optional<sts::Policy> valid(const std::optional<storage::StsPolicy>& kept, std::int64_t now) {
    if (!kept || kept->expires_at <= now) return std::nullopt;
    return sts::parse_policy(kept->text);
}

bool is_due(const storage::StsPolicy& kept, const sts::Policy& policy, std::int64_t now) {
    return now - kept.fetched_at >= std::min<std::int64_t>(refresh_after, policy.max_age / 2);
}

// RFC 8461 §3.2: nobody must be able to publish a policy by putting a page there.
bool is_text(std::string_view content_type) {
    const std::size_t end = std::min(content_type.find(';'), content_type.size());
    std::string_view type = content_type.substr(0, end);
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    return base::iequals(type, "text/plain");
}

}  // namespace

StsPolicies::StsPolicies(dns::Resolver& resolver, https::Fetcher* fetcher, storage::Store& store,
                         services::EventLog& log, TlsResults& results, std::function<std::int64_t()> now)
    : resolver_(resolver), fetcher_(fetcher), store_(store), log_(log), results_(results), now_(std::move(now)) {}

asio::awaitable<std::optional<sts::Policy>> StsPolicies::policy_of(dns::Party party, std::string domain,
                                                                   Options options) {
    if (fetcher_ == nullptr) co_return std::nullopt;
    const storage::Result<std::optional<storage::StsPolicy>> kept =
        co_await store_.read(storage::find_sts_policy(domain));
    if (!kept) throw std::runtime_error(kept.error().text);
    const std::int64_t now = now_();
    const std::optional<sts::Policy> known = valid(*kept, now);
    const std::optional<std::string> id = co_await look_up_id(party, domain);
    if (!id || (known && (*kept)->id == *id && !is_due(**kept, *known, now))) co_return known;
    if (is_out_of_reach(domain)) co_return known;
    std::optional<sts::Policy> renewed = co_await renew(std::move(party), domain, *id, options);
    if (renewed) co_return renewed;
    co_return known;
}

bool StsPolicies::is_out_of_reach(const std::string& domain) const {
    const auto failed = failed_.find(domain);
    return failed != failed_.end() && now_() < failed->second;
}

// nullopt: there is none, or it cannot be told.
asio::awaitable<std::optional<std::string>> StsPolicies::look_up_id(dns::Party party, std::string domain) {
    const dns::RawAnswer raw =
        co_await resolver_.follow_up({std::move(party)}, "_mta-sts." + domain, dns::RecordType::txt);
    const dns::Answer<dns::Txt> answer = dns::parse_answer<dns::Txt>(raw);
    std::vector<std::string> texts;
    if (const auto* found = std::get_if<dns::Found<dns::Txt>>(&answer)) {
        for (const dns::Txt& txt : found->records) texts.push_back(txt.text);
    }
    co_return sts::find_record(texts);
}

asio::awaitable<std::optional<sts::Policy>> StsPolicies::renew(dns::Party party, std::string domain, std::string id,
                                                               Options options) {
    const https::Outcome outcome = co_await fetch(std::move(party), domain, std::move(options));
    const std::int64_t now = now_();
    if (!outcome) {
        const bool untrusted = outcome.error().fault == https::Fault::tls;
        failed(domain, untrusted ? "sts-webpki-invalid" : "sts-policy-fetch-error", outcome.error().text);
        co_return std::nullopt;
    }
    if (outcome->status != 200) {
        failed(domain, "sts-policy-fetch-error", "the policy host answers " + std::to_string(outcome->status));
        co_return std::nullopt;
    }
    const std::optional<sts::Policy> policy =
        is_text(outcome->header("content-type")) ? sts::parse_policy(outcome->body) : std::nullopt;
    if (!policy) {
        failed(domain, "sts-policy-invalid", "what the policy host gives is no policy");
        co_return std::nullopt;
    }
    failed_.erase(domain);
    const auto written = co_await store_.write(storage::put_sts_policy({.domain = domain,
                                                                        .id = std::move(id),
                                                                        .text = outcome->body,
                                                                        .fetched_at = now,
                                                                        .expires_at = now + policy->max_age},
                                                                       now));
    if (!written) throw std::runtime_error(written.error().text);
    log_.write(services::Level::info, "queue", "", "sts-policy",
               {{"domain", domain}, {"policy", sts::render_policy(*policy)}});
    co_return policy;
}

asio::awaitable<https::Outcome> StsPolicies::fetch(dns::Party party, std::string domain, Options options) {
    const std::string host = "mta-sts." + domain;
    const dns::Answer<asio::ip::address> answer = co_await resolver_.addresses({party}, host);
    std::vector<asio::ip::address> addresses;
    if (const auto* found = std::get_if<dns::Found<asio::ip::address>>(&answer)) addresses = found->records;
    // The DNS may lead into our own network.
    std::erase_if(addresses, [&](const asio::ip::address& address) { return !takes_found(address, *options); });
    if (addresses.empty()) {
        const std::string* why = dns::why_not(answer);
        co_return std::unexpected(https::Failure{
            .fault = https::Fault::no_address, .text = host + " has no address" + (why != nullptr ? ": " + *why : "")});
    }
    https::Request request{.url = "https://" + host + "/.well-known/mta-sts.txt"};
    request.max_octets = sts::most_policy_octets;
    request.connect_timeout = std::min<std::chrono::milliseconds>(connect_timeout, options->connect_timeout);
    request.timeout = std::min(fetch_timeout, options->timeouts.command);
    request.trusted = options->trusted;
    request.addresses = std::move(addresses);
    request.party = std::move(party);
    co_return co_await fetcher_->fetch(std::move(request));
}

void StsPolicies::failed(const std::string& domain, const std::string& result_type, const std::string& why) {
    const std::int64_t now = now_();
    if (failed_.size() >= most_failed) failed_.clear();
    failed_[domain] = now + fetch_again_after;
    results_.count({domain, "sts", result_type, ""}, now);
    log_.write(services::Level::info, "queue", "", "sts-policy-failed",
               {{"domain", domain}, {"result", result_type}, {"reason", why}});
}

}  // namespace server::queue
