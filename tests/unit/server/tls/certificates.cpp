// Certificates: errors name the file; one near its end is reported daily; a self-signed one is made again. With a fake
// clock.
#include "server/tls/certificates.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>

#include "storage/certificates.h"
#include "tests/unit/server/temporary_house.h"

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
                           certificates.pop3().state()};
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
