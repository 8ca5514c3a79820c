// Certificates from the first order to the renewal, and everything that can go wrong between, with a server and a clock
// of the test's own.
#include "server/acme/keeper.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/mailauth/dns_table.h"
#include "tests/unit/server/acme/fake_authority.h"
#include "tests/unit/server/temporary_house.h"

using namespace server::acme;
using acme_test::FakeAuthority;

namespace {

constexpr std::int64_t a_day = 86'400;

struct KeptHook final : Hook {
    std::vector<std::string> calls;
    std::optional<std::string> fault;
    asio::awaitable<std::optional<std::string>> run(std::string action, std::string name, std::string value) override {
        calls.push_back(action + " " + name + (value.size() == 43 ? "" : " wrong value"));
        co_return fault;
    }
    void stop() override {}
};

struct World {
    TemporaryHouse house;
    FakeAuthority authority;
    DnsTable dns;
    KeptHook hook;
    std::int64_t now = 1'800'000'000;
    server::tls::Certificates certificates{*house.store, house.log, "mail.crepes.fr", {}, [this] { return now; }};
    KeeperOptions options;
    std::unique_ptr<Keeper> keeper;
    std::vector<std::string> probed;
    bool answers = false;  // at the address that the DNS has

    World() {
        options.situation.directory = FakeAuthority::directory;
        options.situation.hostname = "mail.crepes.fr";
        options.situation.challenge = "http-01";
        options.situation.http = {{"127.0.0.1", 80}};
        options.situation.https = {{"127.0.0.1", 443}};
        options.situation.has_hook = true;
        dns.add_address("mail.crepes.fr", "127.0.0.1");
        authority.now = now;
    }

    // As after a restart.
    void start() {
        keeper = std::make_unique<Keeper>(
            KeeperServices{.store = *house.store,
                           .log = house.log,
                           .fetcher = authority,
                           .dns = dns,
                           .certificates = certificates,
                           .hook = &hook,
                           .now = [this] { return now; },
                           .machine_addresses = [] { return std::vector{asio::ip::make_address("127.0.0.1")}; },
                           .is_public = [](const asio::ip::address& address) { return !address.is_loopback(); },
                           .answers_at = [this](std::string, asio::ip::address where) -> asio::awaitable<bool> {
                               probed.push_back(where.to_string());
                               co_return answers;
                           }},
            options);
        keeper->show_kept();
    }
    // Rounds until nothing is to be done at once.
    void go_on() {
        if (!keeper) start();
        for (int i = 0; i < 5; ++i) house.await(keeper->run());
    }
    storage::AcmeCertificate row(const std::string& id = "mail.crepes.fr") {
        for (storage::AcmeCertificate& one : house.store->read_now(storage::list_acme_certificates()).value()) {
            if (one.id == id) return std::move(one);
        }
        return {};
    }
    std::vector<std::string> shown() { return net::read_certificate(certificates.current().cert_pem).names; }
    std::string issuer() { return net::read_certificate(certificates.current().cert_pem).issuer; }
    bool told(const std::string& beginning) {
        return std::ranges::any_of(house.log.lines,
                                   [&](const std::string& line) { return line.starts_with(beginning); });
    }
};

}  // namespace

TEST_CASE("acme keeper: the host name's certificate comes, and those of domains whose names lead here") {
    World world;
    world.dns.add_address("mta-sts.hamburger.edu", "127.0.0.1");
    world.dns.add_address("autoconfig.hamburger.edu", "198.51.100.7");  // elsewhere
    world.dns.add_cname("autodiscover.hamburger.edu", "mail.crepes.fr");
    std::vector<std::string> answers;
    world.authority.looks = [&](const std::string& name, const std::string& type, const std::string& token) {
        CHECK(type == "http-01");
        const auto answer = world.house.store->read_now(storage::find_acme_answer(token, world.now));
        answers.push_back(name);
        return answer && answer->starts_with(token + ".") && answer->size() == token.size() + 44;
    };
    world.go_on();
    CHECK(answers == std::vector<std::string>{"mail.crepes.fr", "mta-sts.hamburger.edu", "autodiscover.hamburger.edu"});
    CHECK(world.shown() == std::vector<std::string>{"mail.crepes.fr"});
    CHECK(world.issuer() == "Fake authority");
    CHECK(world.row("hamburger.edu").names ==
          std::vector<std::string>{"mta-sts.hamburger.edu", "autodiscover.hamburger.edu"});
    CHECK_FALSE(world.row("hamburger.edu").certificate_pem.empty());
    CHECK(world.house.store->read_now(storage::list_acme_challenges())->empty());
    CHECK(world.authority.count("/account") == 1);
    CHECK(world.authority.count("/new-order") == 2);
    CHECK(world.told("obtained certificate=mail.crepes.fr"));
    // After a restart they are shown at once.
    world.certificates.show_obtained({});
    CHECK(world.issuer() == "mail.crepes.fr");
    world.start();
    CHECK(world.issuer() == "Fake authority");
    world.go_on();
    CHECK(world.authority.count("/new-order") == 2);
}

