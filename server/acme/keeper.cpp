// One round: is it on, which certificates are wanted, which of them are due.
#include "server/acme/keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <stdexcept>
#include <utility>
#include <variant>

#include "protocols/dns/resolver.h"
#include "protocols/mime/date_time.h"
#include "server/acme/keys.h"
#include "server/acme/renewal.h"
#include "storage/domains.h"
#include "storage/store_await.h"

namespace server::acme {

namespace {

using services::Level;
using std::chrono::seconds;

constexpr seconds round_interval{10};       // somebody may have asked for a renewal, or added a domain
constexpr seconds situation_interval{600};  // while something is missing
constexpr std::int64_t domains_interval = 3'600;
constexpr std::int64_t lease_seconds = 900;
// Those of which a domain's clients and peers ask (RFC 8461 §3.2, autoconfig, autodiscover).
constexpr std::string_view domain_names[] = {"mta-sts", "autoconfig", "autodiscover"};

Situation without_dot_at_the_end(Situation situation) {
    if (situation.hostname.ends_with('.')) situation.hostname.pop_back();
    return situation;
}

KeeperOptions normal(KeeperOptions options) {
    options.situation = without_dot_at_the_end(std::move(options.situation));
    return options;
}

AuthorityOptions authority_options(const KeeperOptions& options) {
    return {.directory = options.situation.directory, .trusted = options.trusted, .email = options.email};
}

template <class Address>
bool add(const dns::Answer<Address>& answer, std::set<asio::ip::address>& into) {
    if (const auto* found = std::get_if<dns::Found<Address>>(&answer)) {
        into.insert(found->records.begin(), found->records.end());
    }
    return !std::holds_alternative<dns::Bogus>(answer) && !std::holds_alternative<dns::Unavailable>(answer);
}

bool covers(const std::vector<std::string>& has, const std::vector<std::string>& names) {
    return std::ranges::all_of(names,
                               [&](const std::string& name) { return std::ranges::find(has, name) != has.end(); });
}

}  // namespace

// FNV-1a: not for secrets.
double chance_of(std::string_view text) {
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
    return static_cast<double>(hash >> 40) / static_cast<double>(1U << 24);
}

Keeper::Keeper(KeeperServices services, KeeperOptions options)
    : services_(std::move(services)),
      options_(normal(std::move(options))),
      answers_(services_.store, services_.certificates.challenges(), services_.hook),
      authority_(services_.fetcher, services_.dns, services_.store, authority_options(options_), services_.now) {}

void Keeper::show_kept() {
    if (is_switched_off(options_.situation)) return;
    const auto kept = services_.store.read_now(storage::list_acme_certificates());
    if (kept) show(*kept);
}

asio::awaitable<void> Keeper::show() {
    const std::vector<storage::AcmeCertificate> kept = co_await all();
    show(kept);
}

// One that cannot be used does not keep the others from being shown.
void Keeper::show(const std::vector<storage::AcmeCertificate>& all) {
    std::vector<net::Certificate> chains;
    for (const storage::AcmeCertificate& one : all) {
        if (one.certificate_pem.empty()) continue;
        net::Certificate chain{.cert_pem = one.certificate_pem, .key_pem = one.key_pem};
        try {
            const net::TlsContext trial(net::ServerTlsOptions{.certificates = {chain}});
            chains.push_back(std::move(chain));
        } catch (const std::exception& error) {
            services_.log.write(Level::error, "acme", "", "unusable",
                                {{"certificate", one.id}, {"reason", error.what()}});
        }
    }
    services_.certificates.show_obtained(std::move(chains));
}

asio::awaitable<std::vector<storage::AcmeCertificate>> Keeper::all() {
    storage::Result<std::vector<storage::AcmeCertificate>> kept =
        co_await services_.store.read(storage::list_acme_certificates());
    if (!kept) throw std::runtime_error(kept.error().text);
    co_return std::move(*kept);
}

asio::awaitable<void> Keeper::write(storage::Operation<std::monostate> operation) {
    const storage::Result<std::monostate> done = co_await services_.store.write(std::move(operation));
    if (!done) throw std::runtime_error(done.error().text);
}

asio::awaitable<seconds> Keeper::run() {
    if (is_switched_off(options_.situation)) co_return std::chrono::hours(24);
    const bool on = co_await is_on();
    if (!on) co_return situation_interval;
    if (!begun_) {
        co_await write(storage::release_acme_leases(options_.situation.hostname, services_.now()));
        co_await want({{options_.situation.hostname, {options_.situation.hostname}}});
        begun_ = true;
    } else {
        co_await look_at_domains();
    }
    co_await answers_.refresh(services_.now());
    const storage::Result<std::vector<std::string>> due =
        co_await services_.store.read(storage::due_acme_certificates(services_.now()));
    if (!due) throw std::runtime_error(due.error().text);
    for (const std::string& id : *due) {
        if (stopping_) break;
        co_await take_care(id);
    }
    co_return domains_ ? round_interval : seconds(0);
}

void Keeper::stop() {
    stopping_ = true;
    if (pausing_ != nullptr) pausing_->cancel();
}

asio::awaitable<bool> Keeper::pause(seconds time) {
    if (stopping_) co_return false;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, time);
    std::error_code cancelled;
    pausing_ = &timer;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    pausing_ = nullptr;
    co_return !stopping_;
}

