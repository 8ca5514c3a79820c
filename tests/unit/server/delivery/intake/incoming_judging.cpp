// What is found out about a message from outside stands in its header, and decides about it. RFC 8601 §5, RFC 9989.
#include <doctest/doctest.h>

#include "protocols/mime/summary.h"
#include "storage/domains.h"
#include "storage/lists.h"
#include "storage/trace.h"
#include "tests/unit/mailauth/dns_table.h"
#include "tests/unit/server/delivery/intake_desk.h"

using namespace server::delivery;

namespace {

constexpr std::string_view alices_header =
    "From: Alice <alice@crepes.fr>\r\nSubject: pickles\r\nMessage-ID: <1@crepes.fr>\r\n\r\n";

// From 192.0.2.7, which alone may send for crepes.fr; rejecting.test and junk.test have no server at all.
struct JudgingDesk : Desk {
    JudgingDesk() {
        const auto table = std::make_shared<DnsTable>();
        table->add_txt("crepes.fr", "v=spf1 ip4:192.0.2.7 -all")
            .add_txt("_dmarc.crepes.fr", "v=DMARC1; p=reject")
            .add_txt("rejecting.test", "v=spf1 -all")
            .add_txt("_dmarc.rejecting.test", "v=DMARC1; p=reject")
            .add_txt("_dmarc.junk.test", "v=DMARC1; p=quarantine");
        dns = table;
        configure({});
    }
    void configure(const PolicyOptions& policy) {
        intake.configure({.hostname = "mail.hamburger.edu",
                          .message_octets = 1'000'000,
                          .header_octets = 2'000,
                          .judge = true,
                          .policy = policy});
    }
    // Its story's facts of that name.
    std::vector<std::string> told(const std::string& word, const std::string& name) {
        std::vector<std::string> values;
        for (const auto& entry : house.store->read_now(storage::find_in_trace({.word = word})).value()) {
            for (const auto& fact : entry.story) {
                if (fact.name == name) values.push_back(fact.value);
            }
        }
        return values;
    }
    std::vector<storage::Mailbox> mailboxes(storage::AccountId account) {
        return house.store->read_now(storage::list_mailboxes(account)).value();
    }
};

std::string mail_of(const std::string& domain) {
    return "From: a@" + domain + "\r\nMessage-ID: <1@x>\r\n\r\nketchup\r\n";
}

}  // namespace

TEST_CASE("the verdicts stand behind Received, before all that came along; forged ones of our name go, others stay") {
    JudgingDesk desk;
    const std::string others = "Authentication-Results: mx.elsewhere.test; spf=fail\r\n";
    const std::string content = "Authentication-Results: mail.hamburger.edu; dmarc=pass header.from=bank.test\r\n" +
                                others + std::string(alices_header) + "Do you like ketchup?\r\n";
    for (const std::size_t n : {1, 7, 1'000}) {
        REQUIRE(desk.send(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}), content, n));
    }
    for (const std::string& stored : desk.house.inbox(desk.house.bob)) {
        CHECK(stored.starts_with("Return-Path: <alice@crepes.fr>\r\nReceived: "));
        const std::size_t ours = stored.find("\r\nAuthentication-Results: mail.hamburger.edu;");
        REQUIRE(ours != std::string::npos);
        const std::string behind = stored.substr(ours);
        CHECK(behind.contains("spf=pass"));
        CHECK(behind.contains("smtp.mailfrom=crepes.fr"));
        CHECK(behind.contains("dkim=none"));
        CHECK(behind.contains("dmarc=pass"));
        CHECK(behind.contains("header.from=crepes.fr"));
        CHECK(behind.contains("arc=none"));
        CHECK(behind.contains("iprev="));
        CHECK(behind.ends_with("\r\n" + others + std::string(alices_header) + "Do you like ketchup?\r\n"));
        CHECK_FALSE(stored.contains("bank.test"));
    }
    const std::vector<std::string> checks = desk.told("1@crepes.fr", "check");
    CHECK(std::ranges::any_of(checks, [](const std::string& one) { return one.starts_with("spf=pass"); }));
}

