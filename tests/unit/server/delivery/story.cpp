// A message's story: what is told of its origin, its recipients and its names.
#include "server/delivery/story.h"

#include <doctest/doctest.h>

#include "tests/unit/server/delivery/intake_desk.h"

using namespace server::delivery;

namespace {

std::string recipients_of(const services::IntakeEnvelope& envelope, std::size_t most = 1'000) {
    storage::TraceText story;
    tell_recipients(story, envelope, most);
    return story.text();
}

Names names_in(std::string_view section) { return names_of(examine_header(section)); }

}  // namespace

TEST_CASE("what a message calls itself, whatever it has around that") {
    CHECK(names_in("Message-ID: <1@crepes.fr> (x)\r\nMessage-ID: <2@crepes.fr>\r\n").message_id == "1@crepes.fr");
    CHECK(names_in("Message-ID:\r\n <1@crepes.fr>\r\n").message_id == "1@crepes.fr");
    CHECK(names_in("Message-ID: odd \r\n").message_id == "odd");
    CHECK(names_in("Message-ID: >odd<\r\n").message_id == ">odd<");
    CHECK(names_in("Subject: x\r\n").message_id.empty());
    const std::vector<std::string> two{"alice@crepes.fr", "bob@hamburger.edu"};
    CHECK(names_in("From: Alice <alice@crepes.fr>, bob@hamburger.edu\r\n").authors == two);
    CHECK(names_in("From: alice@crepes.fr\r\nFrom: bob@hamburger.edu\r\n").authors == two);
    CHECK(names_in("From: a@b, c@d, e@f, g@h\r\nFrom: i@j\r\n").authors.size() == 3);
}

TEST_CASE("the origin of a message: what is not known is not told") {
    Desk desk;
    storage::TraceText story;
    tell_origin(story, desk.envelope("", {"bob@hamburger.edu"}));
    CHECK(story.text() == "area smtp\nclient 192.0.2.7\nhelo crepes.fr\nwith SMTP\nfrom <>\n");
    storage::TraceText submitted;
    services::IntakeEnvelope envelope = desk.submission({"bob@hamburger.edu"});
    envelope.session = "7f3a";
    envelope.tls = "TLSv1.3 X";
    envelope.tls_wish = bits::TlsWish::required;
    tell_origin(submitted, envelope);
    CHECK(submitted.text() ==
          "area smtp\nsession 7f3a\nclient 192.0.2.7\nhelo crepes.fr\nwith SMTP\ntls TLSv1.3 X\n"
          "user bob@hamburger.edu\nfrom bob@hamburger.edu\nwants requiretls\n");
}

TEST_CASE("behind each recipient stands where it leads; behind several that lead to the same, once") {
    Desk desk;
    REQUIRE(
        desk.house.store->write_now(storage::add_alias("team@hamburger.edu", {"bob@hamburger.edu", "x@crepes.fr"})));
    CHECK(recipients_of(desk.envelope("a@b", {"bob+lists@hamburger.edu", "x@elsewhere.test"})) ==
          "to bob+lists@hamburger.edu\naccount bob@hamburger.edu\nto x@elsewhere.test\n");
    CHECK(recipients_of(desk.envelope("a@b", {"bob@hamburger.edu"})) == "to bob@hamburger.edu\n");
    const auto team = desk.envelope("a@b", {"team@hamburger.edu", "team+x@hamburger.edu", "eve@hamburger.edu"});
    CHECK(recipients_of(team) ==
          "to team@hamburger.edu\naccount bob@hamburger.edu\nforward x@crepes.fr\nto team+x@hamburger.edu\n"
          "to eve@hamburger.edu\n");
    CHECK(recipients_of(team, 1) ==
          "to team@hamburger.edu\naccount bob@hamburger.edu\nforward x@crepes.fr\nothers 2\n");
}
