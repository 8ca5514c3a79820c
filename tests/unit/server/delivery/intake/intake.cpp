// From the first octet to mailbox and queue: what is added, changed, refused. RFC 5321 §4.4, §6.3; RFC 6409 §8.
#include <doctest/doctest.h>

#include <algorithm>

#include "protocols/mime/summary.h"
#include "server/delivery/notices/limit_notice.h"
#include "storage/domains.h"
#include "storage/login_networks.h"
#include "storage/store.h"
#include "tests/support/purse.h"
#include "tests/unit/server/delivery/intake_desk.h"

using namespace server::delivery;
using storage::Reason;

namespace {

// The content after the trace fields, which contain a varying id.
std::string behind_trace(const std::string& content) {
    const std::size_t date = content.find("Sun, 6 Nov 1994 08:49:37 +0000\r\n");
    return date == std::string::npos ? "no trace" : content.substr(date + 32);
}

}  // namespace

TEST_CASE("a message that came with a header is stored as it came, behind Return-Path and Received") {
    Desk desk;
    const std::string content = "From: Alice <alice@crepes.fr>\r\nSubject: x\r\n\r\nDo you like ketchup?\r\n";
    for (std::size_t n : {1, 7, 1000}) {
        REQUIRE(desk.send(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}), content, n));
    }
    const auto stored = desk.house.inbox(desk.house.bob);
    REQUIRE(stored.size() == 3);
    for (const std::string& message : stored) {
        CHECK(
            message.starts_with("Return-Path: <alice@crepes.fr>\r\nReceived: from crepes.fr ([192.0.2.7])\r\n"
                                "\tby mail.hamburger.edu (Mailstead) with SMTP\r\n\tid "));
        CHECK(behind_trace(message) == content);
    }
}

TEST_CASE("a message without any header gets one, and its lines are its body") {
    Desk desk;
    const struct {
        std::string_view content;
        std::string_view body;
    } rows[] = {
        {"Do you like ketchup?\r\nHow about pickles?\r\n", "\r\nDo you like ketchup?\r\nHow about pickles?\r\n"},
        // Lines after the second may look like fields, but are text.
        {"Hello\r\nyou\r\nNote: x\r\n", "\r\nHello\r\nyou\r\nNote: x\r\n"},
        {" Hello\r\n you\r\nNote: x\r\n\r\ny\r\n", "\r\n Hello\r\n you\r\nNote: x\r\n\r\ny\r\n"},
        {"From alice@crepes.fr Sun Nov  6 08:49:37 1994\r\n\r\nbody\r\n", "\r\nbody\r\n"},
        {"\r\nbody\r\n", "\r\nbody\r\n"},
        {"", "\r\n"}};
    for (const auto& row : rows) {
        CAPTURE(row.content);
        REQUIRE(desk.send(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}), row.content));
        const std::string added = behind_trace(desk.house.inbox(desk.house.bob).back());
        CHECK(added.starts_with("Date: Sun, 6 Nov 1994 08:49:37 +0000\r\nMessage-ID: <"));
        CHECK(added.ends_with("@mail.hamburger.edu>\r\nFrom: <alice@crepes.fr>\r\n" + std::string(row.body)));
    }
}

TEST_CASE("submissions are mended: Date, Message-ID and From added, Bcc removed") {
    Desk desk;
    REQUIRE(desk.send(desk.submission({"eve@hamburger.edu"}),
                      "Subject: x\r\nBcc: secret@far.org,\r\n more@far.org\r\nTo: eve@hamburger.edu\r\n\r\nhi\r\n"));
    const std::string mended = behind_trace(desk.house.inbox(desk.house.eve).at(0));
    CHECK(mended.starts_with("Date: "));
    CHECK(mended.find("\r\nMessage-ID: <") != std::string::npos);
    CHECK(mended.ends_with("From: <bob@hamburger.edu>\r\nSubject: x\r\nTo: eve@hamburger.edu\r\n\r\nhi\r\n"));

    const std::string whole =
        "Date: Mon, 7 Nov 1994 08:49:37 +0000\r\nMessage-ID: <1@x>\r\nFrom: B <bob+x@hamburger.edu>\r\n\r\nhi\r\n";
    REQUIRE(desk.send(desk.submission({"eve@hamburger.edu"}), whole));
    CHECK(behind_trace(desk.house.inbox(desk.house.eve).at(1)) == whole);
}