TEST_CASE("what the author's domain wants refused is refused, with words that say whose wish it is; the trace knows") {
    JudgingDesk desk;
    const auto refused = desk.send(desk.envelope("a@rejecting.test", {"bob@hamburger.edu"}), mail_of("rejecting.test"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == storage::Reason::not_permitted);
    CHECK(
        refused.error().text ==
        "This message fails DMARC (SPF fail, no DKIM signature), and rejecting.test, whose name is in From, wants such "
        "mail refused");
    CHECK(desk.house.inbox(desk.house.bob).empty());
    CHECK(desk.told("1@x", "refused") == std::vector{refused.error().text});
    CHECK_FALSE(desk.told("1@x", "check").empty());
    desk.configure({.enforce = false});
    CHECK(desk.send(desk.envelope("a@rejecting.test", {"bob@hamburger.edu"}), mail_of("rejecting.test")));
    CHECK(desk.house.inbox(desk.house.bob).at(0).contains("dmarc=fail"));
    CHECK(desk.told("1@x", "policy") == std::vector<std::string>{"DMARC is only observed"});
}

TEST_CASE("what cannot be judged yet comes again, and what is made here is not judged") {
    JudgingDesk desk;
    dynamic_cast<DnsTable&>(*desk.dns).fail("a.rejecting.test");
    auto envelope = desk.envelope("x@a.rejecting.test", {"bob@hamburger.edu"});
    const auto deferred = desk.send(envelope, mail_of("rejecting.test"));
    REQUIRE_FALSE(deferred);
    CHECK(deferred.error().reason == storage::Reason::unavailable);
    CHECK(deferred.error().text.starts_with("DMARC cannot be judged yet"));
    CHECK(desk.told("1@x", "refused") == std::vector{deferred.error().text});
    envelope.client_address.clear();
    REQUIRE(desk.send(envelope, mail_of("rejecting.test")));
    CHECK_FALSE(desk.house.inbox(desk.house.bob).at(0).contains("Authentication-Results"));
}

TEST_CASE(
    "a domain may observe what others enforce: its recipients get the message, and for the others it is Junk then") {
    JudgingDesk desk;
    REQUIRE(desk.house.store->write_now(storage::add_domain("pickles.test", desk.now)));
    REQUIRE(desk.house.store->write_now(storage::add_alias("carol@pickles.test", {"eve@hamburger.edu"})));
    REQUIRE(desk.house.store->write_now(storage::enforce_dmarc("Pickles.test", false)));
    const auto send = [&](const std::vector<std::string>& to) {
        return desk.send(desk.envelope("a@rejecting.test", to), mail_of("rejecting.test"));
    };
    CHECK_FALSE(send({"bob@hamburger.edu"}));
    CHECK_FALSE(send({"eve@hamburger.edu"}));
    CHECK(send({"carol@pickles.test"}));
    CHECK(desk.house.inbox(desk.house.eve).size() == 1);
    CHECK(send({"bob@hamburger.edu", "carol@pickles.test"}));
    CHECK(desk.house.inbox(desk.house.eve).size() == 2);
    CHECK(desk.house.inbox(desk.house.bob).empty());
    CHECK(desk.house.contents(desk.house.bob, "Junk").size() == 1);
    // The other way round.
    desk.configure({.enforce = false});
    REQUIRE(desk.house.store->write_now(storage::enforce_dmarc("pickles.test", true)));
    CHECK_FALSE(send({"carol@pickles.test"}));
    CHECK(send({"bob@hamburger.edu"}));
    REQUIRE(desk.house.store->write_now(storage::enforce_dmarc("pickles.test", std::nullopt)));
    CHECK(send({"carol@pickles.test"}));
    CHECK_FALSE(desk.house.store->write_now(storage::enforce_dmarc("nowhere.test", true)));
}

TEST_CASE("mail of a list that an account has filed before reaches its INBOX, if the list's own domain sends it") {
    JudgingDesk desk;
    const auto table = std::dynamic_pointer_cast<DnsTable>(desk.dns);
    table->add_txt("lists.test", "v=spf1 ip4:192.0.2.7 -all").add_txt("evil.test", "v=spf1 ip4:192.0.2.7 -all");
    const auto send = [&](const std::string& sender, const std::string& author, const std::vector<std::string>& to) {
        return desk.send(desk.envelope(sender, to), "List-Id: Cooks <Cooks.lists.test>\r\n" + mail_of(author));
    };
    const std::vector<std::string> bob{"bob@hamburger.edu"};
    CHECK_FALSE(send("bounces@lists.test", "rejecting.test", bob));
    REQUIRE(send("bounces@lists.test", "plain.test", bob));
    const auto move = [&](const std::string& from, const std::string& to) {
        const auto source = desk.house.store->read_now(storage::find_mailbox(desk.house.bob, from)).value();
        REQUIRE(desk.house.store->write_now(
            storage::move_messages({source.id, desk.house.bob}, storage::UidSet::all(), to, 1)));
    };
    REQUIRE(desk.house.store->write_now(storage::create_mailbox(desk.house.bob, "Cooks")));
    move("INBOX", "Cooks");
    CHECK(send("bounces@lists.test", "rejecting.test", bob));
    CHECK(send("bounces@lists.test", "junk.test", bob));
    CHECK(desk.house.inbox(desk.house.bob).size() == 2);
    CHECK_FALSE(send("a@evil.test", "rejecting.test", bob));
    CHECK_FALSE(send("bounces@lists.test", "rejecting.test", {"eve@hamburger.edu"}));
    CHECK(send("bounces@lists.test", "rejecting.test", {"bob@hamburger.edu", "eve@hamburger.edu"}));
    CHECK(desk.house.inbox(desk.house.bob).size() == 3);
    CHECK(desk.house.inbox(desk.house.eve).empty());
    CHECK(desk.house.contents(desk.house.eve, "Junk").size() == 1);
    // Thrown into Junk, it counts no more.
    move("Cooks", "Junk");
    CHECK_FALSE(send("bounces@lists.test", "rejecting.test", bob));
}

TEST_CASE("what should be quarantined goes to Junk, which is made if it is missing, and taken whatever its name") {
    JudgingDesk desk;
    const auto send = [&](const std::string& to) {
        REQUIRE(desk.send(desk.envelope("a@junk.test", {to}), mail_of("junk.test")));
    };
    send("bob@hamburger.edu");
    CHECK(desk.house.contents(desk.house.bob, "Junk").size() == 1);
    const auto bobs = desk.mailboxes(desk.house.bob);
    const auto made = std::ranges::find(bobs, "Junk", &storage::Mailbox::name);
    REQUIRE(made != bobs.end());
    CHECK(made->special_use == storage::SpecialUse::junk);
    REQUIRE(desk.house.store->write_now(storage::rename_mailbox(desk.house.bob, "Junk", "Spam", 1)));
    send("bob@hamburger.edu");
    CHECK(desk.house.contents(desk.house.bob, "Spam").size() == 2);
    REQUIRE(desk.house.store->write_now(storage::delete_mailbox(desk.house.bob, "Spam")));
    send("bob@hamburger.edu");
    CHECK(desk.house.contents(desk.house.bob, "Junk").size() == 1);
    CHECK(desk.house.inbox(desk.house.bob).empty());
    CHECK(desk.told("1@x", "junk").size() == 3);
}

TEST_CASE("a body larger than a chunk waits in the store for what stands before it, and is whole") {
    JudgingDesk desk;
    std::string body;
    for (int i = 0; body.size() < 400'000; ++i) body += "line " + std::to_string(i) + "\r\n";
    REQUIRE(
        desk.send(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}), std::string(alices_header) + body, 4'096));
    const std::string stored = desk.house.inbox(desk.house.bob).at(0);
    CHECK(stored.ends_with(std::string(alices_header) + body));
    CHECK(stored.contains("dmarc=pass"));
    const auto inbox = desk.house.store->read_now(storage::find_mailbox(desk.house.bob, "INBOX")).value();
    const auto rows =
        desk.house.store
            ->read_now(storage::read_messages({inbox.id, storage::the_server}, storage::UidSet::all(), true, 10))
            .value();
    CHECK(rows.at(0).size_octets == stored.size());
    CHECK(rows.at(0).summary == mime::encode_summary(mime::summarize(stored)));
}

TEST_CASE("submissions are not judged, and neither is anything where the options say so") {
    JudgingDesk desk;
    const std::string own = "From: bob@hamburger.edu\r\n\r\nx\r\n";
    REQUIRE(desk.send(desk.submission({"bob@hamburger.edu"}), own));
    desk.intake.configure({.hostname = "mail.hamburger.edu"});
    REQUIRE(desk.send(desk.envelope("a@rejecting.test", {"bob@hamburger.edu"}), mail_of("rejecting.test")));
    for (const std::string& stored : desk.house.inbox(desk.house.bob)) {
        CHECK_FALSE(stored.contains("Authentication-Results"));
    }
}

TEST_CASE("a message that ends nowhere leaves no look-ups that anybody waits for") {
    JudgingDesk desk;
    auto message = desk.intake.begin(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}));
    REQUIRE(desk.house.await(message->write(std::string(alices_header) + "x")));
    message.reset();
    CHECK(desk.house.inbox(desk.house.bob).empty());
}

