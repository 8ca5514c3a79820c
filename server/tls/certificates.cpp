// Loads certificates from files or the store into the TLS contexts.
#include "server/tls/certificates.h"

#include <fmt/format.h>

#include <algorithm>
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

// IANA has registered no name for SMTP; these two are in use.
const std::vector<std::string> smtp_alpn{"smtp", "esmtp"};
const std::vector<std::string> web_alpn{"h2", "http/1.1", "http/1.0"};

bool is_for(const net::Certificate& certificate, const std::string& name) {
    const std::vector<std::string> names = net::read_certificate(certificate.cert_pem).names;
    return std::ranges::find(names, name) != names.end();
}

// Checks both files; the exception names the key of the config and the faulty file.
void check_files(const net::Certificate& certificate, const CertificateFiles& files) {
    try {
        net::read_certificate(certificate.cert_pem);
    } catch (const std::exception& error) {
        throw std::runtime_error("tls.certificate: " + files.certificate.native() +
                                 ": no certificate in it (PEM): " + error.what());
    }
    try {
        const net::TlsContext trial(net::ServerTlsOptions{.certificates = {certificate}});
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
      self_signed_(files.certificate.empty()),
      own_certificate_(load(files)),
      smtp_(for_smtp({own_certificate_})),
      submission_(options_for({own_certificate_}, smtp_alpn)),
      imap_(options_for({own_certificate_}, {"imap"})),
      pop3_(options_for({own_certificate_}, {"pop3"})),
      web_(options_for({own_certificate_}, web_alpn)) {
    tell(net::read_certificate(current().cert_pem));
}

net::ServerTlsOptions Certificates::options_for(const Chains& chains, std::vector<std::string> alpn) {
    net::ServerTlsOptions options;
    options.certificates = chains;
    options.alpn = std::move(alpn);
    options.choose = [this](std::string_view name, std::string_view protocol) {
        return protocol.empty() ? std::nullopt : challenges_.find(name);
    };
    return options;
}

net::ServerTlsOptions Certificates::for_smtp(const Chains& chains) {
    net::ServerTlsOptions options = options_for(chains, smtp_alpn);
    options.session_tickets = false;
    return options;
}

void Certificates::reload(const CertificateFiles& files) {
    net::Certificate fresh = load(files);
    Chains obtained;
    {
        const locking::Lock lock(mutex_);
        obtained = obtained_;
    }
    self_signed_ = files.certificate.empty();
    show(std::move(fresh), std::move(obtained));
    tell(net::read_certificate(current().cert_pem));
}

void Certificates::show_obtained(Chains obtained) {
    net::Certificate own;
    {
        const locking::Lock lock(mutex_);
        own = own_certificate_;
    }
    show(std::move(own), std::move(obtained));
}

Certificates::Chains Certificates::in_order(const net::Certificate& own, const Chains& obtained) const {
    Chains all{own};
    all.insert(all.end(), obtained.begin(), obtained.end());
    if (!self_signed_) return all;
    const auto is_ours = [this](const net::Certificate& one) { return is_for(one, hostname_); };
    if (std::ranges::any_of(obtained, is_ours)) all.erase(all.begin());
    std::ranges::partition(all, is_ours);
    return all;
}

void Certificates::show(net::Certificate own, Chains obtained) {
    const Chains all = in_order(own, obtained);
    smtp_.replace(for_smtp(all));  // throws before anything is changed
    submission_.replace(options_for(all, smtp_alpn));
    imap_.replace(options_for(all, {"imap"}));
    pop3_.replace(options_for(all, {"pop3"}));
    web_.replace(options_for(all, web_alpn));
    const locking::Lock lock(mutex_);
    own_certificate_ = std::move(own);
    obtained_ = std::move(obtained);
}

net::Certificate Certificates::current() const {
    const locking::Lock lock(mutex_);
    return in_order(own_certificate_, obtained_).front();
}

asio::awaitable<bool> Certificates::look_after() {
    net::Certificate own;
    Chains obtained;
    {
        const locking::Lock lock(mutex_);
        own = own_certificate_;
        obtained = obtained_;
    }
    for (const net::Certificate& shown : in_order(own, obtained)) {
        const net::CertificateFacts facts = net::read_certificate(shown.cert_pem);
        const bool is_renewed_here = self_signed_ && shown.cert_pem == own.cert_pem;
        if (!is_renewed_here && seconds_left(facts) < warning_before) tell(facts);
    }
    if (!self_signed_ || seconds_left(net::read_certificate(own.cert_pem)) > renewal_before) {
        show(std::move(own), std::move(obtained));  // with new keys
        co_return false;
    }
    net::Certificate fresh = net::make_self_signed({hostname_});
    const net::CertificateFacts fresh_facts = net::read_certificate(fresh.cert_pem);
    storage::Operation<std::monostate> put =
        storage::put_certificate({hostname_, fresh.cert_pem, fresh.key_pem, fresh_facts.not_after});
    const storage::Result<std::monostate> stored = co_await store_.write(std::move(put));
    if (!stored) throw std::runtime_error("the certificate cannot be stored: " + stored.error().text);
    show(std::move(fresh), std::move(obtained));
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
