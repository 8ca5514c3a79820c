// What lists add, and look for.
#include "server/delivery/list_mail.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "protocols/base/text.h"

namespace list_mail_story {

using namespace server::delivery;

TEST_CASE("a list's fields, on lines of their own") {
    CHECK(list_fields("dev@example.org") ==
          "Delivered-To: dev@example.org\r\nList-Id: <dev.example.org>\r\nList-Post: <mailto:dev@example.org>\r\n"
          "List-Help: <mailto:dev-owner@example.org?subject=help>\r\n"
          "List-Unsubscribe: <mailto:dev-unsubscribe@example.org?subject=unsubscribe>\r\n"
          "List-Owner: <mailto:dev-owner@example.org>\r\nPrecedence: list\r\n");
    CHECK(list_id("dev@b\xC3\xBC"
                  "cher.example") == "dev.xn--bcher-kva.example");
    for (const std::string_view name : list_field_names()) CHECK(name != "Received");
}

TEST_CASE("a bounce says whose it is, if it was made here, for three weeks") {
    constexpr std::int64_t now = 1'700'000'000;
    const Seals seals({"secret"}, now);
    const std::string address = bounce_address(seals, "dev@example.org", 4'000'000'000);
    CHECK(address.starts_with("dev-bounces="));
    CHECK(address.rfind('@') <= 64);
    CHECK(bounce_address(seals, std::string(30, 'a') + "@example.org", 4'000'000'000).rfind('@') <= 64);
    CHECK(is_bounce_address(address));
    CHECK_FALSE(is_bounce_address("dev-bounces@example.org"));
    CHECK(bounced_member(seals, base::upper(address)) == 4'000'000'000);
    CHECK(bounced_member(Seals({"new", "secret"}, now + 21 * Seals::day_seconds), address));
    CHECK_FALSE(bounced_member(Seals({"secret"}, now + 22 * Seals::day_seconds), address));
    CHECK_FALSE(bounced_member(Seals({"other"}, now), address));
    for (std::size_t i = address.find('=') + 1; i < address.size(); ++i) {
        std::string changed = address;
        changed[i] = changed[i] == '7' ? '8' : '7';
        CAPTURE(changed);
        CHECK_FALSE(bounced_member(seals, changed));
        CHECK_FALSE(bounced_member(seals, address.substr(0, i)));
        if (i < address.rfind('@')) CHECK_FALSE(bounced_member(seals, address.substr(0, i) + "@example.org"));
    }
    // The day is sealed, too: an old address cannot be made young.
    const Seals next_day({"secret"}, now + Seals::day_seconds);
    const std::string tomorrows = next_day.stamp();
    std::string younger = address;
    younger.replace(address.find('=') + 1 + Seals::letters + 1, tomorrows.size(), tomorrows);
    CHECK(bounce_address(next_day, "dev@example.org", 1).contains("=" + tomorrows + "="));
    CHECK_FALSE(bounced_member(next_day, younger));
    CHECK_FALSE(bounced_member(seals, "devs" + address.substr(3)));
    CHECK_FALSE(bounced_member(seals, "-bounces=@example.org"));
    CHECK_FALSE(bounced_member(seals, "-bounces=="));
}

TEST_CASE("what must not go to a list: its own mail, automatic replies, bulk mail") {
    CHECK_FALSE(loop_fault({.list_id = {" The list <DEV.example.org>"}}, "dev@example.org").empty());
    CHECK(loop_fault({.list_id = {" <dev.example.net>", " dev.example.org <x>", "", "<"}}, "dev@example.org").empty());
    CHECK_FALSE(automatic_fault({.list_id = {}, .auto_submitted = {" Auto-Replied (vacation)"}}).empty());
    CHECK_FALSE(automatic_fault({.list_id = {}, .auto_submitted = {}, .precedence = {" junk"}}).empty());
    CHECK_FALSE(automatic_fault({.list_id = {}, .auto_submitted = {}, .precedence = {"Bulk"}}).empty());
    CHECK(automatic_fault({.list_id = {}, .auto_submitted = {" no", " auto-generated"}, .precedence = {" list"}})
              .empty());
}

TEST_CASE("which list a message is of (RFC 2919 §3)") {
    CHECK(list_identifier({.list_id = {" Cooks <Cooks.Lists.test>"}}) == "cooks.lists.test");
    CHECK(list_identifier({.list_id = {"<a> <cooks.lists.test> "}}) == "cooks.lists.test");
    for (const std::string_view unclear : {"cooks.lists.test", "<cooks lists.test>", "<>", "<x.test> y", "", "<"})
        CHECK(list_identifier({.list_id = {unclear}}).empty());
    CHECK(list_identifier({.list_id = {"<a.test>", "<a.test>"}}).empty());
    CHECK(list_identifier({}).empty());
}

TEST_CASE("a report tells of a failure, or of something else (RFC 3464 §2.3.3)") {
    CHECK(tells_of_failure("Final-Recipient: rfc822;x@y\r\naction:  Failed\r\nStatus: 5.1.1\r\n"));
    CHECK(tells_of_failure("Action: failed"));
    CHECK_FALSE(tells_of_failure("Action: delayed\r\nStatus: 4.0.0\r\n"));
    CHECK_FALSE(tells_of_failure("I am away. Action: failed\r\n"));
    CHECK_FALSE(tells_of_failure(""));
}

}  // namespace list_mail_story