TEST_CASE("who poses as one of us is not sent on under our name, by an alias, a list, or to a sender") {
    JudgingDesk desk;
    REQUIRE(desk.house.store->write_now(storage::add_alias("eva@hamburger.edu", {"eva@elsewhere.test"})));
    REQUIRE(desk.house.store->write_now(storage::add_to_list({.name = "all@hamburger.edu",
                                                              .members = {"x@far.org"},
                                                              .owners = {"bob@hamburger.edu"},
                                                              .posting = storage::ListPosting::anyone},
                                                             desk.now)));
    const auto queue = [&] { return desk.house.store->read_now(storage::list_queue()).value(); };
    // Nobody else sends mail of hamburger.edu; what fails that goes to Junk.
    auto& table = dynamic_cast<DnsTable&>(*desk.dns);
    table.add_txt("hamburger.edu", "v=spf1 -all").add_txt("_dmarc.hamburger.edu", "v=DMARC1; p=quarantine");
    for (const std::string from : {"alice@crepes.fr", "bob@hamburger.edu", ""}) {
        for (const std::string author : {"hamburger.edu", "a.hamburger.edu"}) {
            CAPTURE(from + author);
            const auto refused = desk.send(desk.envelope(from, {"eva@hamburger.edu"}), mail_of(author));
            REQUIRE_FALSE(refused);
            CHECK(refused.error().reason == storage::Reason::not_permitted);
            CHECK(refused.error().text.contains("log in to send it"));
        }
    }
    table.add_txt("_dmarc.b.hamburger.edu", "v=DMARC1; p=none");
    CHECK_FALSE(desk.send(desk.envelope("alice@crepes.fr", {"all@hamburger.edu"}), mail_of("b.hamburger.edu")));
    CHECK(queue().empty());
    // Others' mail is nobody's here to prove.
    CHECK(desk.send(desk.envelope("alice@crepes.fr", {"eva@hamburger.edu"}), mail_of("junk.test")));
    CHECK(desk.send(desk.envelope("alice@crepes.fr", {"all@hamburger.edu"}), mail_of("far.org")));
    REQUIRE(queue().size() == 2);
    CHECK(queue()[0].signing_domain == "hamburger.edu");
    // A bounce goes back by the address that the alias has made, whoever asks for it.
    CHECK_FALSE(desk.send(desk.envelope("", {queue()[0].reverse_path}), mail_of("hamburger.edu")));
    CHECK(desk.send(desk.envelope("", {queue()[0].reverse_path}), mail_of("elsewhere.test")));
    // Where DMARC is observed nothing is refused, and nothing signed.
    desk.configure({.enforce = false});
    CHECK(desk.send(desk.envelope("alice@crepes.fr", {"eva@hamburger.edu"}), mail_of("hamburger.edu")));
    CHECK(queue().back().signing_domain.empty());
    // Proven, or not yet known.
    desk.configure({});
    table.add_txt("c.hamburger.edu", "v=spf1 ip4:192.0.2.7 -all").fail("d.hamburger.edu");
    CHECK(desk.send(desk.envelope("x@c.hamburger.edu", {"eva@hamburger.edu"}), mail_of("hamburger.edu")));
    const auto later = desk.send(desk.envelope("x@d.hamburger.edu", {"eva@hamburger.edu"}), mail_of("hamburger.edu"));
    REQUIRE_FALSE(later);
    CHECK(later.error().reason == storage::Reason::unavailable);
}