// The DNS is asked only if all else is there: a server for tests never asks it.
asio::awaitable<bool> Keeper::is_on() {
    if (on_) co_return true;
    std::string missing = what_is_missing(options_.situation);
    if (missing.empty() && !is_asked_for(options_.situation)) missing = co_await what_the_dns_lacks();
    on_ = missing.empty();
    if (on_) {
        const ChallengeTypes types = usable_types(options_.situation);
        services_.log.write(
            Level::info, "acme", "", "on",
            {{"directory", options_.situation.directory}, {"challenges", fmt::format("{}", fmt::join(types, ","))}});
    } else {
        tell_what_is_missing(std::move(missing));
    }
    co_return on_;
}

// Once, until it is something else.
void Keeper::tell_what_is_missing(std::string what) {
    if (what == missing_) return;
    missing_ = std::move(what);
    services_.log.write(Level::info, "acme", "", "no-certificate-by-itself", {{"reason", missing_}});
}

asio::awaitable<std::string> Keeper::what_the_dns_lacks() {
    const std::string& host = options_.situation.hostname;
    const std::optional<Addresses> found = co_await addresses_of(host);
    if (!found) co_return "the DNS does not answer for " + host;
    if (found->empty()) co_return "the DNS has no address for " + host;
    const std::vector<asio::ip::address> machine = services_.machine_addresses();
    for (const asio::ip::address& address : *found) {
        const bool is_ours = std::ranges::find(machine, address) != machine.end();
        if (is_ours && services_.is_public(address)) co_return std::string();
    }
    // Behind a translator of addresses: as an ACME server would see it.
    for (const asio::ip::address& address : *found) {
        if (!services_.is_public(address)) continue;
        const bool is_us = co_await services_.answers_at(host, address);
        if (is_us) co_return std::string();
    }
    co_return fmt::format("{} is at {} by the DNS, where this server does not answer at port 443", host,
                          found->begin()->to_string());
}

// nullopt: the DNS does not answer, or cannot be believed.
asio::awaitable<std::optional<Keeper::Addresses>> Keeper::addresses_of(std::string name) {
    const dns::Answer<asio::ip::address_v4> v4 = co_await services_.dns.a(name);
    const dns::Answer<asio::ip::address_v6> v6 = co_await services_.dns.aaaa(name);
    Addresses addresses;
    const bool first = add(v4, addresses);
    const bool second = add(v6, addresses);
    if (!(first && second) && addresses.empty()) co_return std::nullopt;
    co_return addresses;
}

// Where the host name leads is ours, too: a machine behind a translator does not know its address.
asio::awaitable<Keeper::Addresses> Keeper::our_addresses() {
    Addresses ours;
    for (const asio::ip::address& address : services_.machine_addresses()) ours.insert(address);
    const std::optional<Addresses> host = co_await addresses_of(options_.situation.hostname);
    if (host) ours.insert(host->begin(), host->end());
    co_return ours;
}

