// Aliases that lead elsewhere: what they send on, how its bounces come back, and where it does not go round in circles.
#include <doctest/doctest.h>

#include <algorithm>

#include "server/delivery/notices/notice_maker.h"
#include "server/delivery/srs.h"
#include "storage/domains.h"
#include "storage/lists.h"
#include "storage/store.h"
#include "tests/unit/server/delivery/intake_desk.h"

using namespace server::delivery;
using storage::Reason;

namespace forwarding_story {

namespace {

constexpr std::string_view greeting = "From: x@far.org\r\nSubject: hello\r\n\r\nhello\r\n";

struct ForwardingDesk : Desk {
    ForwardingDesk() {
        alias("team@hamburger.edu", {"bob@hamburger.edu", "old@elsewhere.test", "new@elsewhere.test"});
        alias("eva@hamburger.edu", {"eva@elsewhere.test"});
    }
    void alias(const std::string& name, const std::vector<std::string>& targets) {
        REQUIRE(house.store->write_now(storage::add_alias(name, targets)));
    }
    std::vector<storage::QueueMessage> queue() { return house.store->read_now(storage::list_queue()).value(); }
    storage::Result<services::Recipient> resolve(const std::string& address) {
        return house.await(directory.resolve(address));
    }
};

std::vector<std::string> paths(const storage::QueueMessage& message) {
    std::vector<std::string> paths;
    for (const storage::QueueRecipient& recipient : message.recipients) paths.push_back(recipient.forward_path);
    return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("an alias sends mail on from a return address of its own domain, and says that it was here") {
    ForwardingDesk desk;
    REQUIRE(desk.send(desk.envelope("x@far.org", {"eva+news@hamburger.edu"}), greeting));
    REQUIRE(desk.queue().size() == 1);
    const auto [message, content] = desk.queued(0);
    CHECK(paths(message) == Paths{"eva@elsewhere.test"});
    CHECK(message.reverse_path.starts_with("SRS0="));
    CHECK(message.reverse_path.ends_with("=far.org=x@hamburger.edu"));
    CHECK(message.signing_domain == "hamburger.edu");
    CHECK(message.prefix == "Delivered-To: eva@hamburger.edu\r\nX-Forwarded-To: <eva@elsewhere.test>\r\n");
    CHECK(content.starts_with("Received: "));
    CHECK(content.ends_with(greeting));
}

// They stand in fields of the messages that are sent on: Delivered-To, X-Forwarded-To, List-*.
TEST_CASE("no name of an alias, of a list, or of those behind it, can end a line") {
    ForwardingDesk desk;
    const auto refuses_alias = [&](const std::string& name, const std::string& target) {
        return !desk.house.store->write_now(storage::add_alias(name, {target}));
    };
    const auto refuses_list = [&](const std::string& name, const std::string& member) {
        return !desk.house.store->write_now(storage::add_to_list(
            {.name = name, .members = {member}, .owners = {"bob@hamburger.edu"}, .posting = {}}, desk.now));
    };
    for (const std::string end : {"\r\n", "\n", "\r", "\r\n\r\n"}) {
        for (const std::string& local : {"x" + end + "Bcc: y", "\"x" + end + "Bcc: y\"", end + "x", "x" + end}) {
            CAPTURE(local);
            CHECK(refuses_alias(local + "@hamburger.edu", "x@far.org"));
            CHECK(refuses_alias("fine@hamburger.edu", local + "@far.org"));
            CHECK(refuses_alias("fine@hamburger.edu", "x@far" + end + ".org"));
            CHECK(refuses_list(local + "@hamburger.edu", "x@far.org"));
            CHECK(refuses_list("list@hamburger.edu", local + "@far.org"));
        }
    }
}

TEST_CASE("members of an alias do not learn of each other; what others get stays what it was") {
    ForwardingDesk desk;
    REQUIRE(desk.send(desk.submission({"team@hamburger.edu", "friend@far.org", "eva@hamburger.edu"}),
                      "From: bob@hamburger.edu\r\n\r\nhi\r\n"));
    const auto queue = desk.queue();
    REQUIRE(queue.size() == 3);
    CHECK(paths(queue[0]) == Paths{"friend@far.org"});
    CHECK(queue[0].prefix.empty());
    CHECK(paths(queue[1]) == Paths{"new@elsewhere.test", "old@elsewhere.test"});
    CHECK(queue[1].prefix == "Delivered-To: team@hamburger.edu\r\n");
    CHECK(paths(queue[2]) == Paths{"eva@elsewhere.test"});
    for (const storage::QueueMessage& message : queue) {
        CHECK(message.reverse_path == "bob@hamburger.edu");  // ours, and so are its bounces
        CHECK(message.signing_domain.empty());
        CHECK(message.blob == queue[0].blob);
    }
    CHECK(desk.house.inbox(desk.house.bob).size() == 1);
}

TEST_CASE("a sender of our own domain, and nobody, stay what they are") {
    ForwardingDesk desk;
    for (const std::string sender : {"", "bob@hamburger.edu", "bob@HAMBURGER.edu"}) {
        CAPTURE(sender);
        REQUIRE(desk.send(desk.envelope(sender, {"eva@hamburger.edu"}), greeting));
        CHECK(desk.queue().back().reverse_path == sender);
        CHECK(desk.queue().back().signing_domain.empty());
        CHECK(desk.queue().back().prefix.starts_with("Delivered-To: eva@hamburger.edu\r\n"));
    }
}

// RFC 8689 §4.1, §6.
TEST_CASE("what a sender wants of TLS goes with what an alias sends on; MAIL's parameter outranks the field") {
    using storage::TlsWish;
    struct Row {
        TlsWish by_mail;
        const char* fields;
        TlsWish kept;
    };
    const Row rows[] = {{TlsWish::by_policy, "", TlsWish::by_policy},
                        {TlsWish::by_policy, "TLS-Required: No\r\n", TlsWish::optional},
                        {TlsWish::by_policy, "tls-required:no\r\n", TlsWish::optional},
                        {TlsWish::by_policy, "TLS-Required: Yes\r\n", TlsWish::by_policy},
                        {TlsWish::by_policy, "TLS-Required: No\r\nTLS-Required: No\r\n", TlsWish::by_policy},
                        {TlsWish::required, "TLS-Required: No\r\n", TlsWish::required}};
    for (const Row& row : rows) {
        CAPTURE(row.fields);
        ForwardingDesk desk;
        services::IntakeEnvelope envelope = desk.envelope("x@far.org", {"eva@hamburger.edu"});
        envelope.tls_wish = row.by_mail;
        envelope.dsn_return = storage::DsnReturn::full;
        REQUIRE(desk.send(envelope, row.fields + std::string(greeting)));
        const bool demanded = row.kept == TlsWish::required;
        CHECK(desk.queue().back().tls_wish == row.kept);
        CHECK(desk.queue().back().dsn_return == (demanded ? storage::DsnReturn::headers : storage::DsnReturn::full));
        CHECK(desk.queued(0).content.contains(row.fields));
    }
}

TEST_CASE("bounces to a return address go back to the sender, for three weeks; nothing else does") {
    ForwardingDesk desk;
    const std::string longest(60, 'l');
    for (const std::string& sender : {std::string("x@far.org"), longest + "@far.org", std::string("\"a b\"@far.org")}) {
        CAPTURE(sender);
        desk.now = 784111777;
        REQUIRE(desk.send(desk.envelope(sender, {"eva@hamburger.edu"}), greeting));
        const std::string address = desk.queue().back().reverse_path;
        CHECK(address.rfind('@') <= 64);
        CHECK(desk.recipient(address).returns);
        REQUIRE(desk.send(desk.envelope("", {address}), "Subject: failed\r\n\r\nno such user\r\n"));
        CHECK(paths(desk.queue().back()) == Paths{sender});
        CHECK(desk.queue().back().reverse_path.empty());
        CHECK(desk.queue().back().prefix.empty());

        std::string forged = address;
        forged[6] = forged[6] == 'a' ? 'b' : 'a';
        const auto refused = desk.resolve(forged);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::no_such_account);
        CHECK(refused.error().text == "this return address was not made here, or has expired");
        desk.now += 22 * Seals::day_seconds;
        CHECK_FALSE(desk.resolve(address));
    }
    // Not even a catch-all takes what was not made here.
    desk.alias("@hamburger.edu", {"bob@hamburger.edu"});
    CHECK_FALSE(desk.resolve("SRS0=aaaaaaaa=bb=far.org=x@hamburger.edu"));
    CHECK_FALSE(desk.resolve("srs1=aaaaaaaa=far.org==a=b@hamburger.edu"));
    CHECK_FALSE(desk.resolve("SRS0=aaaaaaaa=bb=far.org=x@elsewhere.test")->ours);
}

TEST_CASE("a secret is renewed, and what the old one sealed stays valid") {
    ForwardingDesk desk;
    REQUIRE(desk.send(desk.envelope("x@far.org", {"eva@hamburger.edu"}), greeting));
    desk.now += 85 * Seals::day_seconds;
    REQUIRE(desk.send(desk.envelope("x@far.org", {"eva@hamburger.edu"}), greeting));
    desk.now += 10 * Seals::day_seconds;
    REQUIRE(desk.send(desk.envelope("x@far.org", {"eva@hamburger.edu"}), greeting));
    CHECK_FALSE(desk.resolve(desk.queue()[0].reverse_path));
    CHECK(desk.resolve(desk.queue()[1].reverse_path));
    CHECK(desk.resolve(desk.queue()[2].reverse_path));
    CHECK(desk.queue()[1].reverse_path != desk.queue()[2].reverse_path);
}

TEST_CASE("a message that an alias has sent on before is not sent on again (RFC 5321 §6.3)") {
    ForwardingDesk desk;
    const std::string been = "Delivered-To: Eva@hamburger.edu\r\n" + std::string(greeting);
    const auto refused = desk.send(desk.envelope("x@far.org", {"eva@hamburger.edu"}), been);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == Reason::mail_loop);
    CHECK(desk.queue().empty());

