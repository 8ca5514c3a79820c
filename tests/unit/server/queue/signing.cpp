// What is signed, by whom, and in which form: RFC 6376 §5. The peers' copies are verified.
#include "server/queue/signing.h"

#include <doctest/doctest.h>

#include "protocols/mailauth/dkim_verifier.h"
#include "protocols/mime/header_end.h"
#include "server/zone/dkim_keys.h"
#include "storage/dkim_keys.h"
#include "tests/unit/mailauth/dns_table.h"
#include "tests/unit/server/queue/queue_house.h"

using namespace queue_test;

namespace {

// A house whose domains have keys, and a DNS that has them.
struct SigningHouse : QueueHouse {
    DnsTable published;

    explicit SigningHouse(PeerBehaviour behaviour = {}) {
        address("there.test", 2);
        peer(2, std::move(behaviour));
        submitted = true;
        add_key("here.test", storage::DkimAlgorithm::rsa);
    }
    void add_key(const std::string& domain, storage::DkimAlgorithm algorithm) {
        (void)store->write_now(storage::add_domain(domain, 1));
        storage::DkimKey key = server::zone::new_dkim_key(domain, algorithm, {}, 1);
        key.state = storage::DkimState::signing;
        REQUIRE(store->write_now(storage::add_dkim_key(key)));
        published.add_txt(key.selector + "._domainkey." + domain,
                          mailauth::key_record(server::zone::algorithm_of(algorithm), key.public_key));
    }
    // The message as the peer got it, with these fields and this text.
    const TakenMessage& sent(const std::string& fields, const std::string& text = "hello",
                             const std::string& sender = "alice@here.test", std::int64_t account = 0) {
        const std::size_t before = last_peer().saw().taken.size();
        put({"x@there.test"}, "x\r\n" + fields + "\r\n" + text, sender, account);
        if (before == 0) start();
        until([&] { return last_peer().saw().taken.size() > before && queue_is_empty(); }, "it is sent");
        return last_peer().saw().taken.back();
    }
    // "here.test pass other.test fail": each signature of a message.
    std::string verdicts(const std::string& content) {
        const std::size_t end = mime::header_section_octets(content);
        const mailauth::HeaderFields fields(std::string_view(content).substr(0, end));
        mailauth::BodyHashes body;
        mailauth::DkimVerifier verifier(fields, body);
        body.feed(std::string_view(content).substr(end));
        body.finish();
        std::string words;
        for (const mailauth::DkimResult& result : ::run(verifier.finish(published, clock, body))) {
            words += (words.empty() ? "" : " ") + result.domain + " " + std::string(to_string(result.verdict));
        }
        return words;
    }
};

const std::string from_alice = "From: Alice <alice@here.test>\r\nTo: x@there.test\r\n";

}  // namespace

TEST_CASE("what our users send is signed by their domain, and passes; what is relayed is left as it is") {
    SigningHouse house;
    const TakenMessage& taken = house.sent(from_alice);
    CHECK(taken.content.starts_with("DKIM-Signature: "));
    CHECK(house.verdicts(taken.content) == "here.test pass");
    house.submitted = false;
    CHECK(house.verdicts(house.sent(from_alice).content).empty());
    // Every key that signs.
    house.submitted = true;
    house.add_key("here.test", storage::DkimAlgorithm::ed25519);
    house.clock += 11;  // keys are read again
    CHECK(house.verdicts(house.sent(from_alice).content) == "here.test pass here.test pass");
}

TEST_CASE("who signs: the author's domain, if the account may use it; else the reverse-path's; else nobody") {
    SigningHouse house;
    house.add_key("b.test", storage::DkimAlgorithm::ed25519);
    const auto signer = [&](const std::string& from, const std::string& sender, std::int64_t account = 0) {
        return house.verdicts(house.sent("From: " + from + "\r\n", "hello", sender, account).content);
    };
    CHECK(signer("bob@B.test", "alice@here.test") == "b.test pass");
    CHECK(signer("bob@elsewhere.test", "alice@here.test") == "here.test pass");
    CHECK(signer("bob@elsewhere.test", "carol@other.test").empty());
    CHECK(signer("mailer-daemon@mx.here.test", "") == "here.test pass");  // a notice, from the host's name
    CHECK(signer("x@mx.here.test", "", 1).empty());                       // but no user's name
    house.addresses.may_send = false;
    CHECK(signer("bob@b.test", "alice@here.test", 1) == "here.test pass");
    // Sent on under our own reverse-path.
    house.submitted = false;
    house.signing_domain = "b.test";
    house.prefix = "Delivered-To: list@b.test\r\n";
    const TakenMessage& forwarded = house.sent("From: carol@other.test\r\n", "caf\xc3\xa9");
    CHECK(house.verdicts(forwarded.content) == "b.test pass");
    CHECK(forwarded.content.contains("\r\nDelivered-To: list@b.test\r\n"));
    CHECK(forwarded.content.contains("caf\xc3\xa9"));
}