asio::awaitable<Keeper::Found> Keeper::leads_here(std::string name, const Addresses& ours) {
    const std::optional<Addresses> found = co_await addresses_of(std::move(name));
    if (!found) co_return Found::unknown;
    const bool here = std::ranges::any_of(*found, [&](const auto& address) { return ours.contains(address); });
    co_return here ? Found::here : Found::elsewhere;
}

// A name stays while the DNS does not say.
asio::awaitable<std::vector<std::string>> Keeper::names_of_domain(std::string domain, const Addresses& ours,
                                                                  std::vector<std::string> before) {
    std::vector<std::string> names;
    for (const std::string_view label : domain_names) {
        const std::string name = std::string(label) + "." + domain;
        const Found found = co_await leads_here(name, ours);
        const bool was_there = std::ranges::find(before, name) != before.end();
        if (found == Found::here || (found == Found::unknown && was_there)) names.push_back(name);
    }
    co_return names;
}

asio::awaitable<void> Keeper::look_at_domains() {
    const storage::Result<std::vector<std::string>> domains = co_await services_.store.read(storage::list_domains());
    if (!domains) throw std::runtime_error(domains.error().text);
    const std::int64_t now = services_.now();
    const bool is_fresh = now >= domains_seen_at_ && now - domains_seen_at_ < domains_interval;
    if (domains_ == *domains && is_fresh) co_return;
    const std::vector<storage::AcmeCertificate> kept = co_await all();
    const Addresses ours = co_await our_addresses();
    std::vector<storage::WantedCertificate> wanted{{options_.situation.hostname, {options_.situation.hostname}}};
    for (const std::string& name : *domains) {
        const std::string domain = dns::to_a_labels(name).value_or(name);
        if (domain == options_.situation.hostname) continue;
        if (!is_asked_for(options_.situation) && is_private_name(domain)) continue;
        const auto row = std::ranges::find(kept, domain, &storage::AcmeCertificate::id);
        std::vector<std::string> before = row == kept.end() ? std::vector<std::string>() : row->names;
        std::vector<std::string> names = co_await names_of_domain(domain, ours, std::move(before));
        if (!names.empty()) wanted.push_back({domain, std::move(names)});
        if (stopping_) co_return;
    }
    co_await want(std::move(wanted));
    domains_ = *domains;
    domains_seen_at_ = now;
}

std::vector<storage::WantedCertificate> Keeper::with_rsa(std::vector<storage::WantedCertificate> wanted) const {
    if (!options_.rsa) return wanted;
    const std::size_t count = wanted.size();
    for (std::size_t i = 0; i < count; ++i) wanted.push_back({wanted[i].id + "/rsa", wanted[i].names});
    return wanted;
}

// At the start the domains have not been looked at: what they had is still wanted.
asio::awaitable<void> Keeper::want(std::vector<storage::WantedCertificate> wanted) {
    const std::vector<storage::AcmeCertificate> kept = co_await all();
    wanted = with_rsa(std::move(wanted));
    std::vector<std::string> expired;
    for (const storage::AcmeCertificate& one : kept) {
        const bool is_known = std::ranges::find(wanted, one.id, &storage::WantedCertificate::id) != wanted.end();
        if (is_known) continue;
        if (!begun_ && !one.names.empty()) {
            wanted.push_back({one.id, one.names});
        } else if (one.certificate_pem.empty() ||
                   net::read_certificate(one.certificate_pem).not_after <= services_.now()) {
            expired.push_back(one.id);
        }
    }
    co_await write(storage::want_acme_certificates(std::move(wanted), services_.now()));
    if (!expired.empty()) co_await write(storage::forget_acme_certificates(std::move(expired)));
}