// What else the sections mention is not done: RFC 6409 §8.6 (encryption), §8.7 (domains that are aliases: it may lose
// what the author meant), §8.8 (rewriting addresses), and completing addresses without a domain (§8's note). Transfer
// encoding (§8.4) and signing (§8.5) are the queue's (server/queue/signing.h, protocols/mime/seven_bit.h).
TEST_CASE("RFC 6409 §8, section by section: what a submission has in the end") {
    const std::string date = "Date: Mon, 7 Nov 1994 08:49:37 +0000\r\n";
    const std::string now = "Date: Sun, 6 Nov 1994 08:49:37 +0000\r\n";
    const std::string id = "Message-ID: <1@x>\r\n";
    const std::string from = "From: bob@hamburger.edu\r\n";
    const std::string fresh = "Message-ID: <ID@mail.hamburger.edu>\r\n";
    const struct {
        std::string section;
        std::string given;
        std::string stored;
    } rows[] = {
        {"§8: what conforms is left alone", date + id + from, date + id + from},
        {"§8: an address without a domain is left alone", date + id + from + "To: eve\r\n",
         date + id + from + "To: eve\r\n"},
        {"§8.1: several authors need a Sender (RFC 5322 §3.6.2)",
         date + id + "From: bob@hamburger.edu, bob+x@hamburger.edu\r\n",
         "Sender: <bob@hamburger.edu>\r\n" + date + id + "From: bob@hamburger.edu, bob+x@hamburger.edu\r\n"},
        {"§8.1: one that is there stays", date + id + from + "Sender: bob+x@hamburger.edu\r\n",
         date + id + from + "Sender: bob+x@hamburger.edu\r\n"},
        {"§8.2: no Date", id + from, now + id + from},
        {"§8.2: no date of RFC 5322", "Date: yesterday\r\n" + id + from, now + id + from},
        {"§8.2: an empty one", "Date:\r\n" + id + from, now + id + from},
        {"§8.2: two (RFC 5322 §3.6)", date + date + id + from, now + id + from},
        {"§8.2: obsolete syntax is a date", "Date: 7 Nov 94 08:49 GMT\r\n" + id + from,
         "Date: 7 Nov 94 08:49 GMT\r\n" + id + from},
        {"§8.3: no Message-ID", date + from, fresh + date + from},
        {"§8.3: without brackets", date + "Message-ID: 1@x\r\n" + from, fresh + date + from},
        {"§8.3: without a right side", date + "Message-ID: <1>\r\n" + from, fresh + date + from},
        {"§8.3: an empty side", date + "Message-ID: <@x>\r\n" + from, fresh + date + from},
        {"§8.3: a space", date + "Message-ID: <1 2@x>\r\n" + from, fresh + date + from},
        {"§8.3: two (RFC 5322 §3.6)", date + id + "message-id: <2@x>\r\n" + from, fresh + date + from},
        {"§8.3: folded, and with a comment", date + "Message-ID:\r\n <1@x> (x)\r\n" + from,
         date + "Message-ID:\r\n <1@x> (x)\r\n" + from},
        {"§8: a signature is not broken", "DKIM-Signature: v=1\r\nDate: yesterday\r\nMessage-ID: 1\r\n" + from,
         "DKIM-Signature: v=1\r\nDate: yesterday\r\nMessage-ID: 1\r\n" + from},
        {"§8: From, without which there is no message (RFC 5322 §3.6)", date + id,
         "From: <bob@hamburger.edu>\r\n" + date + id},
        {"§8: Bcc (RFC 5322 §3.6.3) and Return-Path (RFC 5321 §4.4) go",
         date + id + from + "Bcc: eve@hamburger.edu\r\nResent-Bcc: eve@hamburger.edu\r\nReturn-Path: <x@y.example>\r\n",
         date + id + from},
        {"§8: what is resent has a Resent-Date (RFC 5322 §3.6.6)",
         date + id + from + "Resent-From: bob@hamburger.edu\r\nResent-Message-ID: <2@x>\r\n",
         "Resent-" + now + date + id + from + "Resent-From: bob@hamburger.edu\r\nResent-Message-ID: <2@x>\r\n"},
    };
    Desk desk;
    for (const auto& row : rows) {
        CAPTURE(row.section);
        REQUIRE(desk.send(desk.submission({"eve@hamburger.edu"}), row.given + "\r\nhi\r\n"));
        std::string stored = behind_trace(desk.house.inbox(desk.house.eve).back());
        const std::size_t made = stored.find("@mail.hamburger.edu>");
        if (made != std::string::npos) {
            const std::size_t begin = stored.rfind('<', made) + 1;
            stored.replace(begin, made - begin, "ID");
        }
        CHECK(stored == row.stored + "\r\nhi\r\n");
    }
}

TEST_CASE("nobody submits in another's name") {
    Desk desk;
    const std::string content = "From: eve@hamburger.edu\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nhi\r\n";
    auto receipt = desk.send(desk.submission({"eve@hamburger.edu"}), content);
    REQUIRE_FALSE(receipt);
    CHECK(receipt.error().reason == Reason::not_permitted);
    CHECK(desk.house.inbox(desk.house.eve).empty());
    // But a message from elsewhere may be resent unchanged (RFC 5322 §3.6.6).
    const std::string foreign = "From: eve@far.org\r\n\r\nhi\r\n";
    CHECK_FALSE(desk.send(desk.submission({"eve@hamburger.edu"}), foreign));
    CHECK(desk.send(desk.submission({"eve@hamburger.edu"}), "Resent-From: bob@hamburger.edu\r\n" + foreign));
    // For mail from outside, From is not checked.
    CHECK(desk.send(desk.envelope("alice@crepes.fr", {"eve@hamburger.edu"}), content));
}

