// Normal forms: domains by IDNA, addresses, mailbox names (RFC 9051 §5.1).
#include "storage/normal_names.h"

#include <doctest/doctest.h>

using namespace storage;

TEST_CASE("domains are kept as lower-case U-labels") {
    CHECK(normal_domain("Example.ORG") == "example.org");
    CHECK(normal_domain("xn--bcher-kva.example") == "b\u00FCcher.example");
    CHECK(normal_domain("B\u00DCCHER.example") == "b\u00FCcher.example");
    CHECK(normal_domain("localhost") == "localhost");
    const std::string long_label(64, 'a');
    for (const std::string& bad :
         {std::string(), std::string("a..b"), std::string(".a"), std::string("a."), std::string("a b"),
          std::string("a_b"), std::string("[127.0.0.1]"), std::string("-a.b"), long_label + ".org",
          std::string("a\0b", 3), std::string("\xFF.org")}) {
        CAPTURE(bad);
        CHECK(normal_domain(bad) == std::nullopt);
    }
}

TEST_CASE("addresses") {
    CHECK(normal_address("Alice@Example.org") == "alice@example.org");
    CHECK(normal_address("alice.b+c@example.org") == "alice.b+c@example.org");
    CHECK(normal_address("\"alice\"@example.org") == "alice@example.org");
    CHECK(normal_address("gr\u00FC\u00DFe@example.org") == "gr\u00FC\u00DFe@example.org");
    for (const char* bad :
         {"", "@", "alice", "@example.org", "alice@", ".a@example.org", "a..b@example.org", "a b@example.org",
          "a\"b@example.org", "\"a b\"@example.org", "a@b@example.org", "\"a\\\"@example.org", "a\x01@example.org"}) {
        CAPTURE(bad);
        CHECK(normal_address(bad) == std::nullopt);
    }
    CHECK(normal_address(std::string(65, 'a') + "@example.org") == std::nullopt);
    CHECK(split_address("\"john \\\"x\\\" doe\"@example.org")->local == "john \"x\" doe");
}

TEST_CASE("INBOX is one mailbox in any case, also as the first level") {
    CHECK(normal_mailbox_name("inBox") == "INBOX");
    CHECK(normal_mailbox_name("inbox/sub") == "INBOX/sub");
    CHECK(normal_mailbox_name("Inbox2") == "Inbox2");
    CHECK(normal_mailbox_name("a/inbox") == "a/inbox");
    // RFC 9051 §5.1, RFC 5198: "o" and a combining diaeresis are one letter; invalid UTF-8 stays unchanged.
    CHECK(normal_mailbox_name("Inbox/Ko\xcc\x88ln") == "INBOX/K\xc3\xb6ln");
    CHECK(normal_mailbox_name("K\xc3\xb6ln") == "K\xc3\xb6ln");
    CHECK(normal_mailbox_name("K\xff\xcc\x88") == "K\xff\xcc\x88");
}

TEST_CASE("mailbox names that may be") {
    std::string deep = "a";
    for (int i = 1; i < 50; ++i) deep += "/a";
    for (const std::string& good :
         {std::string("INBOX"), std::string("Sent Items"), std::string("a/b/c"), std::string("\u00C9t\u00E9"),
          std::string("a.b"), std::string("..."), std::string("R&D"), deep, std::string(1024, 'x')}) {
        CAPTURE(good);
        CHECK(is_valid_mailbox_name(good));
    }
    for (const std::string& bad :
         {std::string(), std::string("/"), std::string("/a"), std::string("a/"), std::string("a//b"),
          std::string("a/../b"), std::string("."), std::string("a%"), std::string("*"), std::string("a\nb"),
          std::string("a\0b", 3), std::string("\x7F"), std::string("\u0085"), std::string("\u2028"),
          std::string("\xC0\x80"), std::string("\xED\xA0\x80"), deep + "/a", std::string(1025, 'x')}) {
        CAPTURE(bad);
        CHECK_FALSE(is_valid_mailbox_name(bad));
    }
}

TEST_CASE("names of others' mailboxes, there and back") {
    const std::pair<const char*, const char*> rows[] = {
        {"bob@example.org", "Other Users/bob@example.org/Work/2026"},
        {"a/b=c%d*e@example.org", "Other Users/a=2Fb=3Dc=25d=2Ae@example.org/Work/2026"},
        {"gr\u00FC\u00DFe@b\u00FCcher.example", "Other Users/gr\u00FC\u00DFe@b\u00FCcher.example/Work/2026"},
    };
    for (const auto& [account, name] : rows) {
        CHECK(other_users_name(account, "Work/2026") == name);
        CHECK(is_valid_mailbox_name(name));
        const std::optional<OtherUsersName> parts = split_other_users_name(name);
        REQUIRE(parts.has_value());
        CHECK(parts->account == account);
        CHECK(parts->mailbox == "Work/2026");
    }
    CHECK(is_in_other_users("Other Users"));
    CHECK(is_in_other_users("Other Users/x"));
    CHECK_FALSE(is_in_other_users("Other Users of old"));
    for (const char* name : {"Other Users", "Other Users/", "Other Users/a", "Other Users/a/", "Work/a",
                             "Other Users/a=2/x", "Other Users/a=2G/x", "Other Users/a=/x"}) {
        CHECK_FALSE(split_other_users_name(name).has_value());
    }
}