asio::awaitable<void> Keeper::take_care(std::string id) {
    const std::int64_t now = services_.now();
    storage::Operation<std::optional<storage::AcmeCertificate>> lease =
        storage::lease_acme_certificate(id, options_.situation.hostname, now, now + lease_seconds);
    storage::Result<std::optional<storage::AcmeCertificate>> leased = co_await services_.store.write(std::move(lease));
    if (!leased) throw std::runtime_error(leased.error().text);
    if (!*leased) co_return;  // another server is faster
    storage::AcmeCertificate certificate = std::move(**leased);
    const std::optional<std::int64_t> later = co_await not_before_due(certificate);
    if (later) {
        co_await write(storage::release_acme_certificate(std::move(certificate), *later));
    } else {
        co_await obtain(std::move(certificate));
    }
}

// When to look again; nullopt: it is to be obtained now.
asio::awaitable<std::optional<std::int64_t>> Keeper::not_before_due(const storage::AcmeCertificate& certificate) {
    if (certificate.certificate_pem.empty() || !certificate.order_url.empty() || certificate.failures > 0 ||
        certificate.switch_key) {
        co_return std::nullopt;
    }
    const net::CertificateFacts facts = net::read_certificate(certificate.certificate_pem);
    const std::int64_t now = services_.now();
    if (!covers(facts.names, certificate.names) || now >= facts.not_after) co_return std::nullopt;
    const Outcome<Authority::Window> asked =
        co_await authority_.renewal_window(renewal_id(certificate.certificate_pem));
    const auto window = asked ? asked->window : std::nullopt;
    const std::int64_t due = renewal_time({.not_before = facts.not_before, .not_after = facts.not_after}, window,
                                          chance_of(certificate.certificate_pem));
    if (due <= now) co_return std::nullopt;
    if (!window && asked) co_return due;  // the server offers none
    co_return std::min(due, now + window_counts_for(asked ? asked->retry_after : 0));
}

asio::awaitable<void> Keeper::obtain(storage::AcmeCertificate certificate) {
    OrderServices services{.authority = authority_,
                           .answers = answers_,
                           .store = services_.store,
                           .log = services_.log,
                           .now = services_.now,
                           .pause = [this](seconds time) { return pause(time); }};
    OrderRun run(std::move(services), usable_types(options_.situation), certificate);
    Outcome<Obtained> obtained = std::unexpected(Trouble{});
    try {
        obtained = co_await run.run();
    } catch (const std::exception& error) {
        obtained = std::unexpected(Trouble{.text = error.what()});
    }
    if (obtained) {
        co_await keep(std::move(certificate), std::move(*obtained));
    } else if (obtained.error().stopped || stopping_) {
        co_await write(storage::release_acme_certificate(std::move(certificate), services_.now()));
    } else {
        const bool keep_order = run.can_go_on() && obtained.error().type != "accountDoesNotExist";
        co_await fail(std::move(certificate), obtained.error(), keep_order);
    }
}

asio::awaitable<void> Keeper::keep(storage::AcmeCertificate certificate, Obtained obtained) {
    const net::CertificateFacts facts = net::read_certificate(obtained.chain_pem);
    const std::string id = certificate.id;
    // Looked at again soon: the server may have a wish when to renew it (RFC 9773 §4.3).
    co_await write(
        storage::end_acme_order(std::move(certificate), obtained.chain_pem, obtained.key_pem, services_.now()));
    co_await show();
    services_.log.write(Level::info, "acme", "", "obtained",
                        {{"certificate", id},
                         {"names", fmt::format("{}", fmt::join(facts.names, ","))},
                         {"issuer", facts.issuer},
                         {"until", mime::render_date_time({facts.not_after, 0})}});
}

asio::awaitable<void> Keeper::fail(storage::AcmeCertificate certificate, Trouble trouble, bool keep_order) {
    const std::int64_t now = services_.now();
    const std::int64_t wait = back_off({.failures = certificate.failures + 1,
                                        .retry_after = trouble.retry_after,
                                        .rate_limited = trouble.type == "rateLimited"},
                                       chance_of(certificate.id + std::to_string(certificate.failures)));
    services_.log.write(Level::warn, "acme", "", "failed",
                        {{"certificate", certificate.id}, {"reason", trouble.text}, {"again_in_seconds", wait}});
    co_await write(storage::fail_acme_order(std::move(certificate), trouble.text, keep_order, now, now + wait));
}

}  // namespace server::acme
