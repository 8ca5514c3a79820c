// Certificates: errors name the file; one near its end is reported daily; a self-signed one is made again. With a fake
// clock.
#include "server/tls/certificates.h"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>

#include "protocols/base/handle.h"
#include "protocols/net/tls_state.h"
#include "storage/certificates.h"
#include "tests/unit/server/temporary_house.h"

using base::Handle;
using server::tls::CertificateFiles;
using server::tls::Certificates;

namespace {

constexpr std::int64_t day = 86'400;

struct Shelf {
    TemporaryHouse house;
    std::filesystem::path directory;
    std::int64_t now = std::time(nullptr);

    Shelf() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mailstead-tls-XXXXXX").string();
        directory = mkdtemp(pattern.data());
    }
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;
    ~Shelf() { std::filesystem::remove_all(directory); }

    std::filesystem::path put(const char* name, const std::string& text) const {
        std::ofstream(directory / name) << text;
        return directory / name;
    }
    Certificates open(const CertificateFiles& files) {
        return {*house.store, house.log, "mail.example.org", files, [this] { return now; }};
    }
    std::string fault_of(const CertificateFiles& files) {
        try {
            open(files);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }
    std::size_t told() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            house.log.lines, [](const std::string& line) { return line.starts_with("certificate"); }));
    }
};

}  // namespace

TEST_CASE("what is wrong with the files of [tls] names the key and the file") {
    Shelf shelf;
    const net::Certificate one = net::make_self_signed({"mail.example.org"});
    const net::Certificate other = net::make_self_signed({"mail.example.org"});
    const auto certificate = shelf.put("mail.pem", one.cert_pem);
    const auto key = shelf.put("mail.key", one.key_pem);
    CHECK(shelf.fault_of({certificate, key}).empty());
    const auto rubbish = shelf.put("rubbish.pem", "no PEM at all\n");
    const struct {
        CertificateFiles files;
        std::string config_key;
        std::filesystem::path named;
    } rows[] = {{{shelf.directory / "missing.pem", key}, "tls.certificate", shelf.directory / "missing.pem"},
                {{certificate, shelf.directory / "missing.key"}, "tls.key", shelf.directory / "missing.key"},
                {{rubbish, key}, "tls.certificate", rubbish},
                {{certificate, rubbish}, "tls.key", rubbish},
                {{certificate, shelf.put("other.key", other.key_pem)}, "tls.key", shelf.directory / "other.key"}};
    for (const auto& row : rows) {
        const std::string fault = shelf.fault_of(row.files);
        CHECK_MESSAGE(fault.starts_with(row.config_key + ": " + row.named.string()), fault);
    }
}

TEST_CASE("a certificate near its end is told of at each daily look, one that is not is not") {
    Shelf shelf;
    const net::Certificate one = net::make_self_signed({"mail.example.org"});
    const std::int64_t not_after = net::read_certificate(one.cert_pem).not_after;
    Certificates certificates = shelf.open({shelf.put("mail.pem", one.cert_pem), shelf.put("mail.key", one.key_pem)});
    CHECK(shelf.told() == 1);  // at the start
    shelf.now = not_after - 15 * day;
    CHECK_FALSE(shelf.house.await(certificates.look_after()));
    CHECK(shelf.told() == 1);
    for (std::int64_t left = 13; left > 10; --left) {
        shelf.now = not_after - left * day;
        CHECK_FALSE(shelf.house.await(certificates.look_after()));
        CHECK(shelf.house.log.lines.back().ends_with("days_left=" + std::to_string(left)));
    }
    CHECK(shelf.told() == 4);
    shelf.now = not_after + day;
    shelf.house.await(certificates.look_after());
    CHECK(shelf.house.log.lines.back().starts_with("certificate-expired"));
}

TEST_CASE("the daily look makes new keys for session tickets, in settings of the same certificate") {
    Shelf shelf;
    Certificates certificates = shelf.open({});
    const auto contexts = [&] {
        return std::vector{certificates.smtp().state(), certificates.submission().state(), certificates.imap().state(),
                           certificates.pop3().state(), certificates.web().state()};
    };
    const std::string kept = certificates.current().cert_pem;
    const auto before = contexts();
    CHECK_FALSE(shelf.house.await(certificates.look_after()));
    const auto after = contexts();
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(before[i] != after[i]);
    CHECK(certificates.current().cert_pem == kept);
}

TEST_CASE("a self-signed certificate is made anew before its end, while the server runs") {
    Shelf shelf;
    Certificates certificates = shelf.open({});
    const std::string first = certificates.current().cert_pem;
    shelf.now = net::read_certificate(first).not_after - 31 * day;
    CHECK_FALSE(shelf.house.await(certificates.look_after()));
    CHECK(certificates.current().cert_pem == first);
    shelf.now += 2 * day;
    CHECK(shelf.house.await(certificates.look_after()));
    CHECK(certificates.current().cert_pem != first);
    const auto kept = shelf.house.store->read_now(storage::find_certificate("mail.example.org"));
    REQUIRE(kept);
    CHECK(kept->certificate_pem == certificates.current().cert_pem);
}

