// A message judged while it comes in: by the whole of it, in pieces of any size, and within its time.
#include "server/delivery/intake/judge.h"

#include <doctest/doctest.h>

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "protocols/mailauth/dkim_signer.h"
#include "tests/unit/mailauth/dns_table.h"

using namespace server::delivery;

namespace {

constexpr std::int64_t judged_at = 1'700'000'000;

// A DNS that never answers about texts of names that have this in them, nor about addresses' names if it is told so.
class SilentSource : public DnsTable {
  public:
    explicit SilentSource(std::string silent = "", bool knows_addresses = true)
        : silent_(std::move(silent)), knows_addresses_(knows_addresses) {}

    asio::awaitable<dns::Answer<dns::Txt>> txt(std::string name) override {
        if (name.contains(silent_)) co_await never();
        co_return co_await DnsTable::txt(std::move(name));
    }
    asio::awaitable<dns::Answer<dns::Ptr>> ptr(asio::ip::address address) override {
        if (!knows_addresses_) co_await never();
        co_return co_await DnsTable::ptr(address);
    }

  private:
    static asio::awaitable<void> never() {
        asio::steady_timer end(co_await asio::this_coro::executor, std::chrono::hours(1));
        co_await end.async_wait(asio::use_awaitable);
    }
    const std::string silent_;
    const bool knows_addresses_;
};

Verdicts judged(const std::shared_ptr<dns::Source>& source, std::string_view section, std::string_view body,
                std::size_t piece = 1'000, std::chrono::steady_clock::duration patience = std::chrono::seconds(20)) {
    asio::io_context context;
    std::optional<Verdicts> verdicts;
    const auto run = [&]() -> asio::awaitable<void> {
        Judge judge(context.get_executor(),
                    std::make_shared<ClientInquiry>(context.get_executor(), source,
                                                    JudgedEnvelope{.client_address = "192.0.2.7",
                                                                   .client_name = "mx.crepes.fr",
                                                                   .reverse_path = "alice@crepes.fr",
                                                                   .hostname = "mail.hamburger.edu",
                                                                   .now = judged_at}),
                    judged_at, patience);
        judge.read_header(section);
        for (std::size_t at = 0; at < body.size(); at += piece) judge.feed(body.substr(at, piece));
        verdicts = co_await judge.finish();
        context.stop();
    };
    asio::co_spawn(context, run(), [](std::exception_ptr) {});
    context.run();
    return verdicts.value();
}

std::shared_ptr<DnsTable> dns_of_crepes() {
    auto table = std::make_shared<DnsTable>();
    table->add_txt("crepes.fr", "v=spf1 ip4:192.0.2.7 -all")
        .add_txt("_dmarc.crepes.fr", "v=DMARC1; p=reject")
        .add_ptr("192.0.2.7", "mx.crepes.fr")
        .add_address("mx.crepes.fr", "192.0.2.7");
    return table;
}

constexpr std::string_view judged_header =
    "From: Alice <alice@crepes.fr>\r\nSubject: pickles\r\nMessage-ID: <1@x>\r\n\r\n";

}  // namespace

