// A message to a mailing list: who may send it, whom it reaches, and how its bounces come back.
#include <doctest/doctest.h>

#include <algorithm>

#include "server/delivery/list_watch.h"
#include "server/delivery/notices/notice_maker.h"
#include "storage/lists.h"
#include "storage/store.h"
#include "tests/unit/mailauth/dns_table.h"
#include "tests/unit/server/delivery/intake_desk.h"

namespace intake_lists_story {

using namespace server::delivery;
using storage::Reason;

namespace {

struct ListDesk : Desk {
    ListDesk() { add({"bob@hamburger.edu", "eve@hamburger.edu", "x@far.org", "y@far.org"}); }
    void add(std::vector<std::string> members, std::optional<storage::ListPosting> posting = {}) {
        REQUIRE(house.store->write_now(storage::add_to_list({.name = "dev@hamburger.edu",
                                                             .members = std::move(members),
                                                             .owners = {"eve@hamburger.edu"},
                                                             .posting = posting},
                                                            now)));
    }
    std::vector<storage::QueueMessage> queue() { return house.store->read_now(storage::list_queue()).value(); }
    auto post(const std::string& from, const std::string& more = "", const std::string& reverse_path = "x@far.org") {
        return send(envelope(reverse_path, {"dev@hamburger.edu"}),
                    more + "From: " + from + "\r\nSubject: hello\r\n\r\nhello\r\n");
    }
    storage::ListMember member(const std::string& address) {
        const auto list = house.store->read_now(storage::find_list("dev@hamburger.edu")).value();
        return *std::ranges::find(list.members, address, &storage::ListMember::address);
    }
};

}  // namespace

TEST_CASE(
    "two lists that are members of each other: each sends a message once, though the other takes out its List-Id") {
    ListDesk desk;
    const auto again = desk.post("x@far.org",
                                 "List-Id: <b.far.org>\r\nDelivered-To: b@far.org\r\nDelivered-To: "
                                 "Dev@Hamburger.edu\r\n");
    REQUIRE_FALSE(again);
    CHECK(again.error().reason == Reason::mail_loop);
    CHECK(desk.queue().empty());
    CHECK(desk.post("x@far.org", "Delivered-To: b@far.org\r\nDelivered-To: dev@hamburger.edu.far.org\r\n"));
}

TEST_CASE("a member's message reaches each member, with the list's fields and nothing else changed") {
    ListDesk desk;
    REQUIRE(desk.post("X <x@far.org>", "List-Id: <other.example>\r\nPrecedence: list\r\nX-Y: 1\r\n"));
    const auto queue = desk.queue();
    REQUIRE(queue.size() == 2);
    for (std::size_t i = 0; i < queue.size(); ++i) {
        const std::string to = i == 0 ? "x@far.org" : "y@far.org";
        REQUIRE(queue[i].recipients.size() == 1);
        CHECK(queue[i].recipients[0].forward_path == to);
        CHECK(queue[i].reverse_path.starts_with("dev-bounces="));
        CHECK(queue[i].reverse_path.ends_with("=" + std::to_string(desk.member(to).id) + "@hamburger.edu"));
        CHECK(queue[i].signing_domain == "hamburger.edu");
        CHECK(queue[i].recipients[0].notify == storage::dsn_notify::failure);
        CHECK(queue[i].blob == queue[0].blob);
    }
    const std::string stored = desk.house.inbox(desk.house.eve).at(0);
    CHECK(desk.house.inbox(desk.house.bob).size() == 1);
    CHECK(stored.starts_with("Return-Path: <dev-owner@hamburger.edu>\r\nReceived: "));
    CHECK(stored.contains("\r\nList-Id: <dev.hamburger.edu>\r\n"));
    CHECK_FALSE(stored.contains("other.example"));
    CHECK(stored.ends_with("Precedence: list\r\nX-Y: 1\r\nFrom: X <x@far.org>\r\nSubject: hello\r\n\r\nhello\r\n"));
}

// RFC 8689 §6.
TEST_CASE("what a poster wants of TLS is wanted of each member's server") {
    ListDesk desk;
    REQUIRE(desk.post("x@far.org", "TLS-Required: No\r\n"));
    REQUIRE(desk.queue().size() == 2);
    for (const storage::QueueMessage& message : desk.queue()) CHECK(message.tls_wish == storage::TlsWish::optional);
}

TEST_CASE("who may post: members, owners or anyone; our own addresses only where they have logged in") {
    ListDesk desk;
    const auto refused = [&](const std::string& from, const std::string& more = "") {
        const auto receipt = desk.post(from, more);
        return receipt ? "accepted" : receipt.error().text;
    };
    CHECK(refused("stranger@far.org") == "only members may post to dev@hamburger.edu, by their address in From");
    CHECK(refused("x@far.org, stranger@far.org").starts_with("only members"));
    CHECK(refused("x@far.org\r\nFrom: y@far.org").starts_with("only members"));
    CHECK(refused("bob@hamburger.edu") == "log in to post to a list as bob@hamburger.edu");
    CHECK(refused("X@FAR.org") == "accepted");
    CHECK(desk.send(desk.submission({"dev@hamburger.edu"}), "From: bob@hamburger.edu\r\n\r\nhi\r\n"));
    desk.add({}, storage::ListPosting::owners);
    CHECK(refused("x@far.org") == "only owners may post to dev@hamburger.edu, by their address in From");
    desk.add({}, storage::ListPosting::anyone);
    CHECK(refused("stranger@far.org") == "accepted");
    // Whoever posts: no bounces, no replies of machines, nothing that has been here.
    CHECK(refused("x@far.org", "Auto-Submitted: auto-replied\r\n").contains("automatic replies"));
    CHECK(refused("x@far.org", "List-Id: Dev <dev.hamburger.edu>\r\n").contains("circles"));
    CHECK(desk.post("x@far.org", "", "").error().text == "a list takes no bounces");
}

TEST_CASE("a member elsewhere posts with what proves its domain; where mail is not judged, by From alone") {
    ListDesk desk;
    const auto table = std::make_shared<DnsTable>();
    table->add_txt("far.org", "v=spf1 ip4:192.0.2.7 -all");
    desk.dns = table;
    desk.intake.configure({.hostname = "mail.hamburger.edu", .judge = true});
    CHECK(desk.post("x@far.org"));
    const auto forged = desk.post("x@far.org", "", "spammer@evil.test");
    REQUIRE_FALSE(forged);
    CHECK(forged.error().reason == Reason::not_permitted);
    CHECK(forged.error().text ==
          "only its members may post to dev@hamburger.edu, and neither SPF nor DKIM shows that this message is from "
          "far.org");
    table->fail("spammer.test");
    const auto open = desk.post("x@far.org", "", "a@spammer.test");
    REQUIRE_FALSE(open);
    CHECK(open.error().reason == Reason::unavailable);
    desk.add({}, storage::ListPosting::anyone);
    CHECK(desk.post("x@far.org", "", "spammer@evil.test"));
}

TEST_CASE("a member that is full concerns nobody else; one that is gone has bounced") {
    ListDesk desk;
    desk.add({"ghost@hamburger.edu"});
    REQUIRE(desk.house.store->write_now(storage::set_message_quota("eve@hamburger.edu", 0)));
    REQUIRE(desk.post("x@far.org"));
    CHECK(desk.house.inbox(desk.house.bob).size() == 1);
    CHECK(desk.house.inbox(desk.house.eve).empty());
    CHECK(desk.member("ghost@hamburger.edu").bounces == 1);
    CHECK(desk.member("eve@hamburger.edu").bounces == 0);
}

TEST_CASE("to a list and to others: each has the message as it is meant for them, and a refusal is told") {
    ListDesk desk;
    const std::string text = "From: bob@hamburger.edu\r\nSubject: both\r\n\r\nhi\r\n";
    REQUIRE(desk.send(desk.submission({"eve@hamburger.edu", "dev@hamburger.edu", "z@far.org"}), text));
    const auto inbox = desk.house.inbox(desk.house.eve);
    REQUIRE(inbox.size() == 2);
    CHECK_FALSE(inbox[0].contains("List-Id"));
    CHECK(inbox[1].contains("List-Id"));
    CHECK(desk.queue().size() == 3);

    desk.add({}, storage::ListPosting::owners);
    REQUIRE(desk.send(desk.submission({"eve@hamburger.edu", "dev@hamburger.edu"}), text));
    CHECK(desk.house.inbox(desk.house.eve).size() == 3);
    CHECK(desk.house.inbox(desk.house.bob).back().contains("only owners may post to dev@hamburger.edu"));
    const auto alone = desk.send(desk.submission({"dev@hamburger.edu"}), text);
    REQUIRE_FALSE(alone);
    CHECK(alone.error().reason == Reason::not_permitted);
}

TEST_CASE("bounces are counted for the member; the third pauses it, and its list's owners are told once") {
    ListDesk desk;
    REQUIRE(desk.post("x@far.org"));
    const std::string address = desk.queue()[1].reverse_path;
    const auto report = [&](const std::string& action) {
        REQUIRE(desk.send(desk.envelope("", {address}),
                          "Subject: report\r\n\r\nFinal-Recipient: rfc822;y@far.org\r\nAction: " + action + "\r\n",
                          1000));
    };
    report("delayed");
    CHECK(desk.member("y@far.org").bounces == 0);
    report("failed");
    CHECK(desk.member("y@far.org").bounces == 1);
    std::string forged = address;
    forged[12] = forged[12] == 'a' ? 'b' : 'a';
    CHECK_FALSE(desk.house.await(desk.directory.resolve(forged)));

    // The queue's own failures count as well, and send nothing.
    NoticeMaker maker(*desk.house.store, desk.directory, desk.house.log, {.hostname = "mail.hamburger.edu"},
                      [](std::size_t octets) { return std::string(2 * octets, 'a'); });
    ReportedMessage message;
    message.reverse_path = address;
    const Reported failed{.forward_path = "y@far.org", .reply = "no such user", .status = "5.1.1"};
    for (const NoticeKind kind : {NoticeKind::failed, NoticeKind::delayed, NoticeKind::failed}) {
        auto notice = desk.house.await(maker.make(kind, message, {failed}, desk.now, 0)).value();
        if (notice) REQUIRE(desk.house.store->write_now(storage::accept_message(*std::move(notice))));
    }
    CHECK(desk.member("y@far.org").bounces == 3);
    CHECK(desk.member("y@far.org").paused_at == desk.now);
    CHECK(desk.queue().size() == 2);

    const auto tell = [&]() -> asio::awaitable<bool> {
        co_await tell_of_pauses({*desk.house.store, desk.directory, desk.intake, desk.house.log}, "mail.hamburger.edu",
                                desk.now);
        co_return true;
    };
    desk.house.await(tell());
    desk.house.await(tell());
    const auto inbox = desk.house.inbox(desk.house.eve);
    REQUIRE(inbox.size() == 2);
    CHECK(inbox[1].contains("mailstead list resume dev@hamburger.edu y@far.org"));
    REQUIRE(desk.post("x@far.org"));
    CHECK(desk.queue().size() == 3);  // not to y
}

TEST_CASE(
    "a member leaves by mail: logged in, or proven by its domain; nobody is taken off by others (RFC 2369 §3.2)") {
    ListDesk desk;
    REQUIRE(desk.post("x@far.org"));
    CHECK(desk.house.inbox(desk.house.eve)
              .at(0)
              .contains("\r\nList-Unsubscribe: <mailto:dev-unsubscribe@hamburger.edu?subject=unsubscribe>\r\n"));
    const auto is_member = [&](const std::string& address) {
        const auto list = desk.house.store->read_now(storage::find_list("dev@hamburger.edu")).value();
        const auto found = std::ranges::find(list.members, address, &storage::ListMember::address);
        return found != list.members.end() && found->receives;
    };
    const std::string text = "\r\nSubject: unsubscribe\r\n\r\n";
    const auto from_outside = [&](const std::string& author, const std::string& more = "",
                                  const std::string& path = "x@far.org") {
        const auto receipt =
            desk.send(desk.envelope(path, {"Dev-Unsubscribe@hamburger.edu"}), more + "From: " + author + text);
        return receipt ? "left" : receipt.error().text;
    };
    // Nothing is judged: nothing is proven.
    CHECK(from_outside("x@far.org").starts_with("neither SPF nor DKIM proves that this is from far.org"));
    CHECK(is_member("x@far.org"));
    auto dns = std::make_shared<DnsTable>();
    dns->add_txt("far.org", "v=spf1 ip4:192.0.2.7 -all").add_txt("forged.org", "v=spf1 ip4:192.0.2.8 ~all");
    desk.dns = dns;
    desk.intake.configure({.hostname = "mail.hamburger.edu", .judge = true});
    desk.add({"v@forged.org"});
    CHECK(from_outside("v@forged.org", "", "v@forged.org").starts_with("neither SPF nor DKIM"));
    CHECK(from_outside("v@forged.org").starts_with("neither SPF nor DKIM"));
    CHECK(is_member("v@forged.org"));
    CHECK(from_outside("bob@hamburger.edu") == "log in to leave a list as bob@hamburger.edu");
    CHECK(from_outside("x@far.org, y@far.org").starts_with("a list is left by its member alone"));
    CHECK(from_outside("x@far.org", "Auto-Submitted: auto-replied\r\n") == "no list is left by automatic mail");
    CHECK(from_outside("x@far.org", "", "") == "no list is left by automatic mail");
    CHECK(from_outside("z@far.org") == "z@far.org is no member of dev@hamburger.edu");
    CHECK(is_member("x@far.org"));
    CHECK(from_outside("X <X@Far.org>") == "left");
    CHECK_FALSE(is_member("x@far.org"));
    CHECK(is_member("y@far.org"));
    CHECK(std::ranges::any_of(desk.house.log.lines, [](const std::string& line) {
        return line.starts_with("list-left ") && line.contains("list=dev@hamburger.edu");
    }));

    const auto as_bob = [&](const std::string& author) {
        return desk.send(desk.submission({"dev-unsubscribe@hamburger.edu"}), "From: " + author + text);
    };
    CHECK_FALSE(as_bob("eve@hamburger.edu"));
    CHECK(is_member("bob@hamburger.edu"));
    CHECK(as_bob("bob@hamburger.edu"));
    CHECK_FALSE(is_member("bob@hamburger.edu"));
    CHECK_FALSE(as_bob("bob@hamburger.edu"));
    CHECK(is_member("eve@hamburger.edu"));
    // There is no such address of what is no list.
    CHECK_FALSE(desk.house.await(desk.directory.resolve("ops-unsubscribe@hamburger.edu")));
    // An owner stays one.
    REQUIRE(desk.house.store->write_now(
        storage::add_to_list({.name = "dev@hamburger.edu", .owners = {"bob@hamburger.edu"}}, 1)));
    REQUIRE(desk.house.store->write_now(
        storage::add_to_list({.name = "dev@hamburger.edu", .members = {"bob@hamburger.edu"}}, 1)));
    CHECK(as_bob("bob@hamburger.edu"));
    CHECK(desk.member("bob@hamburger.edu").owner);
    CHECK_FALSE(is_member("bob@hamburger.edu"));
}

}  // namespace intake_lists_story