TEST_CASE("limits: size, hops, the header section; then nothing is stored, and the log names the limit") {
    Desk desk;
    const auto outside = [&] { return desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}); };
    auto receipt = desk.send(outside(), "A: 1\r\n\r\n" + std::string(100'000, 'x'), 4096);
    REQUIRE_FALSE(receipt);
    CHECK(receipt.error().reason == Reason::too_large);

    std::string hops;
    for (int i = 0; i < 4; ++i) hops += "Received: from x by y; now\r\n";
    receipt = desk.send(outside(), hops + "\r\nx\r\n");
    REQUIRE_FALSE(receipt);
    CHECK(receipt.error().reason == Reason::mail_loop);  // RFC 3463 §3.5: 5.4.6, as no smaller copy would pass either
    CHECK(receipt.error().text.find("hops") != std::string::npos);

    // With its blank line, so long and no longer (RFC 3463 §3.4: 5.3.4).
    const auto with_header = [](std::size_t octets) {
        const std::string name = "Subject: ";
        return name + std::string(octets - name.size() - 4, 'x') + "\r\n\r\nhi\r\n";
    };
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{5000}}) {
        CAPTURE(piece);
        for (const bool submitted : {false, true}) {
            receipt =
                desk.send(submitted ? desk.submission({"eve@hamburger.edu"}) : outside(), with_header(2'001), piece);
            REQUIRE_FALSE(receipt);
            CHECK(receipt.error().reason == Reason::too_large);
            CHECK(receipt.error().text == "header section exceeds 2000 octets");
        }
    }
    CHECK(desk.house.inbox(desk.house.bob).empty());
    CHECK(desk.house.inbox(desk.house.eve).empty());
    const auto told = [&](std::string_view limit) {
        return std::ranges::count_if(desk.house.log.lines, [&](const std::string& line) {
            return line.starts_with("over-limit limit=" + std::string(limit) + " from=");
        });
    };
    CHECK(told("limits.message_size") == 1);
    CHECK(told("limits.received_fields") == 1);
    CHECK(told("limits.header_size") == 6);

    REQUIRE(desk.send(outside(), with_header(2'000)));
    CHECK(behind_trace(desk.house.inbox(desk.house.bob).at(0)) == with_header(2'000));
}

TEST_CASE("an alias leads to addresses elsewhere as they are written, odd dots and quotes too") {
    Desk desk;
    // CLIENTS.md 29: a foreign local part is passed on as it is.
    const std::vector<std::string> odd = {R"("a b"@far.org)", ".a@far.org", "Eve.Smith@far.org", "a.@far.org",
                                          "a..b@far.org"};
    REQUIRE(desk.house.store->write_now(storage::add_alias("odd@hamburger.edu", odd)));
    REQUIRE(desk.send(desk.envelope("alice@crepes.fr", {"odd@hamburger.edu"}), "Subject: hi\r\n\r\nhi\r\n"));
    std::vector<std::string> paths;
    for (const storage::QueueRecipient& recipient : desk.queued(0).message.recipients) {
        paths.push_back(recipient.forward_path);
    }
    CHECK(std::ranges::is_permutation(paths, odd));
}

TEST_CASE("some recipients here, some elsewhere: one commit for all; aliases each once") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(
        storage::add_alias("all@hamburger.edu", {"bob@hamburger.edu", "eve@hamburger.edu", "old@far.org"})));
    REQUIRE(desk.send(desk.submission({"all@hamburger.edu", "bob@hamburger.edu", "friend@far.org"}),
                      "Subject: x\r\n\r\nhi\r\n"));
    CHECK(desk.house.inbox(desk.house.bob).size() == 1);
    CHECK(desk.house.inbox(desk.house.eve).size() == 1);
    const auto queue = desk.house.store->read_now(storage::list_queue()).value();
    REQUIRE(queue.size() == 2);
    CHECK(queue[0].reverse_path == "bob@hamburger.edu");
    REQUIRE(queue[0].recipients.size() == 1);
    CHECK(queue[0].recipients[0].forward_path == "friend@far.org");
    CHECK(queue[1].recipients.at(0).forward_path == "old@far.org");
}

TEST_CASE("the log tells where mail for an alias went, and of nothing that is no alias") {
    Desk desk;
    const std::vector<std::string> targets{"bob@hamburger.edu", "eve@hamburger.edu", "far@elsewhere.test"};
    REQUIRE(desk.house.store->write_now(storage::add_alias("sales@hamburger.edu", targets)));
    const auto lines_of = [&](const std::vector<std::string>& to) {
        desk.house.log.lines.clear();
        REQUIRE(desk.send(desk.envelope("x@crepes.fr", to), "Subject: x\r\n\r\ny\r\n"));
        std::vector<std::string> lines;
        for (const std::string& line : desk.house.log.lines) {
            if (line.starts_with("alias ")) lines.push_back(line.substr(line.find("address=")));
        }
        return lines;
    };
    CHECK(lines_of({"Bob@hamburger.edu", "bob+list@hamburger.edu", "somebody@elsewhere.test"}).empty());
    CHECK(lines_of({"eve@hamburger.edu", "sales@hamburger.edu"}) ==
          std::vector<std::string>{
              "address=sales@hamburger.edu targets=3 to=bob@hamburger.edu eve@hamburger.edu far@elsewhere.test"});
    CHECK(lines_of({"sales@hamburger.edu", "sales+1@hamburger.edu", "Sales+2@hamburger.edu"}).size() == 1);

    std::vector<std::string> many;
    for (int i = 10; i < 25; ++i) many.push_back(std::to_string(i) + "@far.org");
    REQUIRE(desk.house.store->write_now(storage::add_alias("many@hamburger.edu", many)));
    CHECK(lines_of({"many@hamburger.edu"}) ==
          std::vector<std::string>{"address=many@hamburger.edu targets=15 to=10@far.org 11@far.org 12@far.org "
                                   "13@far.org 14@far.org 15@far.org 16@far.org 17@far.org 18@far.org 19@far.org …"});
}

TEST_CASE("many names of one alias: each member is reached, and told apart, once") {
    Desk desk;
    const storage::AccountId carol = desk.house.add("carol@hamburger.edu", "pickles");
    REQUIRE(desk.house.store->write_now(storage::add_alias("postmaster@hamburger.edu", {"carol@hamburger.edu"})));
    std::vector<std::string> members{"bob@hamburger.edu", "eve@hamburger.edu", "far@elsewhere.test"};
    for (int i = 10; i < 25; ++i) members.push_back("ghost" + std::to_string(i) + "@hamburger.edu");
    REQUIRE(desk.house.store->write_now(storage::add_alias("team@hamburger.edu", members)));
    services::IntakeEnvelope envelope = desk.envelope(
        "x@crepes.fr", {"team@hamburger.edu", "team+1@hamburger.edu", "team+2@hamburger.edu", "carol@hamburger.edu"});
    envelope.recipients[1].original_recipient = "rfc822;first@crepes.fr";
    envelope.recipients[2].notify = storage::dsn_notify::failure;
    CHECK(&*envelope.recipients[0].recipient.destinations == &*envelope.recipients[1].recipient.destinations);
    // Full only since it was looked up.
    REQUIRE(desk.house.store->write_now(storage::set_message_quota("eve@hamburger.edu", 0)));
    REQUIRE(desk.send(std::move(envelope), "Subject: x\r\n\r\nhi\r\n"));
    CHECK(desk.house.inbox(desk.house.bob).size() == 1);
    CHECK(desk.house.inbox(desk.house.eve).empty());
    CHECK(desk.house.inbox(carol).size() == 2);  // the message, and the notice
    const auto recipients = desk.queued(0).message.recipients;
    REQUIRE(recipients.size() == 1);
    CHECK(recipients[0].notify == storage::dsn_notify::failure + storage::dsn_notify::delay);
    CHECK(recipients[0].original_recipient == "rfc822;first@crepes.fr");
    const auto lines = [&](std::string_view event) {
        return std::ranges::count_if(desk.house.log.lines,
                                     [&](const std::string& line) { return line.starts_with(event); });
    };
    CHECK(lines("member-left-out ") == 10);
    CHECK(lines("members-left-out ") == 1);
}

TEST_CASE("mail for elsewhere alone has no Return-Path") {
    Desk desk;
    REQUIRE(desk.send(desk.submission({"friend@far.org"}), "Subject: x\r\n\r\nhi\r\n"));
    const auto queue = desk.house.store->read_now(storage::list_queue()).value();
    const auto content =
        desk.house.store->read_now(storage::read_blob(queue.at(0).blob, 0, queue.at(0).size_octets)).value();
    CHECK(content.starts_with("Received: "));
}

TEST_CASE("recipients: ours, nobody's, elsewhere, postmaster") {
    Desk desk;
    CHECK(desk.recipient("Bob+news@HAMBURGER.edu").ours);
    CHECK_FALSE(desk.recipient("bob@far.org").ours);
    const auto unknown = desk.house.await(desk.directory.resolve("nobody@hamburger.edu"));
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().reason == Reason::no_such_account);
    // RFC 5321 §4.5.1: always accepted; §4.1.1.3: also without a domain.
    REQUIRE(desk.house.store->write_now(storage::add_domain("crepes.fr", 1)));
    for (const char* address : {"postmaster", "Postmaster", "PostMaster@hamburger.edu", "postmaster@crepes.fr"}) {
        CAPTURE(address);
        const services::Recipient postmaster = desk.recipient(address);
        REQUIRE(postmaster.destinations->local.size() == 1);
        CHECK(postmaster.destinations->local[0].account_name == "bob@hamburger.edu");
    }
    CHECK_FALSE(desk.recipient("postmaster@far.org").ours);
}

TEST_CASE(
    "abuse@ of every domain of ours is somebody: itself, postmaster, or who has been here longest (RFC 2142 §4)") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(storage::add_domain("crepes.fr", 1)));
    const auto who = [&](const std::string& address) {
        const services::Recipient found = desk.recipient(address);
        return found.destinations->local.size() == 1 ? found.destinations->local[0].account_name : "nobody";
    };
    CHECK(who("abuse@crepes.fr") == "bob@hamburger.edu");
    CHECK(who("ABUSE@hamburger.edu") == "bob@hamburger.edu");
    REQUIRE(desk.house.store->write_now(storage::add_alias("postmaster@hamburger.edu", {"eve@hamburger.edu"})));
    CHECK(who("Abuse@crepes.fr") == "eve@hamburger.edu");  // the default domain's postmaster
    CHECK(who("postmaster@crepes.fr") == "eve@hamburger.edu");
    REQUIRE(desk.house.store->write_now(storage::add_alias("postmaster@crepes.fr", {"bob@hamburger.edu"})));
    CHECK(who("abuse@crepes.fr") == "bob@hamburger.edu");
    REQUIRE(desk.house.store->write_now(storage::add_alias("abuse@crepes.fr", {"eve@hamburger.edu"})));
    CHECK(who("abuse@crepes.fr") == "eve@hamburger.edu");
    CHECK_FALSE(desk.recipient("abuse@far.org").ours);
    CHECK_FALSE(desk.house.await(desk.directory.resolve("abuser@crepes.fr")));
}

TEST_CASE("a Return-Path that came along is taken out: the one that is there is ours (RFC 5321 §4.4)") {
    Desk desk;
    const std::string forged =
        "Return-Path: <boss@hamburger.edu>\r\nFrom: alice@crepes.fr\r\nRETURN-PATH:\r\n"
        " <x@y.org>\r\nSubject: x\r\nReturn-Path : <z@y.org>\r\n\r\nReturn-Path: text\r\n";
    for (const std::size_t n : {1, 7, 1000}) {
        REQUIRE(desk.send(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}), forged, n));
    }
    for (const std::string& message : desk.house.inbox(desk.house.bob)) {
        CHECK(message.starts_with("Return-Path: <alice@crepes.fr>\r\nReceived: "));
        CHECK(behind_trace(message) == "From: alice@crepes.fr\r\nSubject: x\r\n\r\nReturn-Path: text\r\n");
    }
    // A message sent on to another server has no Return-Path: that server adds its own.
    REQUIRE(desk.house.store->write_now(storage::add_alias("away@hamburger.edu", {"friend@far.org"})));
    REQUIRE(desk.send(desk.envelope("alice@crepes.fr", {"away@hamburger.edu"}), forged));
    CHECK(desk.queued(0).content.find("eturn-Path: <") == std::string::npos);
}