namespace {

// The names of the certificate that a client gets who asks for this name.
std::vector<std::string> shown_for(const net::TlsContext& certificates, const std::string& name, const char* alpn) {
    const std::shared_ptr<const net::TlsContext::State> state = certificates.state();
    const Handle<SSL_CTX, SSL_CTX_free> client_context(SSL_CTX_new(TLS_client_method()));
    const Handle<SSL, SSL_free> server(SSL_new(state->identities.front().context.get()));
    const Handle<SSL, SSL_free> client(SSL_new(client_context.get()));
    BIO* left = nullptr;
    BIO* right = nullptr;
    BIO_new_bio_pair(&left, 0, &right, 0);
    SSL_set_bio(server.get(), left, left);
    SSL_set_bio(client.get(), right, right);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    if (!name.empty()) SSL_set_tlsext_host_name(client.get(), name.c_str());
    const std::string wire = static_cast<char>(std::string(alpn).size()) + std::string(alpn);
    if (wire.size() > 1) {
        SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
    }
    for (int i = 0; i < 10 && !(SSL_is_init_finished(client.get()) && SSL_is_init_finished(server.get())); ++i) {
        SSL_do_handshake(client.get());
        SSL_do_handshake(server.get());
    }
    ERR_clear_error();
    const Handle<X509, X509_free> leaf(SSL_get1_peer_certificate(client.get()));
    if (!leaf || !SSL_is_init_finished(server.get())) return {};
    const Handle<BIO, BIO_free_all> text(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(text.get(), leaf.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return net::read_certificate({data, static_cast<std::size_t>(size)}).names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what ACME has obtained is shown by name, in place of the self-signed one") {
    Shelf shelf;
    Certificates certificates = shelf.open({});
    CHECK(shown_for(certificates.web(), "mail.example.org", "") == Names{"mail.example.org"});
    const net::Certificate host = net::make_self_signed({"mail.example.org", "also.example.org"});
    const net::Certificate policy = net::make_self_signed({"mta-sts.hamburger.edu"});
    certificates.show_obtained({policy, host});
    CHECK(certificates.current().cert_pem == host.cert_pem);
    CHECK(shown_for(certificates.web(), "MTA-STS.hamburger.edu", "") == Names{"mta-sts.hamburger.edu"});
    for (const char* name : {"mail.example.org", "other.example.org", ""}) {
        CHECK(shown_for(certificates.web(), name, "http/1.1").size() == 2);
    }
    CHECK(shown_for(certificates.web(), "mail.example.org", "imap").empty());  // refused: RFC 7301 §3.2
    shelf.house.await(certificates.look_after());
    CHECK(certificates.current().cert_pem == host.cert_pem);
    CHECK_THROWS(certificates.show_obtained({{"no certificate", host.key_pem}}));
    CHECK(certificates.current().cert_pem == host.cert_pem);
    certificates.show_obtained({policy});
    CHECK(certificates.current().cert_pem != host.cert_pem);
    CHECK(shown_for(certificates.web(), "", "") == Names{"mail.example.org"});
}

TEST_CASE("the files of [tls] come before what ACME has obtained for the same name") {
    Shelf shelf;
    const net::Certificate files = net::make_self_signed({"mail.example.org"});
    Certificates certificates =
        shelf.open({shelf.put("mail.pem", files.cert_pem), shelf.put("mail.key", files.key_pem)});
    certificates.show_obtained({net::make_self_signed({"mail.example.org", "b.example.org"})});
    CHECK(certificates.current().cert_pem == files.cert_pem);
    CHECK(shown_for(certificates.web(), "mail.example.org", "").size() == 1);
    CHECK(shown_for(certificates.web(), "b.example.org", "").size() == 2);
}

TEST_CASE("an obtained certificate near its end is told of") {
    Shelf shelf;
    Certificates certificates = shelf.open({});
    const net::Certificate policy = net::make_self_signed({"mta-sts.hamburger.edu"});
    certificates.show_obtained({policy});
    shelf.now = net::read_certificate(policy.cert_pem).not_after - 13 * day;
    shelf.house.await(certificates.look_after());
    CHECK(std::ranges::any_of(shelf.house.log.lines, [](const std::string& line) {
        return line.starts_with("certificate name=mta-sts.hamburger.edu") && line.ends_with("days_left=13");
    }));
}

TEST_CASE("a challenge's certificate is for clients who ask for its protocol and name (RFC 8737 §3)") {
    Shelf shelf;
    Certificates certificates = shelf.open({});
    const net::Certificate answer = net::make_self_signed({"mail.example.org", "the.answer"});
    CHECK(shown_for(certificates.web(), "mail.example.org", "acme-tls/1").empty());
    certificates.challenges().set({{"mail.example.org", answer}});
    CHECK(shown_for(certificates.web(), "mail.example.org", "acme-tls/1").size() == 2);
    CHECK(shown_for(certificates.imap(), "mail.example.org", "acme-tls/1").size() == 2);
    CHECK(shown_for(certificates.web(), "mail.example.org", "http/1.1").size() == 1);
    CHECK(shown_for(certificates.web(), "other.example.org", "acme-tls/1").empty());
    certificates.challenges().set({});
    CHECK(shown_for(certificates.web(), "mail.example.org", "acme-tls/1").empty());
}
