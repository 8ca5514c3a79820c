// mailstead certificate list|renew|roll: what ACME obtains (server/acme). A running server looks for what is asked of
// it every ten seconds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/mime/date_time.h"
#include "protocols/net/tls.h"
#include "server/acme/keys.h"
#include "server/acme/renewal.h"
#include "server/acme/situation.h"
#include "server/acme_work.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "storage/acme.h"

namespace server::cli {

namespace {

std::vector<storage::AcmeCertificate> certificates_of(Context& context) {
    return value_of(context.store().read_now(storage::list_acme_certificates()));
}

std::string shown(std::int64_t time) { return mime::render_date_time({time, 0}); }

nlohmann::json to_json(const storage::AcmeCertificate& one) {
    nlohmann::json row{{"certificate", one.id},
                       {"names", one.names},
                       {"due_at", one.due_at},
                       {"failures", one.failures},
                       {"failure", one.failure}};
    if (one.failed_at != 0) row["failed_at"] = one.failed_at;
    if (!one.key_pem.empty()) row["tlsa"] = acme::tlsa_data(one.key_pem);
    if (!one.next_key_pem.empty()) row["next_tlsa"] = acme::tlsa_data(one.next_key_pem);
    if (one.certificate_pem.empty()) return row;
    const net::CertificateFacts facts = net::read_certificate(one.certificate_pem);
    row["issuer"] = facts.issuer;
    row["not_before"] = facts.not_before;
    row["not_after"] = facts.not_after;
    return row;
}

void print(std::ostream& out, const storage::AcmeCertificate& one) {
    out << one.id;
    if (one.names.empty()) out << "  (no longer wanted)";
    if (one.certificate_pem.empty()) {
        out << "  not obtained yet";
    } else {
        const net::CertificateFacts facts = net::read_certificate(one.certificate_pem);
        out << "  until " << shown(facts.not_after) << "  by " << facts.issuer;
        if (!one.names.empty()) {
            out << "  renewed about "
                << shown(acme::renewal_time({facts.not_before, facts.not_after}, std::nullopt, 0));
        }
    }
    out << '\n';
    if (!one.names.empty()) out << fmt::format("    for {}\n", fmt::join(one.names, " "));
    if (!one.failure.empty()) {
        out << "    failed " << counted(one.failures, "time", "times") << ", last " << shown(one.failed_at) << ": "
            << one.failure << "\n    tried again " << shown(one.due_at) << '\n';
    }
}

// As far as the config says; what else is missing is known to the server alone.
std::string why_none(Context& context) {
    const acme::Situation situation = keeper_options(context.config()).situation;
    if (situation.has_files) return ": [tls] names files";
    if (acme::is_switched_off(situation)) return ": [acme] directory is empty";
    const std::string missing = acme::what_is_missing(situation);
    return missing.empty() ? " yet: if the server runs, its log says why (event=no-certificate-by-itself)"
                           : ": " + missing;
}

void list_certificates(Context& context) {
    context.access = Access::read;
    nlohmann::json rows = nlohmann::json::array();
    const std::vector<storage::AcmeCertificate> all = certificates_of(context);
    if (all.empty()) context.console.err << "mailstead: no certificate comes by itself" << why_none(context) << '\n';
    for (const storage::AcmeCertificate& one : all) {
        if (context.json) {
            rows.push_back(to_json(one));
        } else {
            print(context.console.out, one);
        }
    }
    if (context.json) context.console.out << rows.dump(2) << '\n';
}

void renew(Context& context, const std::string& id) {
    const auto which = id.empty() ? std::nullopt : std::optional(id);
    const std::uint64_t count =
        change(context, storage::renew_acme_certificates(which, std::time(nullptr)), "certificate.renew", id);
    if (count == 0) {
        throw Failure(id.empty() ? "there is no certificate to renew (mailstead certificate list)"
                                 : "no certificate " + id + ", or it is being renewed (mailstead certificate list)");
    }
    if (context.json) {
        context.console.out << nlohmann::json{{"renewed", count}}.dump() << '\n';
    } else {
        context.console.out << counted(count, "certificate is", "certificates are")
                            << " renewed as soon as the server runs; how it went: mailstead certificate list\n";
    }
}

std::string next_tlsa_of(Context& context, const std::string& id) {
    for (const storage::AcmeCertificate& one : certificates_of(context)) {
        if (one.id == id && !one.next_key_pem.empty()) return acme::tlsa_data(one.next_key_pem);
    }
    return {};
}

// RFC 7671 §8.1: the next key's record stands beside the present one's before the key comes.
void announce(Context& context, const std::string& id) {
    std::string data = next_tlsa_of(context, id);
    if (data.empty()) {
        const std::string key = acme::make_key(id.ends_with("/rsa") ? acme::KeyKind::rsa : acme::KeyKind::ecdsa);
        change(context, storage::announce_acme_key(id, key), "certificate.roll", id);
        data = acme::tlsa_data(key);
    }
    if (context.json) {
        context.console.out << nlohmann::json{{"certificate", id}, {"next_tlsa", data}}.dump() << '\n';
        return;
    }
    context.console.out << "the next key of " << id << " is made. If you publish TLSA records, publish for each port\n"
                        << "    TLSA 3 1 1 " << data << "\n"
                        << "beside the present one (mailstead dns shows both), wait for twice its TTL, then: mailstead "
                           "certificate roll "
                        << id << " --switch\n";
}

void switch_key(Context& context, const std::string& id) {
    if (next_tlsa_of(context, id).empty()) {
        throw Failure("no next key of " + id + " is made: mailstead certificate roll " + id);
    }
    change(context, storage::switch_acme_key(id, std::time(nullptr)), "certificate.switch", id);
    if (context.json) {
        context.console.out << nlohmann::json{{"certificate", id}, {"switched", true}}.dump() << '\n';
    } else {
        context.console.out << "a certificate with the next key is obtained as soon as the server runs; once it is "
                               "shown, the old key's TLSA record can go\n";
    }
}

}  // namespace

void add_certificate_command(CLI::App& app, Context& context) {
    CLI::App* certificate =
        app.add_subcommand("certificate", "Certificates that come by themselves (ACME): list, renew, roll");
    certificate->require_subcommand(1);
    certificate->add_subcommand("list", "List them: names, expiry, issuer, next renewal, what failed last")
        ->callback([&context] { context.action = [&context] { list_certificates(context); }; });
    const auto id = std::make_shared<std::string>();
    CLI::App* renewal = certificate->add_subcommand("renew", "Renew one now, or all, with the keys that they have");
    renewal->add_option("certificate", *id, "As listed; none: all");
    renewal->callback([&context, id] { context.action = [&context, id] { renew(context, *id); }; });
    const auto at_once = std::make_shared<bool>(false);
    CLI::App* roll = certificate->add_subcommand(
        "roll", "Give one a new key: first it is made, to be announced (TLSA), then taken with --switch");
    roll->add_option("certificate", *id, "As listed")->required();
    roll->add_flag("--switch", *at_once, "Take the key that was made before");
    roll->callback([&context, id, at_once] {
        context.action = [&context, id, at_once] { *at_once ? switch_key(context, *id) : announce(context, *id); };
    });
}

}  // namespace server::cli