TEST_CASE("acme keeper: names that do not lead here any more are dropped; those of which the DNS is silent stay") {
    World world;
    world.dns.add_address("mta-sts.hamburger.edu", "127.0.0.1").add_address("autoconfig.hamburger.edu", "127.0.0.1");
    world.go_on();
    CHECK(world.row("hamburger.edu").names.size() == 2);
    world.dns.fail("mta-sts.hamburger.edu");
    world.now += 3'601;
    world.go_on();
    CHECK(world.row("hamburger.edu").names.size() == 2);
    CHECK(world.authority.count("/new-order") == 2);
    DnsTable without;
    without.add_address("mail.crepes.fr", "127.0.0.1").add_address("mta-sts.hamburger.edu", "127.0.0.1");
    world.dns = without;
    world.now += 3'601;
    world.go_on();
    CHECK(world.row("hamburger.edu").names == std::vector<std::string>{"mta-sts.hamburger.edu"});
    world.dns = DnsTable().add_address("mail.crepes.fr", "127.0.0.1");
    world.now += 3'601;
    world.go_on();
    CHECK(world.row("hamburger.edu").names.empty());
    CHECK_FALSE(world.row("hamburger.edu").certificate_pem.empty());  // shown to its end
    world.now += 91 * a_day;
    world.go_on();
    CHECK(world.row("hamburger.edu").id.empty());
}

TEST_CASE("acme keeper: renewed at two thirds of the lifetime, with the same key") {
    World world;
    world.go_on();
    const storage::AcmeCertificate first = world.row();
    CHECK(first.due_at >= world.now + 60 * a_day);
    CHECK(first.due_at <= world.now + 63 * a_day);
    world.now = first.due_at - 1;
    world.go_on();
    CHECK(world.row().certificate_pem == first.certificate_pem);
    world.now = world.authority.now = first.due_at;
    world.go_on();
    CHECK(world.row().certificate_pem != first.certificate_pem);
    CHECK(world.row().key_pem == first.key_pem);
    CHECK(world.certificates.current().cert_pem == world.row().certificate_pem);
}

TEST_CASE("acme keeper: a renewal that is asked for comes at once; a key that was announced, when it is switched to") {
    World world;
    world.go_on();
    const storage::AcmeCertificate first = world.row();
    const std::string next = make_key(KeyKind::ecdsa);
    CHECK(world.house.store->write_now(storage::announce_acme_key("mail.crepes.fr", next)));
    CHECK(world.house.store->write_now(storage::renew_acme_certificates(std::nullopt, world.now)) == 1);
    world.go_on();
    CHECK(world.authority.count("/new-order") == 2);
    CHECK(world.row().key_pem == first.key_pem);
    CHECK(world.house.store->write_now(storage::switch_acme_key("mail.crepes.fr", world.now)));
    world.go_on();
    CHECK(world.authority.count("/new-order") == 3);
    CHECK(world.row().key_pem == next);
    CHECK(belongs_to(world.certificates.current().cert_pem, next));
    world.go_on();
    CHECK(world.authority.count("/new-order") == 3);
}

