// Certificates that ACME obtains: which are wanted, who works on one, and what becomes of its order and keys.
#include "storage/acme.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

AcmeCertificate certificate(TemporaryStore& house, const std::string& id) {
    for (AcmeCertificate& one : house.get(list_acme_certificates())) {
        if (one.id == id) return std::move(one);
    }
    return {};
}

AcmeCertificate leased(TemporaryStore& house, const std::string& id, std::int64_t now) {
    const auto one = house.run(lease_acme_certificate(id, "us", now, now + 600));
    REQUIRE(one);
    return *one;
}

Reason refusal(TemporaryStore& house, Operation<std::monostate> operation) {
    const auto result = house.store().write_now(std::move(operation));
    REQUIRE_FALSE(result);
    return result.error().reason;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("acme: what is wanted is due, again if its names change; what is not, waits to be forgotten") {
    TemporaryStore house;
    const WantedCertificate host{"mail.example.org", {"mail.example.org"}};
    const WantedCertificate domain{"example.org", {"mta-sts.example.org", "autoconfig.example.org"}};
    house.run(want_acme_certificates({host, domain}, 100));
    CHECK(house.get(due_acme_certificates(99)).empty());
    CHECK(house.get(due_acme_certificates(100)) == Strings{"example.org", "mail.example.org"});
    CHECK(certificate(house, "example.org").names == domain.names);
    house.run(end_acme_order(leased(house, "example.org", 100), "chain", "key", 900));
    house.run(end_acme_order(leased(house, "mail.example.org", 100), "chain", "key", 900));
    house.run(want_acme_certificates({host, domain}, 200));
    CHECK(house.get(due_acme_certificates(200)).empty());
    house.run(want_acme_certificates({host, {"example.org", {"mta-sts.example.org"}}}, 300));
    CHECK(house.get(due_acme_certificates(300)) == Strings{"example.org"});
    CHECK(certificate(house, "example.org").certificate_pem == "chain");  // until the next one is there
    house.run(want_acme_certificates({host}, 400));
    CHECK(house.get(due_acme_certificates(10'000)) == Strings{"mail.example.org"});
    CHECK(certificate(house, "example.org").certificate_pem == "chain");
    house.run(forget_acme_certificates({"example.org", "mail.example.org"}));
    CHECK(house.get(list_acme_certificates()).size() == 1);  // the other one is wanted
}

TEST_CASE("acme: one server at a time works on a certificate, another one after the lease's end") {
    TemporaryStore house;
    house.run(want_acme_certificates({{"a.example", {"a.example"}}}, 100));
    CHECK_FALSE(house.run(lease_acme_certificate("a.example", "us", 99, 700)));
    const AcmeCertificate ours = leased(house, "a.example", 100);
    CHECK(ours.holder == "us");
    CHECK(ours.due_at == 700);
    CHECK_FALSE(house.run(lease_acme_certificate("a.example", "them", 699, 1'300)));
    CHECK(house.run(renew_acme_certificates(std::nullopt, 200)) == 0);  // somebody does it already
    const auto theirs = house.run(lease_acme_certificate("a.example", "them", 700, 1'300));
    REQUIRE(theirs);
    CHECK(refusal(house, keep_acme_order(ours, "https://ca.example/order/1")) == Reason::conflict);
    CHECK(refusal(house, end_acme_order(ours, "chain", "key", 900)) == Reason::conflict);
    CHECK(refusal(house, fail_acme_order(ours, "why", false, 710, 900)) == Reason::conflict);
    CHECK(refusal(house, release_acme_certificate(ours, 900)) == Reason::conflict);
    house.run(release_acme_certificate(*theirs, 800));
    CHECK(house.get(due_acme_certificates(800)).size() == 1);
    leased(house, "a.example", 800);
    house.run(release_acme_leases("them", 810));
    CHECK(house.get(due_acme_certificates(810)).empty());
    house.run(release_acme_leases("us", 820));  // after a restart
    CHECK(house.get(due_acme_certificates(820)).size() == 1);
}

TEST_CASE("acme: what was put off by a clock that was wrong is due once it is right") {
    TemporaryStore house;
    const std::int64_t wrong = 1'000'000'000;
    house.run(want_acme_certificates({{"a.example", {"a.example"}}, {"b.example", {"b.example"}}}, wrong - 10'000'000));
    house.run(fail_acme_order(leased(house, "a.example", wrong), "why", false, wrong, wrong + 86'400));
    leased(house, "b.example", wrong);
    CHECK(house.get(due_acme_certificates(wrong)).empty());
    const std::int64_t right = wrong - 5'000'000;
    CHECK(house.get(due_acme_certificates(right)).size() == 2);
    leased(house, "a.example", right);
    leased(house, "b.example", right);
    CHECK(house.get(due_acme_certificates(right)).empty());
}

TEST_CASE("acme: an order is kept over a failure that does not end it, and gone with the certificate") {
    TemporaryStore house;
    house.run(want_acme_certificates({{"a.example", {"a.example"}}}, 100));
    AcmeCertificate one = leased(house, "a.example", 100);
    one.key_pem = "key";
    house.run(keep_acme_order(one, "https://ca.example/order/1"));
    house.run(fail_acme_order(one, "no answer", true, 110, 410));
    CHECK(certificate(house, "a.example").order_url == "https://ca.example/order/1");
    CHECK(certificate(house, "a.example").failure == "no answer");
    CHECK(certificate(house, "a.example").failed_at == 110);
    CHECK(house.get(due_acme_certificates(409)).empty());
    one = leased(house, "a.example", 410);
    CHECK(one.failures == 1);
    CHECK(one.key_pem == "key");
    house.run(fail_acme_order(one, "invalid", false, 420, 1'020));
    CHECK(certificate(house, "a.example").order_url.empty());
    CHECK(certificate(house, "a.example").failures == 2);
    CHECK(house.run(renew_acme_certificates("b.example", 500)) == 0);
    CHECK(house.run(renew_acme_certificates("a.example", 500)) == 1);
    one = leased(house, "a.example", 500);
    CHECK(one.failures == 0);
    CHECK(one.order_url == asked_acme_order);
    house.run(keep_acme_order(one, "https://ca.example/order/2"));
    house.run(end_acme_order(one, "chain", "key", 5'000));
    one = certificate(house, "a.example");
    CHECK(one.order_url.empty());
    CHECK(one.failure.empty());
    CHECK(one.certificate_pem == "chain");
    CHECK(one.due_at == 5'000);
    CHECK(one.holder.empty());
}

TEST_CASE("acme: a key that was announced comes with the next certificate once it is switched to (RFC 7671 §8)") {
    TemporaryStore house;
    house.run(want_acme_certificates({{"a.example", {"a.example"}}}, 100));
    house.run(end_acme_order(leased(house, "a.example", 100), "chain", "old", 5'000));
    CHECK(refusal(house, switch_acme_key("a.example", 200)) == Reason::no_such_domain);  // none is announced
    house.run(announce_acme_key("a.example", "new"));
    house.run(renew_acme_certificates("a.example", 200));
    house.run(end_acme_order(leased(house, "a.example", 200), "chain 2", "old", 5'000));
    CHECK(certificate(house, "a.example").next_key_pem == "new");
    house.run(switch_acme_key("a.example", 300));
    const AcmeCertificate one = leased(house, "a.example", 300);
    CHECK(one.switch_key);
    house.run(end_acme_order(one, "chain 3", "new", 5'000));
    CHECK(certificate(house, "a.example").key_pem == "new");
    CHECK(certificate(house, "a.example").next_key_pem.empty());
    CHECK_FALSE(certificate(house, "a.example").switch_key);
    CHECK(refusal(house, announce_acme_key("b.example", "new")) == Reason::no_such_domain);
}

TEST_CASE("acme: the account, and answers to challenges for their time") {
    TemporaryStore house;
    CHECK_FALSE(house.get(find_acme_account("https://ca.example/dir")));
    house.run(put_acme_account({"https://ca.example/dir", "", "key"}));
    house.run(put_acme_account({"https://ca.example/dir", "https://ca.example/account/1", "key"}));
    CHECK(house.get(find_acme_account("https://ca.example/dir"))->url == "https://ca.example/account/1");
    house.run(put_acme_challenge({"token", "a.example", "http-01", "token.thumbprint", 200}));
    house.run(put_acme_challenge({"other", "b.example", "dns-01", "other.thumbprint", 200}));
    CHECK(house.get(find_acme_answer("token", 199)) == "token.thumbprint");
    CHECK_FALSE(house.store().read_now(find_acme_answer("token", 200)));
    CHECK_FALSE(house.store().read_now(find_acme_answer("other", 100)));  // for another kind of challenge
    CHECK(house.get(list_acme_challenges()).size() == 2);
    house.run(remove_acme_challenge("token"));
    CHECK(house.get(list_acme_challenges()).at(0).name == "b.example");
}
