// Loads certificates from files or the store into the TLS contexts.
#include "server/tls/certificates.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "storage/certificates.h"
#include "storage/store_await.h"

namespace server::tls {

namespace {

constexpr std::int64_t day = 86'400;  // seconds
constexpr std::int64_t renewal_before = 30 * day;
constexpr std::int64_t warning_before = 14 * day;

// `key`: of the config, for the error.
std::string read_file(std::string_view key, const std::filesystem::path& file) {
    errno = 0;
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    if (!input || !(text << input.rdbuf())) {
        const std::string reason = errno == 0 ? "it is empty" : std::generic_category().message(errno);
        throw std::runtime_error(fmt::format("{}: {}: cannot be read: {}", key, file.native(), reason));
    }
    return text.str();
}

net::ServerTlsOptions options_for(const net::Certificate& certificate, std::vector<std::string> alpn) {
    net::ServerTlsOptions options;
    options.certificates = {certificate};
    options.alpn = std::move(alpn);
    return options;
}

// IANA has registered no name for SMTP; these two are in use.
net::ServerTlsOptions for_submission(const net::Certificate& certificate) {
    return options_for(certificate, {"smtp", "esmtp"});
}

net::ServerTlsOptions for_smtp(const net::Certificate& certificate) {
    net::ServerTlsOptions options = for_submission(certificate);
    options.session_tickets = false;
    return options;
}

net::ServerTlsOptions for_imap(const net::Certificate& certificate) { return options_for(certificate, {"imap"}); }

net::ServerTlsOptions for_pop3(const net::Certificate& certificate) { return options_for(certificate, {"pop3"}); }

// Checks both files; the exception names the key of the config and the faulty file.
void check_files(const net::Certificate& certificate, const CertificateFiles& files) {
    try {
        net::read_certificate(certificate.cert_pem);
    } catch (const std::exception& error) {
        throw std::runtime_error("tls.certificate: " + files.certificate.native() +
                                 ": no certificate in it (PEM): " + error.what());
    }
    try {
        const net::TlsContext trial(options_for(certificate, {}));
    } catch (const std::exception& error) {
        throw std::runtime_error("tls.key: " + files.key.native() + ", the key of " + files.certificate.native() +
                                 ": " + error.what());
    }
}

}  // namespace

Certificates::Certificates(storage::Store& store, services::EventLog& log, std::string hostname,
                           const CertificateFiles& files, Clock now)
    : store_(store),
      log_(log),
      hostname_(std::move(hostname)),
      now_(std::move(now)),
      own_(files.certificate.empty()),
      certificate_(load(files)),
      smtp_(for_smtp(certificate_)),
      submission_(for_submission(certificate_)),
      imap_(for_imap(certificate_)),
      pop3_(for_pop3(certificate_)) {
    tell(net::read_certificate(current().cert_pem));
}

void Certificates::reload(const CertificateFiles& files) {
    net::Certificate fresh = load(files);
    own_ = files.certificate.empty();
    show(std::move(fresh));
    tell(net::read_certificate(current().cert_pem));
}

void Certificates::show(net::Certificate certificate) {
    smtp_.replace(for_smtp(certificate));  // throws before anything is changed
    submission_.replace(for_submission(certificate));
    imap_.replace(for_imap(certificate));
    pop3_.replace(for_pop3(certificate));
    const locking::Lock lock(mutex_);
    certificate_ = std::move(certificate);
}

net::Certificate Certificates::current() const {
    const locking::Lock lock(mutex_);
    return certificate_;
}

asio::awaitable<bool> Certificates::look_after() {
    const net::CertificateFacts facts = net::read_certificate(current().cert_pem);
    const std::int64_t left = seconds_left(facts);
    if (!own_ || left > renewal_before) {
        if (left < warning_before) tell(facts);
        show(current());  // with new keys
        co_return false;
    }
    net::Certificate fresh = net::make_self_signed({hostname_});
    const net::CertificateFacts fresh_facts = net::read_certificate(fresh.cert_pem);
    storage::Operation<std::monostate> put =
        storage::put_certificate({hostname_, fresh.cert_pem, fresh.key_pem, fresh_facts.not_after});
    const storage::Result<std::monostate> stored = co_await store_.write(std::move(put));
    if (!stored) throw std::runtime_error("the certificate cannot be stored: " + stored.error().text);
    show(std::move(fresh));
    tell(fresh_facts);
    co_return true;
}

net::Certificate Certificates::load(const CertificateFiles& files) {
    if (files.certificate.empty()) return self_signed();
    net::Certificate certificate{read_file("tls.certificate", files.certificate), read_file("tls.key", files.key)};
    check_files(certificate, files);
    return certificate;
}

net::Certificate Certificates::self_signed() {
    auto kept = store_.read_now(storage::find_certificate(hostname_));
    if (kept && kept->not_after - now_() > renewal_before) return {kept->certificate_pem, kept->key_pem};
    net::Certificate fresh = net::make_self_signed({hostname_});
    const std::int64_t not_after = net::read_certificate(fresh.cert_pem).not_after;
    const auto stored =
        store_.write_now(storage::put_certificate({hostname_, fresh.cert_pem, fresh.key_pem, not_after}));
    if (!stored) throw std::runtime_error("the certificate cannot be stored: " + stored.error().text);
    return fresh;
}

void Certificates::tell(const net::CertificateFacts& facts) const {
    const std::int64_t left = seconds_left(facts);
    const auto level = left <= 0               ? services::Level::error
                       : left < warning_before ? services::Level::warn
                                               : services::Level::info;
    log_.write(level, "tls", "", left <= 0 ? "certificate-expired" : "certificate",
               {{"name", facts.names.empty() ? "" : facts.names.front()},
                {"issuer", facts.issuer},
                {"days_left", left / day}});
}

}  // namespace server::tls