TEST_CASE("acme keeper: a challenge that fails is told, the old certificate stays, and the next kind is tried later") {
    World world;
    world.go_on();
    const std::string first = world.row().certificate_pem;
    world.options.situation.challenge = "auto";
    world.start();
    world.authority.challenge_error = "connection refused";
    world.now = world.authority.now = world.row().due_at;
    std::vector<std::string> types;
    world.authority.looks = [&](const std::string&, const std::string& type, const std::string&) {
        types.push_back(type);
        if (type == "tls-alpn-01") CHECK(world.certificates.challenges().find("mail.crepes.fr"));
        return true;
    };
    world.go_on();
    CHECK(types == std::vector<std::string>{"tls-alpn-01"});
    CHECK(world.row().failure == "mail.crepes.fr: tls-alpn-01: unauthorized: connection refused");
    CHECK(world.told("failed certificate=mail.crepes.fr reason=mail.crepes.fr: tls-alpn-01"));
    CHECK(world.row().failures == 1);
    CHECK(world.row().certificate_pem == first);
    CHECK(world.issuer() == "Fake authority");
    CHECK_FALSE(world.certificates.challenges().find("mail.crepes.fr"));
    world.now = world.row().due_at - 1;
    world.go_on();
    CHECK(types.size() == 1);
    for (int i = 0; i < 3; ++i) {
        world.now = world.row().due_at;
        world.go_on();
    }
    CHECK(types == std::vector<std::string>{"tls-alpn-01", "http-01", "dns-01", "tls-alpn-01"});
    CHECK(world.hook.calls ==
          std::vector<std::string>{"add _acme-challenge.mail.crepes.fr", "remove _acme-challenge.mail.crepes.fr"});
    world.authority.challenge_error.clear();
    world.now = world.authority.now = world.row().due_at;
    world.go_on();
    CHECK(world.row().certificate_pem != first);
    CHECK(world.row().failures == 0);
    CHECK(world.row().failure.empty());
}

TEST_CASE("acme keeper: a hook that fails is a reason") {
    World world;
    world.options.situation.challenge = "dns-01";
    world.hook.fault = "ended with status 3";
    world.go_on();
    CHECK(world.row().failure == "mail.crepes.fr: dns-01: ended with status 3");
    CHECK(world.hook.calls.size() == 2);  // what it may have done is undone
}