TEST_CASE("what is signed is encoded before, whatever this peer takes: 8-bit octets and lines that are too long") {
    SigningHouse house;
    for (const std::string& text : {std::string("caf\xc3\xa9"), std::string(2'000, 'a'), std::string("plain")}) {
        const TakenMessage& taken = house.sent(from_alice, text);
        CHECK(house.verdicts(taken.content) == "here.test pass");
        CHECK(taken.content.contains("quoted-printable") == (text != "plain"));
        CHECK_FALSE(taken.content.contains("\xc3"));
        CHECK_FALSE(taken.content.contains(std::string(999, 'a')));
    }
    // What somebody has signed before stays as it is.
    const TakenMessage& twice = house.sent("DKIM-Signature: v=1; d=other.test\r\n" + from_alice, "caf\xc3\xa9");
    CHECK(twice.content.contains("caf\xc3\xa9"));
    CHECK(house.verdicts(twice.content).starts_with("here.test pass"));
}

TEST_CASE("a message of many chunks, encoded and signed, with its size told rightly") {
    SigningHouse house({.ehlo = "250-peer\r\n250-8BITMIME\r\n250 SIZE 100000000"});
    std::string text;
    while (text.size() < 400'000) text += "na\xc3\xafve lines that go on \r\n";
    const TakenMessage& taken = house.sent(from_alice, text);
    CHECK(house.verdicts(taken.content) == "here.test pass");
    CHECK(taken.mail.contains("SIZE=" + std::to_string(taken.content.size())));
    text.clear();
    while (text.size() < 1'000'000) text += "\r\n\r\nab \r\n";
    CHECK(house.verdicts(house.sent(from_alice, text).content) == "here.test pass");
    // The client would correct these, and so break the signature.
    for (const char* bare : {"a\nb", "a\rb"}) CHECK(house.verdicts(house.sent(from_alice, bare).content).empty());
}

TEST_CASE("a message is signed once for its other next hops and attempts") {
    SigningHouse house;
    house.address("other.test", 3);
    house.peer(3);
    house.put({"x@there.test", "y@other.test"}, "x\r\n" + from_alice + "\r\nhello");
    house.start();
    house.until([&] { return house.queue_is_empty(); }, "both have it");
    const auto signature = [](const std::string& content) { return content.substr(0, content.find("\r\nSubject")); };
    for (const char* name : {"x@there.test", "y@other.test"}) CHECK(house.taken(name) == 1);
    CHECK(house.verdicts(house.last_peer().saw().taken.at(0).content) == "here.test pass");
    CHECK(signature(house.last_peer().saw().taken.at(0).content).starts_with("DKIM-Signature"));
}

TEST_CASE("what was found out about messages is kept for a while, and bounded") {
    QueueHouse house;
    std::int64_t now = 100;
    server::queue::Signing signing(*house.store, house.addresses, nullptr, [&] { return now; });
    for (std::int64_t id = 1; id <= 1'001; ++id) signing.remember({{id}}, {.fields = "f", .changes = {}});
    CHECK(signing.find({{1}}) == nullptr);
    REQUIRE(signing.find({{2}}) != nullptr);
    CHECK(signing.find({{2}})->fields == "f");
    now += 900;
    CHECK(signing.find({{1'001}}) == nullptr);
    signing.remember({{7}}, {.fields = "g", .changes = {}});
    CHECK(signing.find({{7}})->fields == "g");
    signing.remember({{8}}, {.fields = "", .changes = std::vector<mime::SevenBitScanner::Change>(101)});
    CHECK((signing.find({{8}}) == nullptr));
}

TEST_CASE("a header section in UTF-8 is encoded for a server without SMTPUTF8, and sent as it is to one with it") {
    for (const bool has_key : {true, false}) {
        SigningHouse house;
        const char* sender = has_key ? "alice@here.test" : "alice@elsewhere.test";
        const std::string fields = "From: J\xc3\xbcrgen <" + std::string(sender) + ">\r\n";
        house.smtputf8 = true;
        const TakenMessage& ascii = house.sent(fields, "hello", sender);
        CHECK(ascii.content.contains("From: =?"));
        CHECK_FALSE(ascii.content.contains("\xc3"));
        CHECK_FALSE(ascii.mail.contains("SMTPUTF8"));
        CHECK(house.verdicts(ascii.content) == (has_key ? "here.test pass" : ""));

        house.last_peer().does().ehlo = "250-peer\r\n250-8BITMIME\r\n250 SMTPUTF8";
        house.turn(std::chrono::milliseconds(2'200));  // another connection
        const TakenMessage& utf8 = house.sent(fields, "hello", sender);
        CHECK(utf8.content.contains("From: J\xc3\xbcrgen"));
        CHECK(utf8.mail.contains("SMTPUTF8"));
        CHECK(house.verdicts(utf8.content) == (has_key ? "here.test pass" : ""));
    }
    SigningHouse house;
    house.smtputf8 = true;
    house.put({"x@there.test"}, "x\r\nFrom: j\xc3\xbcrgen@here.test\r\n\r\nhello");
    house.start();
    house.until([&] { return house.log.final.size() == 1; }, "there is no way to send it");
    CHECK(house.log.final["x@there.test"] == std::vector<std::string>{"failed"});
}
