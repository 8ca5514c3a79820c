// Files or the store, into the contexts of the doors.
#include "server/tls/certificates.h"

#include <ctime>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "storage/certificates.h"
#include "storage/store.h"

namespace server::tls {

namespace {

constexpr std::int64_t day = 86'400;  // seconds
constexpr std::int64_t renewal_before = 30 * day;
constexpr std::int64_t warning_before = 14 * day;

std::string read_file(const std::filesystem::path& file) {
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    if (!input || !(text << input.rdbuf())) throw std::runtime_error(file.native() + ": cannot be read");
    return text.str();
}

net::ServerTlsOptions options_for(const net::Certificate& certificate, bool session_tickets,
                                  std::vector<std::string> alpn = {}) {
    net::ServerTlsOptions options;
    options.certificates = {certificate};
    options.session_tickets = session_tickets;
    options.alpn = std::move(alpn);
    return options;
}

}  // namespace

Certificates::Certificates(storage::Store& store, services::EventLog& log, std::string hostname,
                           const CertificateFiles& files)
    : store_(store),
      log_(log),
      hostname_(std::move(hostname)),
      certificate_(load(files)),
      doors_(options_for(certificate_, true)),
      smtp_(options_for(certificate_, false)),
      web_(options_for(certificate_, true, {"http/1.1"})) {
    tell(certificate_);
}

void Certificates::reload(const CertificateFiles& files) {
    net::Certificate fresh = load(files);
    doors_.replace(options_for(fresh, true));  // throws before anything has changed
    smtp_.replace(options_for(fresh, false));
    web_.replace(options_for(fresh, true, {"http/1.1"}));
    certificate_ = std::move(fresh);
    tell(certificate_);
}

net::Certificate Certificates::load(const CertificateFiles& files) {
    if (files.certificate.empty()) return self_signed();
    return {read_file(files.certificate), read_file(files.key)};
}

net::Certificate Certificates::self_signed() {
    auto kept = store_.read_now(storage::find_certificate(hostname_));
    if (kept && kept->not_after - std::time(nullptr) > renewal_before) {
        return {kept->certificate_pem, kept->key_pem};
    }
    net::Certificate fresh = net::make_self_signed({hostname_});
    const std::int64_t not_after = net::read_certificate(fresh.cert_pem).not_after;
    const auto stored =
        store_.write_now(storage::put_certificate({hostname_, fresh.cert_pem, fresh.key_pem, not_after}));
    if (!stored) throw std::runtime_error("the certificate cannot be stored: " + stored.error().text);
    return fresh;
}

void Certificates::tell(const net::Certificate& certificate) const {
    const net::CertificateFacts facts = net::read_certificate(certificate.cert_pem);
    const std::int64_t left = facts.not_after - std::time(nullptr);
    const auto level = left < warning_before ? services::Level::warn : services::Level::info;
    log_.write(level, "tls", "", "certificate",
               {{"name", facts.names.empty() ? "" : facts.names.front()},
                {"issuer", facts.issuer},
                {"days_left", std::to_string(left / day)}});
}

}  // namespace server::tls