    // The others get it; of the circle the alias's postmaster hears, or our own sender.
    desk.alias("postmaster@hamburger.edu", {"eve@hamburger.edu"});
    REQUIRE(desk.send(desk.envelope("x@far.org", {"eva@hamburger.edu", "team@hamburger.edu"}), been));
    REQUIRE(desk.queue().size() == 1);
    CHECK(paths(desk.queue()[0]) == Paths{"new@elsewhere.test", "old@elsewhere.test"});
    CHECK(desk.house.inbox(desk.house.bob).size() == 1);
    REQUIRE(desk.house.inbox(desk.house.eve).size() == 1);
    const std::string notice = desk.house.inbox(desk.house.eve)[0];
    CHECK(notice.find("Status: 5.4.6") != std::string::npos);
    CHECK(notice.find("goes round in circles") != std::string::npos);
    CHECK(notice.find("whose others have the message") == std::string::npos);

    // An alias that leads nowhere else ends no circle, and another's Delivered-To is nothing to it.
    desk.alias("here@hamburger.edu", {"bob@hamburger.edu"});
    REQUIRE(desk.send(desk.envelope("x@far.org", {"here@hamburger.edu"}),
                      "Delivered-To: here@hamburger.edu\r\n" + std::string(greeting)));
    REQUIRE(desk.send(desk.envelope("x@far.org", {"eva@hamburger.edu"}),
                      "Delivered-To: eva@elsewhere.test\r\n" + std::string(greeting)));
}

TEST_CASE("names of aliases add no field: they are ASCII in Delivered-To, and found again") {
    ForwardingDesk desk;
    desk.alias(
        "b\xC3\xB6"
        "b@hamburger.edu",
        {"a@elsewhere.test"});
    desk.alias("@hamburger.edu", {"b@elsewhere.test"});
    services::IntakeEnvelope envelope = desk.envelope("x@far.org", {"b\xC3\xB6"
                                                                    "b@hamburger.edu"});
    envelope.smtputf8 = true;
    REQUIRE(desk.send(std::move(envelope), greeting));
    const storage::QueueMessage message = desk.queue().back();
    CHECK(message.prefix ==
          "Delivered-To: b=C3=B6"
          "b@hamburger.edu\r\nX-Forwarded-To: <a@elsewhere.test>\r\n");
    CHECK_FALSE(desk.send(desk.envelope("x@far.org", {"b\xC3\xB6"
                                                      "b@hamburger.edu"}),
                          message.prefix + std::string(greeting)));
    REQUIRE(desk.send(desk.envelope("x@far.org", {"whoever@hamburger.edu"}), greeting));
    CHECK(desk.queue().back().prefix.starts_with("Delivered-To: @hamburger.edu\r\n"));
    // Refused as names, so that they get into no header: line ends, spaces, brackets.
    for (const char* name :
         {"a\r\nb@hamburger.edu", "a b@hamburger.edu", "<a>@hamburger.edu", "\"a\r\nX: y\"@hamburger.edu"})
        CHECK_FALSE(desk.house.store->write_now(storage::add_alias(name, {"bob@hamburger.edu"})));
    for (const char* target : {"a\r\nb@far.org", "\"a\r\nX: y\"@far.org", "a@far.org\r\nX: y", "a@far.org>"})
        CHECK_FALSE(desk.house.store->write_now(storage::add_alias("t@hamburger.edu", {target})));
}

TEST_CASE("what cannot be sent on is told to its sender, not to the return address") {
    ForwardingDesk desk;
    REQUIRE(desk.send(desk.envelope("x@far.org", {"eva@hamburger.edu"}), greeting));
    const storage::QueueMessage queued = desk.queue().back();
    NoticeMaker maker(*desk.house.store, desk.directory, desk.house.log, {.hostname = "mail.hamburger.edu"},
                      [](std::size_t octets) { return std::string(2 * octets, 'a'); });
    ReportedMessage message;
    message.reverse_path = queued.reverse_path;
    message.blob = queued.blob;
    message.size_octets = queued.size_octets;
    const Reported failed{.forward_path = "eva@elsewhere.test",
                          .original_recipient = {},
                          .notify = 0,
                          .reply = "no such user",
                          .status = "5.1.1",
                          .remote = {},
                          .said = {}};
    const auto notice = desk.house.await(maker.make(NoticeKind::failed, message, {failed}, desk.now, 0)).value();
    REQUIRE(notice);
    REQUIRE(notice->remote);
    REQUIRE(notice->remote->recipients.size() == 1);
    CHECK(notice->remote->recipients[0].forward_path == "x@far.org");
    CHECK(notice->remote->reverse_path.empty());
    REQUIRE(desk.house.store->write_now(storage::accept_message(*notice)));
    CHECK(desk.queued(1).content.find("\r\nTo: x@far.org\r\n") != std::string::npos);
}

}  // namespace forwarding_story