TEST_CASE("one full or missing member of an alias is told apart; the others have the message") {
    Desk desk;
    const storage::AccountId carol = desk.house.add("carol@hamburger.edu", "pickles");
    REQUIRE(desk.house.store->write_now(
        storage::add_alias("team@hamburger.edu", {"bob@hamburger.edu", "eve@hamburger.edu", "ghost@hamburger.edu"})));
    REQUIRE(desk.house.store->write_now(storage::add_alias("postmaster@hamburger.edu", {"carol@hamburger.edu"})));
    const auto fill = [&] { REQUIRE(desk.house.store->write_now(storage::set_message_quota("eve@hamburger.edu", 0))); };
    const std::string content = "From: x@crepes.fr\r\nSubject: for the team\r\n\r\nhi\r\n";
    SUBCASE("a stranger's message: no bounce goes out, the postmaster hears") {
        fill();
        REQUIRE(desk.send(desk.envelope("x@crepes.fr", {"team@hamburger.edu"}), content));
        CHECK(desk.house.inbox(desk.house.bob).size() == 1);
        CHECK(desk.house.store->read_now(storage::list_queue()).value().empty());
        REQUIRE(desk.house.inbox(carol).size() == 1);
        const std::string notice = desk.house.inbox(carol)[0];
        CHECK(notice.find("Final-Recipient: rfc822; eve@hamburger.edu") != std::string::npos);
        CHECK(notice.find("Status: 5.2.2") != std::string::npos);
        CHECK(notice.find("Final-Recipient: rfc822; ghost@hamburger.edu") != std::string::npos);
        CHECK(notice.find("Status: 5.1.1") != std::string::npos);
        CHECK(notice.find("a member of team@hamburger.edu") != std::string::npos);
        CHECK(notice.find("Subject: for the team") != std::string::npos);
    }
    SUBCASE("our own user hears, unless it did not want to") {
        fill();
        services::IntakeEnvelope silent = desk.submission({"team@hamburger.edu"});
        silent.recipients[0].notify = storage::dsn_notify::never;
        const std::string own = "From: bob@hamburger.edu\r\n\r\nhi\r\n";
        REQUIRE(desk.send(silent, own));
        CHECK(desk.house.inbox(desk.house.bob).size() == 1);
        REQUIRE(desk.send(desk.submission({"team@hamburger.edu"}), own));
        CHECK(desk.house.inbox(desk.house.bob).size() == 3);  // two messages, one notice
        CHECK(desk.house.inbox(carol).empty());
    }
    SUBCASE("full only since it was looked up") {
        services::IntakeEnvelope envelope = desk.envelope("x@crepes.fr", {"team@hamburger.edu"});
        fill();
        REQUIRE(desk.send(std::move(envelope), content));
        CHECK(desk.house.inbox(desk.house.bob).size() == 1);
        CHECK(desk.house.inbox(carol).size() == 1);
    }
    SUBCASE("named on its own too: then it is refused, as it would be alone") {
        services::IntakeEnvelope envelope = desk.envelope("x@crepes.fr", {"team@hamburger.edu", "eve@hamburger.edu"});
        fill();
        const auto receipt = desk.send(std::move(envelope), content);
        REQUIRE_FALSE(receipt);
        CHECK(receipt.error().reason == Reason::over_quota);
        CHECK(desk.house.inbox(desk.house.bob).empty());
    }
    SUBCASE("all of them full: refused, to be tried again") {
        fill();
        REQUIRE(desk.house.store->write_now(storage::set_message_quota("bob@hamburger.edu", 0)));
        const auto receipt = desk.send(desk.envelope("x@crepes.fr", {"team@hamburger.edu"}), content);
        REQUIRE_FALSE(receipt);
        CHECK(receipt.error().reason == Reason::over_quota);
    }
    CHECK(desk.house.inbox(desk.house.eve).empty());
}