TEST_CASE("a binary message is judged as it came, and stored as lines; what cannot be converted is refused") {
    JudgingDesk desk;
    const std::string head =
        "Message-ID: <1@x>\r\nFrom: a@crepes.fr\r\nMIME-Version: 1.0\r\nContent-Type: "
        "application/octet-stream\r\nContent-Transfer-Encoding: ";
    const auto sent = [&](services::IntakeEnvelope envelope, const std::string& content, std::size_t n) {
        envelope.binary_mime = true;
        return desk.send(std::move(envelope), content, n);
    };
    const std::string octets("a\0b\rc\nd", 7);
    for (const std::size_t n : {1, 7, 1'000}) {
        REQUIRE(sent(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}), head + "binary\r\n\r\n" + octets, n));
        REQUIRE(sent(desk.submission({"eve@hamburger.edu"}),
                     "Date: Mon, 7 Nov 1994 08:49:37 +0000\r\nMessage-ID: <1@x>\r\nFrom: bob@hamburger.edu\r\n"
                     "Content-Transfer-Encoding: BINARY\r\n\r\n" +
                         octets,
                     n));
    }
    for (const std::string& stored : desk.house.inbox(desk.house.bob)) {
        CHECK(stored.contains("\r\nAuthentication-Results: mail.hamburger.edu;"));
        CHECK(stored.ends_with("\r\n" + head + "base64\r\n\r\nYQBiDWMKZA==\r\n"));
    }
    for (const std::string& stored : desk.house.inbox(desk.house.eve))
        CHECK(stored.ends_with("Content-Transfer-Encoding: base64\r\n\r\nYQBiDWMKZA==\r\n"));
    CHECK(desk.house.inbox(desk.house.bob).size() == 3);
    CHECK(desk.house.inbox(desk.house.eve).size() == 3);

    const auto refused = sent(desk.submission({"eve@hamburger.edu"}), "From: bob@hamburger.edu\r\n\r\na\rb", 7);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == storage::Reason::not_convertible);
    desk.intake.configure({.hostname = "mail.hamburger.edu", .message_octets = 100'000});
    const auto grown =
        sent(desk.submission({"eve@hamburger.edu"}),
             "From: bob@hamburger.edu\r\nContent-Transfer-Encoding: binary\r\n\r\n" + std::string(90'000, '\0'), 1'000);
    REQUIRE_FALSE(grown);
    CHECK(grown.error().reason == storage::Reason::too_large);
    // Where the parts are not labelled, the message is what it would be without.
    REQUIRE(sent(desk.submission({"eve@hamburger.edu"}), "From: bob@hamburger.edu\r\n\r\nhi\r\n", 7));
    CHECK(desk.house.inbox(desk.house.eve).back().ends_with("From: bob@hamburger.edu\r\n\r\nhi\r\n"));
}