TEST_CASE("acme keeper: limits of the server are respected") {
    World world;
    world.authority.order_error = "rateLimited";
    world.authority.retry_after = "7200";
    world.go_on();
    CHECK(world.row().failure == "rateLimited: so it is");
    CHECK(world.row().due_at >= world.now + 7'200);
    world.now = world.row().due_at - 1;
    world.go_on();
    CHECK(world.authority.count("/new-order") == 1);
    world.authority.retry_after = "";
    world.now += 1;
    world.go_on();
    CHECK(world.row().due_at >= world.now + 3'600);
    CHECK(world.row().failures == 2);
}

TEST_CASE("acme keeper: a nonce that is not taken costs another round, not the order; endlessly many end it") {
    World world;
    world.authority.bad_nonces = 5;
    world.go_on();
    CHECK_FALSE(world.row().certificate_pem.empty());
    CHECK(world.row().failures == 0);
    World other;
    other.authority.bad_nonces = 1'000;
    other.go_on();
    CHECK(other.row().failure == "badNonce: so it is");
    CHECK(other.authority.count("/account") == 10);
}

TEST_CASE("acme keeper: an order goes on after a restart, with its key") {
    World world;
    world.authority.looks = [&](auto&&...) { return world.authority.unreachable = true; };
    world.go_on();
    CHECK(world.row().failure == "ca.example: nobody is there");
    const storage::AcmeCertificate begun = world.row();
    CHECK(begun.order_url == "https://ca.example/order/0");
    world.authority.unreachable = false;
    world.now = begun.due_at;
    world.start();
    world.go_on();
    CHECK(world.authority.count("/new-order") == 1);
    CHECK(world.told("order-goes-on"));
    CHECK(world.row().key_pem == begun.key_pem);
    CHECK_FALSE(world.row().certificate_pem.empty());
}

TEST_CASE("acme keeper: a server that looks before it is told, and takes the word amiss, ends no order") {
    World world;
    world.authority.looks_untold = true;
    world.go_on();
    CHECK(world.row().failure.empty());
    CHECK_FALSE(world.row().certificate_pem.empty());
}

TEST_CASE("acme keeper: what a server that was killed had in hand is taken up by its next start") {
    World world;
    world.go_on();
    CHECK(world.house.store->write_now(storage::renew_acme_certificates(std::nullopt, world.now)) == 1);
    CHECK(world.house.store->write_now(
        storage::lease_acme_certificate("mail.crepes.fr", "mail.crepes.fr", world.now, world.now + 900)));
    world.go_on();
    CHECK(world.authority.count("/new-order") == 1);  // somebody has it
    world.start();
    world.go_on();
    CHECK(world.authority.count("/new-order") == 2);
}

TEST_CASE("acme keeper: a clock that steps neither stops renewals nor repeats failures") {
    World world;
    world.go_on();
    world.authority.unreachable = true;
    const std::int64_t right = world.now;
    world.now += 3'650 * a_day;  // as if it had expired long ago
    world.go_on();
    CHECK(world.row().failures == 1);
    CHECK(world.row().due_at > world.now);
    world.authority.unreachable = false;
    world.now = right + 60;
    world.go_on();
    CHECK(world.row().failures == 0);
    CHECK(world.row().due_at > world.now + 50 * a_day);
    CHECK(world.authority.count("/new-order") == 2);
}

TEST_CASE("acme keeper: renewed when the server wishes it (RFC 9773), which hears what is replaced") {
    World world;
    world.authority.offers_renewal_info = true;
    world.authority.window = {"2027-02-01T00:00:00Z", "2027-02-02T00:00:00Z"};
    world.go_on();
    CHECK_FALSE(world.authority.orders.at(0).contains("replaces"));
    CHECK(world.authority.count("/renewal") == 1);
    CHECK(world.row().due_at == world.now + 6 * 3'600);  // asked again then
    world.now = world.row().due_at;
    world.go_on();
    CHECK(world.authority.count("/renewal") == 2);
    world.authority.window = {"2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"};  // in the past
    for (int i = 0; i < 3; ++i) {
        world.now = world.authority.now = world.row().due_at;
        world.go_on();
    }
    REQUIRE(world.authority.orders.size() == 2);  // not before a day has passed, and no third one
    CHECK(world.authority.orders[1].at("replaces").get<std::string>().find('.') != std::string::npos);
}

TEST_CASE("acme keeper: where something is missing nobody is asked, and it is told once") {
    World world;
    world.options.situation.directory = std::string(public_directory);
    world.options.situation.has_hook = false;
    world.go_on();
    CHECK(world.house.log.lines.back().starts_with("no-certificate-by-itself reason=no door can answer"));
    world.options.situation.challenge = "auto";
    world.options.situation.https = {{"0.0.0.0", 443}};
    world.options.situation.hostname = "mail.demo.test";
    world.start();
    world.go_on();
    CHECK(world.house.log.lines.back() ==
          "no-certificate-by-itself reason=hostname is \"mail.demo.test\", a name that no public authority knows");
    CHECK(world.dns.questions.empty());
    world.options.situation.hostname = "mail.crepes.fr";
    world.start();
    const std::size_t lines = world.house.log.lines.size();
    world.go_on();
    CHECK(world.house.log.lines.size() == lines + 1);
    CHECK(
        world.told("no-certificate-by-itself reason=mail.crepes.fr is at 127.0.0.1 by the DNS, where this server does "
                   "not answer"));
    CHECK(world.probed.empty());  // no public address
    CHECK(world.authority.requests.empty());
    world.options.situation.directory = "";
    world.start();
    world.go_on();
    CHECK(world.house.log.lines.size() == lines + 1);
    CHECK(world.authority.requests.empty());
}

TEST_CASE("acme keeper: behind a translator of addresses the server asks itself at the public one") {
    World world;
    world.options.situation.directory = std::string(public_directory);
    world.options.situation.challenge = "auto";
    world.options.situation.https = {{"0.0.0.0", 443}};
    world.dns = DnsTable().add_address("mail.crepes.fr", "192.0.2.1");
    world.go_on();
    CHECK(world.probed.front() == "192.0.2.1");
    CHECK(world.authority.requests.empty());
    world.answers = true;
    world.authority.unreachable = true;
    world.go_on();
    CHECK(world.told("on directory=https://acme-v02"));
}

TEST_CASE("acme keeper: the first key is the self-signed certificate's, so that its TLSA record stays true") {
    World world;
    const std::string key = world.certificates.current().key_pem;
    world.go_on();
    CHECK(world.issuer() == "Fake authority");
    CHECK(world.row().key_pem == key);
}

TEST_CASE("acme keeper: a domain's names are A-labels there") {
    World world;
    REQUIRE(world.house.store->write_now(storage::add_domain("b\u00fccher.example.ch", 1)));
    world.dns.add_address("mta-sts.xn--bcher-kva.example.ch", "127.0.0.1");
    world.go_on();
    CHECK(world.row("xn--bcher-kva.example.ch").names == std::vector<std::string>{"mta-sts.xn--bcher-kva.example.ch"});
}

TEST_CASE("acme keeper: an RSA certificate beside the other, if that is wished") {
    World world;
    world.options.rsa = true;
    world.go_on();
    CHECK_FALSE(world.row("mail.crepes.fr/rsa").certificate_pem.empty());
    CHECK(world.row("mail.crepes.fr/rsa").names == std::vector<std::string>{"mail.crepes.fr"});
    CHECK(world.authority.count("/new-order") == 2);
    CHECK(world.row("mail.crepes.fr/rsa").key_pem.size() > 3 * world.row().key_pem.size());
}