TEST_CASE("a message is judged by its client, its signatures and its author") {
    const auto table = dns_of_crepes();
    const mailauth::KeyPair pair = mailauth::make_key(mailauth::KeyAlgorithm::ed25519);
    table->add_txt("s1._domainkey.crepes.fr", mailauth::key_record(mailauth::KeyAlgorithm::ed25519, pair.public_key));
    const std::string body = "Do you like ketchup?\r\n";
    mailauth::DkimSigner signer(judged_header);
    signer.feed(body);
    const auto key = mailauth::DkimPrivateKey::read(pair.private_key);
    REQUIRE(key.has_value());
    const mailauth::DkimSigningKey keys[] = {{*key, "crepes.fr", "s1"}};
    const std::string section = signer.finish(keys, judged_at) + std::string(judged_header);
    for (const std::size_t piece : {1, 7, 1'000}) {
        const Verdicts verdicts = judged(table, section, body, piece);
        CHECK(verdicts.spf.verdict == mailauth::SpfVerdict::pass);
        CHECK(verdicts.iprev.verdict == mailauth::IprevVerdict::pass);
        REQUIRE(verdicts.dkim.size() == 1);
        CHECK(verdicts.dkim[0].verdict == mailauth::DkimVerdict::pass);
        CHECK(verdicts.dmarc.verdict == mailauth::DmarcVerdict::pass);
        CHECK(verdicts.arc.status == mailauth::ChainStatus::none);
    }
    CHECK(judged(table, section, body + "x\r\n").dkim[0].verdict == mailauth::DkimVerdict::fail);
}

TEST_CASE("authors: each From and each address in it counts; none is a fault (RFC 9989 §11.5)") {
    const auto table = dns_of_crepes();
    table->add_txt("_dmarc.victim.test", "v=DMARC1; p=reject");
    for (const std::string from :
         {"From: a@crepes.fr, b@victim.test\r\n", "From: a@crepes.fr\r\nFrom: b@victim.test\r\n",
          "From: Team: a@crepes.fr, b@victim.test;\r\n"}) {
        const Verdicts verdicts = judged(table, from + "\r\n", "x");
        CHECK(verdicts.dmarc.verdict == mailauth::DmarcVerdict::fail);
        CHECK(verdicts.dmarc.policy == mailauth::DmarcPolicy::reject);
    }
    CHECK(judged(table, "Subject: x\r\n\r\n", "x").dmarc.verdict == mailauth::DmarcVerdict::permerror);
}

TEST_CASE("what the DNS does not tell in time is a temporary error") {
    const Verdicts verdicts =
        judged(std::make_shared<SilentSource>("", false), judged_header, "x", 1'000, std::chrono::milliseconds(10));
    CHECK(verdicts.spf.verdict == mailauth::SpfVerdict::temperror);
    CHECK(verdicts.spf.domain == "crepes.fr");
    CHECK(verdicts.iprev.verdict == mailauth::IprevVerdict::temperror);
    CHECK(verdicts.dmarc.verdict == mailauth::DmarcVerdict::temperror);
    CHECK(verdicts.dmarc.policy == mailauth::DmarcPolicy::none);
    CHECK(verdicts.dmarc.open == mailauth::DmarcPolicy::reject);
    CHECK(verdicts.dkim.empty());
    const std::string signed_one =
        "DKIM-Signature: v=1; a=ed25519-sha256; d=crepes.fr; s=s1; h=From; "
        "bh=s14J+iztnrytnRYzb7lhFG/jS/vrxWJnnahfijFMnco=; b=YQ==\r\n" +
        std::string(judged_header);
    const Verdicts open =
        judged(std::make_shared<SilentSource>(), signed_one, "x", 1'000, std::chrono::milliseconds(10));
    REQUIRE(open.dkim.size() == 1);
    CHECK(open.dkim[0].verdict == mailauth::DkimVerdict::temperror);
}

TEST_CASE("silent servers of the sender's own names keep no author's policy from being found") {
    const auto forged = [](bool knows_addresses, std::string_view section, std::string_view silent) {
        const auto table = std::make_shared<SilentSource>(std::string(silent), knows_addresses);
        table->add_txt("_dmarc.victim.test", "v=DMARC1; p=reject");
        return judged(table, section, "x", 1'000, std::chrono::seconds(1)).dmarc;
    };
    // The envelope's domain (SPF), the address's name (iprev), a signature's key.
    const std::string from = "From: a@victim.test\r\n";
    const std::string key =
        "DKIM-Signature: v=1; a=ed25519-sha256; d=silent.test; s=s; h=From; "
        "bh=s14J+iztnrytnRYzb7lhFG/jS/vrxWJnnahfijFMnco=; b=YQ==\r\n";
    for (const auto& [knows_addresses, section, silent] :
         {std::tuple(true, from, "crepes.fr"), std::tuple(false, from, "nothing"),
          std::tuple(true, key + from, "s._domain"), std::tuple(false, key + from, "s.")}) {
        const mailauth::DmarcResult dmarc = forged(knows_addresses, section + "\r\n", silent);
        CHECK(dmarc.verdict == mailauth::DmarcVerdict::fail);
        CHECK(dmarc.policy == mailauth::DmarcPolicy::reject);
    }
    // One of several authors: nothing is known of the others then.
    const mailauth::DmarcResult two = forged(true, "From: a@silent.test, b@victim.test\r\n\r\n", "silent");
    CHECK(two.verdict == mailauth::DmarcVerdict::temperror);
    CHECK(two.open == mailauth::DmarcPolicy::reject);
}

TEST_CASE("a signature of the author's that was judged in time counts, whoever else has signed") {
    const auto table = std::make_shared<SilentSource>("silent.test");
    const mailauth::KeyPair pair = mailauth::make_key(mailauth::KeyAlgorithm::ed25519);
    table->add_txt("s1._domainkey.crepes.fr", mailauth::key_record(mailauth::KeyAlgorithm::ed25519, pair.public_key))
        .add_txt("crepes.fr", "v=spf1 -all")
        .add_txt("_dmarc.crepes.fr", "v=DMARC1; p=reject");
    mailauth::DkimSigner signer(judged_header);
    signer.feed("x\r\n");
    const auto key = mailauth::DkimPrivateKey::read(pair.private_key);
    REQUIRE(key.has_value());
    const mailauth::DkimSigningKey keys[] = {{*key, "silent.test", "s1"}, {*key, "crepes.fr", "s1"}};
    const std::string section = signer.finish(keys, judged_at) + std::string(judged_header);
    const Verdicts verdicts = judged(table, section, "x\r\n", 1'000, std::chrono::seconds(1));
    CHECK(verdicts.dmarc.verdict == mailauth::DmarcVerdict::pass);
    REQUIRE(verdicts.dkim.size() == 2);
    for (const mailauth::DkimResult& one : verdicts.dkim) {
        CHECK(one.verdict ==
              (one.domain == "crepes.fr" ? mailauth::DkimVerdict::pass : mailauth::DkimVerdict::temperror));
    }
}

TEST_CASE("an author is not hidden behind any number of others") {
    const auto table = dns_of_crepes();
    table->add_txt("_dmarc.victim.test", "v=DMARC1; p=reject");
    std::string from = "From: a@crepes.fr";
    for (int i = 0; i < 500; ++i) from += ",\r\n a@crepes.fr";
    const Verdicts verdicts = judged(table, from + ", b@victim.test\r\n\r\n", "x");
    CHECK(verdicts.dmarc.policy == mailauth::DmarcPolicy::reject);
    from = "From: a@crepes.fr";
    for (int i = 0; i < 500; ++i) from += ",\r\n a@crepes" + std::to_string(i) + ".fr";
    CHECK(judged(table, from + "\r\n\r\n", "x").dmarc.policy == mailauth::DmarcPolicy::quarantine);
}

TEST_CASE("a From that no grammar knows is judged by the domains that a reader may see in it") {
    const auto table = dns_of_crepes();
    table->add_txt("_dmarc.victim.test", "v=DMARC1; p=reject");
    const auto judged_from = [&](const std::string& from) {
        return judged(table, "From: " + from + "\r\n\r\n", "x").dmarc;
    };
    for (const std::string& from :
         {std::string("=?utf-8?q?b=40victim.test?="), std::string("b@victim.test\0", 14),
          std::string("b@victim.test <>"), std::string("b@[victim.test]"), std::string("b@ [Victim.test;")}) {
        CAPTURE(from);
        CHECK(judged_from(from).policy == mailauth::DmarcPolicy::reject);
    }
    // Where there is an address, what is written beside it is a name.
    CHECK(judged_from("\"b@victim.test\" <alice@crepes.fr>").verdict == mailauth::DmarcVerdict::pass);
    CHECK(judged_from("=?utf-8?q?b=40victim.test?= <alice@crepes.fr>").verdict == mailauth::DmarcVerdict::pass);
    CHECK(judged_from("b@localhost <>").verdict == mailauth::DmarcVerdict::permerror);
    CHECK(judged_from("a@[192.0.2.1]").verdict == mailauth::DmarcVerdict::permerror);
}

TEST_CASE("what a header will need is asked ahead, while the body comes") {
    const auto table = dns_of_crepes();
    asio::io_context context;
    const auto client = std::make_shared<ClientInquiry>(
        context.get_executor(), table,
        JudgedEnvelope{.client_address = "192.0.2.7", .reverse_path = "alice@crepes.fr", .now = judged_at});
    Judge judge(context.get_executor(), client, judged_at, std::chrono::seconds(20));
    const mailauth::KeyPair pair = mailauth::make_key(mailauth::KeyAlgorithm::ed25519);
    mailauth::DkimSigner signer(judged_header);
    const auto key = mailauth::DkimPrivateKey::read(pair.private_key);
    REQUIRE(key.has_value());
    const mailauth::DkimSigningKey keys[] = {{*key, "crepes.fr", "s1"}, {*key, "crepes.fr", "s1"}};
    judge.read_header(signer.finish(keys, judged_at) + std::string(judged_header));
    context.run();
    CHECK(std::ranges::count(table->questions, "TXT s1._domainkey.crepes.fr") == 1);
    CHECK(std::ranges::count(table->questions, "TXT _dmarc.crepes.fr") == 1);
}

TEST_CASE("a result as the trace has it") {
    CHECK(to_line({.method = "dkim",
                   .result = "pass",
                   .properties = {{.type = "header", .name = "d", .value = "crepes.fr"}},
                   .comment = "2048-bit key"}) == "dkim=pass header.d=crepes.fr (2048-bit key)");
}