TEST_CASE("a message without any header that goes elsewhere: its text is no header there, either") {
    Desk desk;
    REQUIRE(desk.send(desk.submission({"friend@far.org"}), "Hello\r\nyou\r\nNote: x\r\n"));
    CHECK(desk.queued(0).content.ends_with("\r\n\r\nHello\r\nyou\r\nNote: x\r\n"));
}

TEST_CASE("a header section that is out of order is read as the message parser reads it") {
    const struct {
        std::string_view content;
        std::string_view kept;  // content after our own fields
    } rows[] = {
        {"Microsoft Mail Internet Headers Version 2.0\r\nSubject: x\r\n\r\nhi\r\n",
         "Microsoft Mail Internet Headers Version 2.0\r\nSubject: x\r\n\r\nhi\r\n"},
        {" folded\r\nSubject: x\r\n\r\nhi\r\n", " folded\r\nSubject: x\r\n\r\nhi\r\n"},
        {"Subject: x\r\nno field\r\nTo: a@b.test\r\n\r\nhi\r\n",
         "Subject: x\r\nno field\r\nTo: a@b.test\r\n\r\nhi\r\n"},
        {"From a@b.test Sun Nov  6 08:49:37 1994\r\nSubject: x\r\n\r\nhi\r\n", "Subject: x\r\n\r\nhi\r\n"},
        {"Subject: x\r\nhi\r\nyou\r\n", "Subject: x\r\nhi\r\nyou\r\n"},
        {"Subject: x\r\nhi", "Subject: x\r\nhi"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.content);
        Desk desk;
        REQUIRE(desk.send(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"}), row.content));
        const std::string stored = desk.house.inbox(desk.house.bob).at(0);
        CHECK(behind_trace(stored) == row.kept);
        const mime::Summary appended = mime::summarize(row.content);
        const mime::Summary delivered = mime::summarize(stored);
        CHECK(delivered.envelope.subject == "x");
        CHECK(delivered.envelope == appended.envelope);
        CHECK(delivered.preview == appended.preview);
        CHECK(delivered.size_octets - delivered.header_octets == appended.size_octets - appended.header_octets);
    }
}

TEST_CASE("what came with SMTPUTF8 needs it no longer where all of it is ASCII (RFC 6531 §3.6)") {
    struct Row {
        std::string from, to;
        std::string_view content;
        bool needed;
    };
    constexpr std::string_view plain =
        "From: bob@hamburger.edu\r\nSubject: x\r\n\r\nbr\xc3\xbbl\xc3\xa9"
        "e\r\n";
    const Row rows[] = {
        {"bob@hamburger.edu", "friend@far.org", plain, false},
        {"", "friend@far.org", plain, false},
        {"bob@hamburger.edu", "zo\xc3\xab@far.org", plain, true},
        {"bob@hamburger.edu", "friend@zo\xc3\xab.org", plain, false},  // only the domain is not ASCII: RFC 6531 §3.2
        {"bob+zo\xc3\xab@hamburger.edu", "friend@far.org", plain, true},
        {"bob@hamburger.edu", "friend@far.org", "From: bob@hamburger.edu\r\nSubject: Zo\xc3\xab\r\n\r\nx\r\n", true},
        // RFC 6532 §3.3: the fields of parts are header fields too.
        {"bob@hamburger.edu", "friend@far.org",
         "From: bob@hamburger.edu\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
         "Content-Disposition: attachment; filename=\"Zo\xc3\xab\"\r\n\r\nx\r\n--b--\r\n",
         true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.content);
        CAPTURE(row.to);
        Desk desk;
        services::IntakeEnvelope envelope = desk.submission({row.to});
        envelope.reverse_path = row.from;
        envelope.smtputf8 = true;
        REQUIRE(desk.send(envelope, row.content));
        CHECK(desk.queued(0).message.smtputf8 == row.needed);
        CHECK(desk.queued(0).message.eight_bit_mime);  // iOS does not declare it (CLIENTS.md 20)
    }
}

TEST_CASE("a submitter that was removed, or has a new password, has nothing accepted any more, for anyone") {
    for (const bool removed : {true, false}) {
        Desk desk;
        services::IntakeEnvelope here = desk.submission({"eve@hamburger.edu"});
        services::IntakeEnvelope elsewhere = desk.submission({"someone@crepes.fr"});
        elsewhere.reverse_path.clear();
        REQUIRE(desk.house.store->write_now(removed ? storage::remove_account("bob@hamburger.edu")
                                                    : storage::set_credentials("bob@hamburger.edu", {})));
        for (services::IntakeEnvelope* envelope : {&here, &elsewhere}) {
            const auto receipt = desk.send(*envelope, "From: bob@hamburger.edu\r\n\r\nhello\r\n");
            REQUIRE_FALSE(receipt);
            CHECK(receipt.error().reason == storage::Reason::logged_out);
        }
        CHECK(desk.house.inbox(desk.house.eve).empty());
        CHECK(desk.house.store->read_now(storage::list_queue()).value().empty());
    }
}

TEST_CASE("what an unfinished message holds in memory is asked for, and given back: header section, parts, text") {
    Desk desk;
    desk.intake.configure({.hostname = "mail.hamburger.edu", .header_octets = 256u << 10});
    std::string fields;
    for (int i = 0; i < 300; ++i) fields += "X: " + std::string(95, 'y') + "\r\n";
    std::string parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 300; ++i) parts += "--b\r\n\r\n";
    const std::string text = "Subject: x\r\n\r\n" + std::string(30'000, 'x');
    for (const std::string& content : {fields, parts, text}) {
        CAPTURE(content.substr(0, 20));
        for (const std::size_t piece : {std::size_t{1'000}, content.size()}) {
            const auto purse = std::make_shared<support::Purse>(20'000);
            services::IntakeEnvelope envelope = desk.envelope("alice@crepes.fr", {"bob@hamburger.edu"});
            envelope.allowance = purse;
            const auto receipt = desk.send(envelope, content, piece);
            REQUIRE_FALSE(receipt);
            CHECK(receipt.error().reason == Reason::storage_full);
            CHECK(desk.house.log.lines.back().starts_with("refused "));
            CHECK(desk.house.log.lines.at(desk.house.log.lines.size() - 2)
                      .starts_with("over-limit limit=limits.strangers_memory"));
            CHECK(purse->held == 0);
            purse->most = 1'000'000;
            CHECK(desk.send(envelope, content, piece));
            CHECK(purse->held == 0);
        }
    }
}

namespace {

// Its story, a line each, with what stands for the id.
std::string story_of(Desk& desk, std::string word) {
    const auto found = desk.house.store->read_now(storage::find_in_trace({.word = std::move(word)})).value();
    std::string text;
    for (const storage::TraceEntry& entry : found) {
        for (const storage::TraceFact& fact : entry.story) {
            text += fact.name + " " + (fact.name == "id" ? "…" : fact.value) + "\n";
        }
        for (const auto& filed : entry.filed) text += "filed " + filed.account + " " + filed.mailbox + "\n";
        if (!entry.queued.empty()) text += "queued\n";
    }
    return text;
}

}  // namespace

TEST_CASE("what was accepted stands in the trace, with where it lies; nothing of its text") {
    Desk desk;
    const auto receipt = desk.send(desk.envelope("alice@crepes.fr", {"bob@hamburger.edu", "x@far.org"}),
                                   "From: Alice <al@crepes.fr>\r\nMessage-ID: <1@x>\r\nSubject: secret\r\n\r\nketchup");
    REQUIRE(receipt);
    const std::string story =
        "area smtp\nclient 192.0.2.7\nhelo crepes.fr\nwith SMTP\nfrom alice@crepes.fr\nto bob@hamburger.edu\n"
        "to x@far.org\nid …\nmessage-id 1@x\nauthor al@crepes.fr\nsize 73\nfiled bob@hamburger.edu INBOX\nqueued\n";
    for (const std::string& word : {receipt->id, std::string("1@x"), std::string("X@FAR.org")}) {
        CHECK(story_of(desk, word) == story);
    }
}

TEST_CASE(
    "what was refused stands in the trace, with why: by the intake, while it came or at its end, or the session") {
    Desk desk;
    const std::string hops = "Message-ID: <hops@x>\r\nReceived: 1\r\nReceived: 2\r\nReceived: 3\r\nReceived: 4\r\n\r\n";
    CHECK_FALSE(desk.send(desk.envelope("a@b", {"bob@hamburger.edu"}), hops));
    CHECK(story_of(desk, "hops@x").ends_with("refused too many hops: the message goes round in circles\n"));
    const auto message = desk.intake.begin(desk.envelope("a@crepes.fr", {"bob@hamburger.edu"}));
    REQUIRE(desk.house.await(message->write("Message-ID: <odd@x>\r\n\r\nketchup")));
    message->give_up("Line ends must be CRLF");
    CHECK_FALSE(desk.house.await(message->write("x")));
    CHECK_FALSE(desk.house.await(message->finish()));
    CHECK(story_of(desk, "odd@x") ==
          "area smtp\nclient 192.0.2.7\nhelo crepes.fr\nwith SMTP\nfrom a@crepes.fr\nto bob@hamburger.edu\nid …\n"
          "message-id odd@x\nsize 30\nrefused Line ends must be CRLF\n");
    CHECK(desk.house.inbox(desk.house.bob).empty());
}

TEST_CASE("what was given up holds nothing any more") {
    Desk desk;
    const auto purse = std::make_shared<support::Purse>(1u << 20);
    services::IntakeEnvelope envelope = desk.envelope("a@b", {"bob@hamburger.edu"});
    envelope.allowance = purse;
    const auto message = desk.intake.begin(std::move(envelope));
    REQUIRE(desk.house.await(message->write("Subject: x\r\n\r\n" + std::string(70'000, 'x'))));
    CHECK(purse->held > 0);
    message->give_up("x");
    CHECK(purse->held == 0);
}

TEST_CASE("log-ins from too many networks keep an account from sending; owner and postmaster are told once a day") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(storage::add_alias("postmaster@hamburger.edu", {"eve@hamburger.edu"})));
    server::delivery::IntakeOptions options{.hostname = "mail.hamburger.edu"};
    options.sending.login_networks_per_hour = 1;
    desk.intake.configure(options);
    const auto submit = [&] { return desk.send(desk.submission({"a@there.test"}), "Subject: x\r\n\r\nx\r\n"); };
    const std::int64_t now = desk.now;
    REQUIRE(desk.house.store->write_now(storage::note_login_network(desk.house.bob, "192.0.0.0/16", now)));
    CHECK(submit());
    REQUIRE(desk.house.store->write_now(storage::note_login_network(desk.house.bob, "2001:db8::/32", now)));
    const storage::Account bob = *desk.house.store->read_now(storage::get_account(desk.house.bob));
    for (int n = 0; n < 2; ++n) {
        server::delivery::NoticeMaker maker(*desk.house.store, desk.directory, desk.house.log,
                                            {.hostname = "mail.hamburger.edu"}, [](std::size_t) { return "random"; });
        CHECK(desk.house.await(server::delivery::tell_of_log_ins(*desk.house.store, std::move(maker), bob, now + n)));
    }
    const auto over = submit();
    REQUIRE_FALSE(over);
    CHECK(over.error().reason == storage::Reason::sending_limit);
    CHECK(over.error().text.contains("from 2 networks within an hour, of 1"));
    for (const storage::AccountId account : {desk.house.bob, desk.house.eve})
        CHECK(desk.house.store->read_now(storage::get_account(account))->messages == 1);
    const std::string letter = desk.house.inbox(desk.house.bob).at(0);
    CHECK(letter.contains("Subject: Log-ins from many places: bob@hamburger.edu\r\n"));
    CHECK(letter.contains("  192.0.0.0/16\r\n"));
    CHECK(letter.contains("  2001:db8::/32\r\n"));
}

TEST_CASE("over a sending limit a submission is refused with words; owner and postmaster are told once") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(storage::add_alias("postmaster@hamburger.edu", {"eve@hamburger.edu"})));
    server::delivery::IntakeOptions options{.hostname = "mail.hamburger.edu"};
    options.sending.recipients_per_hour = 3;
    desk.intake.configure(options);
    const auto submit = [&](std::vector<std::string> to) {
        return desk.send(desk.submission(to), "Subject: x\r\n\r\nx\r\n");
    };
    CHECK(submit({"a@there.test", "b@there.test"}));
    for (int n = 0; n < 3; ++n) {
        const auto over = submit({"a@there.test", "b@there.test"});
        REQUIRE_FALSE(over);
        CHECK(over.error().reason == storage::Reason::sending_limit);
        CHECK(over.error().text.contains("3 recipients an hour"));
    }
    CHECK(desk.house.store->read_now(storage::list_queue())->size() == 1);
    for (const storage::AccountId account : {desk.house.bob, desk.house.eve}) {
        CHECK(desk.house.store->read_now(storage::get_account(account))->messages == 1);
    }
    CHECK(std::ranges::count_if(desk.house.log.lines, [](const std::string& line) {
              return line.starts_with("sending-limit account=bob@hamburger.edu");
          }) == 3);
    CHECK(submit({"a@there.test"}));
    // bob is the postmaster himself: he is told once.
    REQUIRE(desk.house.store->write_now(storage::remove_alias("postmaster@hamburger.edu", {})));
    REQUIRE(desk.house.store->write_now(storage::lift_sending_limits(desk.house.bob)));
    CHECK(submit({"a@there.test", "b@there.test"}));
    CHECK_FALSE(submit({"a@there.test", "b@there.test"}));
    CHECK(desk.house.store->read_now(storage::get_account(desk.house.bob))->messages == 2);
    // Mail from outside has no such limit.
    for (int n = 0; n < 5; ++n)
        CHECK(desk.send(desk.envelope("x@there.test", {"bob@hamburger.edu"}), "Subject: x\r\n\r\n"));
}
