// Whom a submission may show as its author. RFC 5322 §3.6.2, §3.6.6; RFC 6409 §6.1.
#include "server/delivery/intake/authors.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "storage/domains.h"
#include "tests/unit/server/delivery/intake_desk.h"

using namespace server::delivery;
using storage::Reason;

namespace {

Claims claims_in(std::string_view section, std::size_t most = 100) { return claims_of(examine_header(section), most); }

using Addresses = std::vector<std::string>;

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("every address of From and Sender must be the submitter's, however it is written") {
    struct Row {
        const char* section;
        Addresses own;
    };
    for (const Row& row : {
             Row{"From: Bob <bob@a.test>\r\n", {"bob@a.test"}},
             Row{"FROM:bob@a.test,\r\n Eve <Eve@B.test>\r\n", {"bob@a.test", "eve@b.test"}},
             Row{"From : bob@a.test\r\n", {"bob@a.test"}},
             Row{"From\t: bob@a.test\r\n", {"bob@a.test"}},
             Row{"From: staff: bob@a.test, eve@b.test;\r\n", {"bob@a.test", "eve@b.test"}},
             Row{"From: bob@a.test (Bob)\r\nSender: \"eve\" @ b.test\r\n", {"bob@a.test", "eve@b.test"}},
             Row{"From: \"b b\"@a.test\r\n", {"\"b b\"@a.test"}},
             Row{"Subject: x\r\n", {}},
         }) {
        CAPTURE(row.section);
        const Claims claims = claims_in(row.section);
        CHECK(claims.fault.empty());
        CHECK(claims.own == row.own);
    }
}

TEST_CASE("addresses that a reader may see beside the author's are mentioned") {
    for (const char* value :
         {"\"eve@b.test\" <bob@a.test>", "'eve@b.test' <bob@a.test>", "Bob (eve@b.test) <bob@a.test>",
          "bob@a.test (mailto:eve@b.test)", "=?utf-8?q?Eve_=3Ceve=40b.test=3E?= <bob@a.test>",
          "=?utf-8?b?ZXZlQGI=?= =?utf-8?b?LnRlc3Q=?= <bob@a.test>", "\"EVE @ B.Test.\" <bob@a.test>",
          "\"e\\ve\\@b.test\" <bob@a.test>", "\"\\\"eve\\\"@b.test\" <bob@a.test>",
          "\"e\xC2\xADv\xE2\x80\x8B"
          "e@b.te\xEF\xBB\xBFst\xE2\x80\xAE\" <bob@a.test>",
          "\"eve\xEF\xBC\xA0"
          "b.test\" <bob@a.test>"}) {  // U+FF20: a wide @
        CAPTURE(value);
        const Claims claims = claims_in("From: " + std::string(value) + "\r\n");
        CHECK(claims.fault.empty());
        CHECK(claims.own == Addresses{"bob@a.test"});
        CHECK(claims.mentioned == Addresses{"eve@b.test"});
    }
    CHECK(claims_in("From: \"Bob: @home, 100 @ 5\" <bob@a.test>\r\n").mentioned == Addresses{"100@5"});
}

TEST_CASE("what a reader does not see, or takes for the end of a word, hides no address") {
    for (const char* unseen :
         {"\u034F", "\u061C", "\u115F", "\u1160", "\u180E", "\u2028", "\u2029", "\u2065", "\u2067", "\u3164", "\uFFA0",
          "\uFE0F", "\uFFF9", "\U0001D173", "\U000E0061", "\U000E0100", "\U000E0FFF", "\u0085"}) {
        CAPTURE(unseen);
        const std::string spelled = "e" + std::string(unseen) + "ve@b." + unseen + "test";
        CHECK(claims_in("From: \"" + spelled + "\" <bob@a.test>\r\n").mentioned.front().starts_with("eve@b.test"));
        const Claims resent = claims_in("Resent-From: bob@a.test\r\nFrom: <" + spelled + ">\r\n");
        CHECK(resent.fault.empty());
        CHECK(std::ranges::count(resent.mentioned, "eve@b.test") == 1);
    }
    for (const char* value :
         {"\u201Ceve@b.test\u201D", "\u2709eve@b.test", "Eve\u2028eve@b.test\u2028", "Eve\u3164eve@b.test\u00B7",
          "\u300Ceve\uFF20b\u3002test\u300D", "\u2800eve@b.test", "=?utf-8?q?Eve=0Aeve=40b.test?="}) {
        CAPTURE(value);
        const Claims claims = claims_in("From: " + std::string(value) + " <bob@a.test>\r\n");
        CHECK(claims.fault.empty());
        CHECK(std::ranges::count(claims.mentioned, "eve@b.test") == 1);
    }
}

TEST_CASE("what readers may understand in different ways cannot be judged") {
    struct Row {
        std::string section;
        const char* fault;
    };
    for (const Row& row : {
             Row{"From: bob@a.test\r\nFrom: eve@b.test\r\n", "From: stands there more than once"},
             Row{"From: bob@a.test\r\nSubject: x\r\nfrom : bob@a.test\r\n", "From: stands there more than once"},
             Row{"From: \r\nFrom: bob@a.test\r\n", "From: stands there more than once"},
             Row{"Sender: bob@a.test\r\nSender: eve@b.test\r\n", "Sender: stands there more than once"},
             Row{"From:\r\n", "From: has no address"},
             Row{"From: (eve@b.test)\r\n", "From: has no address"},
             Row{"From: Eve:;\r\n", "From: has no address"},
             Row{"Sender: \r\n", "Sender: has no address"},
             Row{"From: eve\r\n", "From: not everything is an address"},
             Row{"From: Eve Smith, bob@a.test\r\n", "From: not everything is an address"},
             Row{"From: Eve <>\r\n", "From: not everything is an address"},
             Row{"From: =?utf-8?q?eve=40b.test?=\r\n", "From: not everything is an address"},
             Row{"From: <@x.test,@y.test:bob@a.test>\r\n", "From: an address has a route"},
             Row{"From: <@eve@b.test:bob@a.test>\r\n", "From: an address has a route"},
             Row{"Resent-From: bob@a.test\r\nFrom: <@b.test:eve@far.test>\r\n", "From: an address has a route"},
             Row{std::string("From:\0 bob@a.test\r\n", 19), "From: has a control character"},
             Row{"From: bob@a.test\x1b[2K\r\n", "From: has a control character"},
             Row{"From: " + repeated("bob@a.test, ", 100) + "eve@b.test\r\n", "From: has more than 100 addresses"},
             Row{"From: \"" + repeated("x@y ", 300) + "\" <bob@a.test>\r\n", "From: has too many addresses"},
         }) {
        CAPTURE(row.section);
        CHECK(claims_in(row.section).fault == row.fault);
    }
    CHECK(claims_in("From: " + repeated("bob@a.test, ", 99) + "bob@a.test\r\n").fault.empty());
}

TEST_CASE("who resends vouches with an own Resent-From, the first; all else is only mentioned") {
    const Claims claims = claims_in(
        "Resent-From: bob@a.test\r\nResent-Sender: pa@a.test\r\nResent-From: ann@far.test\r\nFrom: eve@b.test\r\n"
        "Sender: list@far.test\r\n");
    CHECK(claims.fault.empty());
    CHECK(claims.own == Addresses{"bob@a.test"});
    CHECK(claims.mentioned == Addresses{"ann@far.test", "eve@b.test", "list@far.test", "pa@a.test"});
    // A Resent-Sender alone is no author that could vouch.
    CHECK(claims_in("Resent-Sender: bob@a.test\r\nFrom: eve@b.test\r\n").own == Addresses{"eve@b.test"});
}

TEST_CASE("submissions in another's name are refused, and what is the user's own passes") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(storage::add_alias("sales@hamburger.edu", {"bob@hamburger.edu"})));
    REQUIRE(desk.house.store->write_now(storage::add_alias("away@hamburger.edu", {"eve@far.org"})));
    const auto accepted = [&](const std::string& section) {
        const auto receipt = desk.send(desk.submission({"eve@hamburger.edu"}), section + "Subject: x\r\n\r\nhi\r\n");
        if (!receipt) CHECK(receipt.error().reason == Reason::not_permitted);
        return receipt.has_value();
    };
    for (const char* section :
         {"From: bob@hamburger.edu\r\n", "From: Bob <BOB+x@Hamburger.EDU>, sales@hamburger.edu\r\n", "",
          "From: \"bob@hamburger.edu\" <bob@hamburger.edu>\r\n", "From: \"bob@work.test\" <bob@hamburger.edu>\r\n",
          "From: \"nobody@hamburger.edu\" <bob@hamburger.edu>\r\n",
          "Resent-From: sales@hamburger.edu\r\nFrom: eve@far.org\r\nSender: list@far.org\r\n"}) {
        CAPTURE(section);
        CHECK(accepted(section));
    }
    for (const char* section :
         {"From: eve@hamburger.edu\r\n", "From: eve@far.org\r\n", "From: bob@hamburger.edu, eve@hamburger.edu\r\n",
          "From: \"Eve@HAMBURGER.edu\" <bob@hamburger.edu>\r\n", "From: away@hamburger.edu\r\n",
          "From: bob@hamburger.edu\r\nSender: eve@hamburger.edu\r\n", "Resent-From: eve@hamburger.edu\r\n",
          "Resent-From: bob@hamburger.edu\r\nFrom: eve@hamburger.edu\r\n",
          "Resent-From: bob@hamburger.edu\r\nFrom: x@far.org\r\nSender: away@hamburger.edu\r\n",
          "Resent-From: bob@hamburger.edu\r\nFrom: \"Eve <eve@hamburger.edu>\" <x@far.org>\r\n",
          "Resent-Sender: bob@hamburger.edu\r\nFrom: eve@hamburger.edu\r\n",
          // A line that is no field, or only to some readers.
          "From: bob@hamburger.edu\r\ngarbage\r\nX: y\r\n", "Fro\xC3\xB6: x\r\nX: y\r\n", " From: x\r\nX: y\r\n"}) {
        CAPTURE(section);
        CHECK_FALSE(accepted(section));
    }
    // A stranger's mail, and the administrator's choice.
    CHECK(desk.send(desk.envelope("a@far.org", {"eve@hamburger.edu"}), "From: eve@hamburger.edu\r\ngarbage\r\n\r\nx"));
    desk.intake.configure({.hostname = "mail.hamburger.edu", .check_from_header = false});
    CHECK(accepted("From: eve@hamburger.edu\r\nFrom: x\r\n"));
}

