#include "server/cli/dns_facts.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>

#include "protocols/dns/resolver.h"
#include "protocols/net/tls.h"
#include "protocols/sts/policy.h"
#include "server/acme/keys.h"
#include "server/acme/situation.h"
#include "server/options.h"
#include "server/queue/destinations.h"
#include "server/zone/dkim_keys.h"
#include "storage/acme.h"
#include "storage/certificates.h"
#include "storage/dkim_keys.h"
#include "storage/domains.h"
#include "storage/normal_names.h"

namespace server::cli {

namespace {

// Port 0 is any free one, in tests: the standard one is shown.
std::uint16_t port_of(const Endpoints& door, std::uint16_t standard) {
    if (door.empty()) return 0;
    return door.front().port == 0 ? standard : door.front().port;
}

void add_once(std::vector<std::string>& addresses, std::string address) {
    if (std::ranges::count(addresses, address) == 0) addresses.push_back(std::move(address));
}

std::vector<std::string> own_addresses(const Config& config) {
    std::vector<std::string> addresses;
    bool everywhere = false;
    for (const Endpoint& endpoint : config.listen.smtp) {
        const asio::ip::address address = asio::ip::make_address(endpoint.address);
        everywhere = everywhere || address.is_unspecified();
        if (!address.is_unspecified()) add_once(addresses, address.to_string());
    }
    if (!everywhere) return addresses;
    for (const asio::ip::address& address : queue::addresses_of_this_machine()) {
        if (queue::is_public(address)) add_once(addresses, address.to_string());
    }
    return addresses;
}

// By ACME; empty fields: nothing.
storage::AcmeCertificate obtained_for(Context& context, const std::string& host) {
    for (storage::AcmeCertificate& one : value_of(context.store().read_now(storage::list_acme_certificates()))) {
        if (one.id == host) return std::move(one);
    }
    return {};
}

// PEM; empty: there is none yet, or it cannot be read.
std::string certificate_of(Context& context, const Config& config, const std::string& host) {
    if (config.tls.certificate.empty()) {
        storage::AcmeCertificate obtained = obtained_for(context, host);
        if (!obtained.certificate_pem.empty()) return std::move(obtained.certificate_pem);
        const auto kept = context.store().read_now(storage::find_certificate(host));
        return kept ? kept->certificate_pem : std::string();
    }
    std::ifstream file(config.tls.certificate, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        context.console.err << "mailstead: " << config.tls.certificate.native()
                            << " cannot be read: its key's record (TLSA) is left out" << std::endl;
    }
    return text.str();
}

// For domains of a store of an older Mailstead. The running server may be quicker.
std::vector<storage::DkimKey> make_first_key(Context& context, const std::string& domain) {
    context.opened.reset();
    context.access = Access::change;
    storage::DkimKey key =
        zone::new_dkim_key(domain, storage::DkimAlgorithm::rsa,
                           value_of(context.store().read_now(storage::list_dkim_keys(domain))), std::time(nullptr));
    key.state = storage::DkimState::signing;
    const auto added = context.store().write_now(storage::add_first_dkim_key(std::move(key)));
    if (!added && added.error().reason != storage::Reason::already_exists) throw Failure(added.error().text);
    return value_of(context.store().read_now(storage::list_dkim_keys(domain)));
}

std::vector<storage::DkimKey> keys_in_use(Context& context, const std::string& domain) {
    const auto withdrawn = [](const storage::DkimKey& key) { return key.state == storage::DkimState::withdrawn; };
    std::vector<storage::DkimKey> keys = value_of(context.store().read_now(storage::list_dkim_keys(domain)));
    if (std::ranges::all_of(keys, withdrawn)) keys = make_first_key(context, domain);
    std::erase_if(keys, withdrawn);
    return keys;
}

// What is not in the DNS cannot stand in its records.
std::string public_name(const Config& config) {
    std::string host = hostname_of(config);
    if (host.contains('.')) return host;
    throw Failure("this server's name, \"" + host +
                  "\", is none of the DNS: set the whole one, hostname = \"mail.example.org\", in the config file (or "
                  "MAILSTEAD_HOSTNAME)");
}

}  // namespace

zone::Facts dns_facts(Context& context, const std::string& name, const std::vector<std::string>& addresses) {
    const Config config = context.config();
    zone::Facts facts;
    facts.host = public_name(config);
    facts.addresses = addresses.empty() ? own_addresses(config) : addresses;
    facts.doors = {.submission = port_of(config.listen.submission, 587),
                   .submissions = port_of(config.listen.submissions, 465),
                   .imaps = port_of(config.listen.imaps, 993),
                   .pop3s = port_of(config.listen.pop3s, 995),
                   .https = !config.listen.https.empty()};
    // Whoever brings a certificate, or names another directory, knows who issues it; else ours come from there.
    const bool elsewhere = !config.acme.directory.empty() && config.acme.directory != acme::public_directory;
    if (config.tls.certificate.empty() && !elsewhere) facts.authorities = {"letsencrypt.org"};

    context.access = Access::read;
    context.need_present_schema();
    const std::string domain = storage::normal_domain(name).value_or(name);
    const auto domains = value_of(context.store().read_now(storage::list_domains()));
    const bool is_ours = std::ranges::count(domains, domain) > 0;
    if (!is_ours && dns::to_a_labels(name) != facts.host) {
        throw Failure("neither a domain of ours nor this server's name: " + name);
    }
    if (is_ours) {
        facts.domain = dns::to_a_labels(domain).value_or(domain);
        facts.keys = keys_in_use(context, domain);
        // The web door serves the policy. Where nobody vouches for our certificate, nobody takes the policy either.
        facts.sts_mode = sts_mode_of(config);
        if (facts.doors.https) facts.sts_id = sts::policy_id(sts::own_policy(facts.host, facts.sts_mode));
    }
    const std::string certificate = certificate_of(context, config, facts.host);
    if (!certificate.empty()) facts.certificate_key = net::read_certificate(certificate).key_sha256;
    const std::string next_key = config.tls.certificate.empty() ? obtained_for(context, facts.host).next_key_pem : "";
    if (!next_key.empty()) facts.next_certificate_key = acme::public_key_hash(next_key);
    return facts;
}

}  // namespace server::cli
