// The choices: "-all" in SPF and p=quarantine in DMARC, since all mail of the domain goes through this server, which
// signs it: what is forged goes to Junk. What a mailing list has changed goes there at worst, where p=reject would lose
// it (RFC 7960). Encrypted ports alone are announced (RFC 8314 §4.1, §5.1).
#include "server/zone/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocols/mailauth/dkim_key.h"
#include "server/zone/dkim_keys.h"

namespace server::zone {

namespace {

// RFC 8461 §5 (modes), §8.3.
const char* purpose_of(sts::Mode mode) {
    switch (mode) {
        case sts::Mode::enforce:
            return "mail to the domain is sent by TLS alone";
        case sts::Mode::testing:
            return "who could not send to the domain by TLS reports it, and sends all the same";
        case sts::Mode::none:
            return "takes back that mail is sent by TLS alone; remove it and mta-sts after a week";
    }
    return "";
}

class Zone {
  public:
    explicit Zone(const Facts& facts) : facts_(facts), domain_(facts.domain), host_(facts.host) {}

    std::vector<Record> all() {
        if (domain_.empty()) {
            add_host();
            return std::move(records_);
        }
        add(domain_, Mx{10, host_}, "mail for the domain comes here");
        if (is_within(host_, domain_)) add_host();
        // A host's own record serves where the domain is the host.
        if (host_ != domain_) add(domain_, Text{"v=spf1 mx -all"}, "who may send as the domain: this server alone");
        for (const storage::DkimKey& key : facts_.keys) add_key(key);
        add("_dmarc." + domain_, Text{"v=DMARC1; p=quarantine; rua=mailto:postmaster@" + domain_},
            "forged mail of the domain goes to Junk; reports to postmaster");
        add_policy();
        add_services();
        return std::move(records_);
    }

  private:
    void add(std::string name, Data data, std::string purpose) {
        records_.push_back({.name = std::move(name), .data = std::move(data), .purpose = std::move(purpose)});
    }

    void add_host() {
        for (const std::string& address : facts_.addresses) add(host_, Address{address}, "where this server is");
        const bool is_domain = host_ == domain_;
        add(host_, Text{is_domain ? "v=spf1 a mx -all" : "v=spf1 a -all"}, "the name that it greets with");
        if (!facts_.certificate_key.empty()) {
            add("_25._tcp." + host_, Tlsa{3, 1, 1, facts_.certificate_key},
                "its key, for senders with DANE; of use only if the zone is signed (DNSSEC)");
        }
        if (!facts_.next_certificate_key.empty()) {
            add("_25._tcp." + host_, Tlsa{3, 1, 1, facts_.next_certificate_key},
                "the key that it will have next: both stand there until it has");
        }
        for (const std::string& authority : facts_.authorities) {
            add(host_, Caa{"issue", authority}, "who may issue its certificate");
        }
    }

    void add_key(const storage::DkimKey& key) {
        if (key.state == storage::DkimState::withdrawn) return;
        const char* purpose = key.state == storage::DkimState::published ? "the next key that signs"
                              : key.state == storage::DkimState::signing ? "the key that signs"
                                                                         : "the key that signed until lately";
        add(key_name(key, domain_), Text{mailauth::key_record(algorithm_of(key.algorithm), key.public_key)}, purpose);
    }

    void add_policy() {
        if (!facts_.sts_id.empty()) {
            add("_mta-sts." + domain_, Text{"v=STSv1; id=" + facts_.sts_id}, purpose_of(facts_.sts_mode));
            add("mta-sts." + domain_, Cname{host_}, "where that policy is read");
        }
        add("_smtp._tls." + domain_, Text{"v=TLSRPTv1; rua=mailto:postmaster@" + domain_},
            "who could not send by TLS reports it to postmaster");
    }

    // RFC 6186 §3; priorities say what a mail program should prefer.
    void add_service(const char* service, std::uint16_t priority, std::uint16_t port, const char* purpose) {
        add(fmt::format("_{}._tcp.{}", service, domain_), port == 0 ? Srv{} : Srv{priority, 1, port, host_},
            port == 0 ? "not offered" : purpose);
    }

    void add_services() {
        add_service("submissions", 0, facts_.doors.submissions, "mail programs: sending");
        add_service("submission", 10, facts_.doors.submission, "mail programs: sending, with STARTTLS");
        add_service("imaps", 0, facts_.doors.imaps, "mail programs: reading");
        add_service("pop3s", 10, facts_.doors.pop3s, "mail programs: fetching");
        add_service("imap", 0, 0, "");
        add_service("pop3", 0, 0, "");
        if (!facts_.doors.https) return;
        add("autoconfig." + domain_, Cname{host_}, "Thunderbird finds its settings");
        add("autodiscover." + domain_, Cname{host_}, "Outlook finds its settings");
    }

    const Facts& facts_;
    const std::string& domain_;
    const std::string& host_;
    std::vector<Record> records_;
};

}  // namespace

bool is_within(std::string_view name, std::string_view domain) {
    if (!name.ends_with(domain)) return false;
    return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

std::string key_name(const storage::DkimKey& key, const std::string& domain) {
    return key.selector + "._domainkey." + domain;
}

std::vector<Record> records_of(const Facts& facts) { return Zone(facts).all(); }

}  // namespace server::zone