TEST_CASE("a submission without its blank line gets one: no reader takes fields from its text") {
    Desk desk;
    const struct {
        const char* content;
        const char* ending;
    } rows[] = {
        {"Subject: x\r\nHello\r\nthere\r\nFrom: eve@hamburger.edu\r\n\r\ny\r\n",
         "Subject: x\r\n\r\nHello\r\nthere\r\nFrom: eve@hamburger.edu\r\n\r\ny\r\n"},
        {"Subject: x\r\nFro\r\n m: eve@hamburger.edu\r\n\r\ny\r\n",
         "Subject: x\r\n\r\nFro\r\n m: eve@hamburger.edu\r\n\r\ny\r\n"},
        {"Subject: x\r\n--b\r\n\r\n", "Subject: x\r\n\r\n--b\r\n\r\n"},
        {"Subject: x\r\n", "Subject: x\r\n\r\n"},
        {"Subject: x", "Subject: x\r\n\r\n"},
        {"Subject: x\r\n\r\ny", "Subject: x\r\n\r\ny"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.content);
        REQUIRE(desk.send(desk.submission({"eve@hamburger.edu"}), row.content));
        CHECK(desk.house.inbox(desk.house.eve)
                  .back()
                  .ends_with("From: <bob@hamburger.edu>\r\n" + std::string(row.ending)));
    }
}
