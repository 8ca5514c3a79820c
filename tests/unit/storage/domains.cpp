// Domains, aliases, and the destinations of an address.
#include "storage/domains.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

// "alice(detail) bob -> remote@elsewhere": the destinations as text.
std::string meaning(TemporaryStore& house, const std::string& address) {
    const Result<ResolvedRecipient> found = house.read(resolve_recipient(address));
    if (!found) return found.error().reason == Reason::no_such_domain ? "no domain" : "nobody";
    std::string words;
    for (const ResolvedRecipient::Local& local : found->local) {
        words += (words.empty() ? "" : " ") + local.account_name.substr(0, local.account_name.find('@'));
        if (!local.detail.empty()) words += "(" + local.detail + ")";
    }
    for (const std::string& remote : found->remote) words += " -> " + remote;
    return words;
}

// Which account or alias answers to the address, and whether it was followed; known are those given.
std::string named(TemporaryStore& house, const std::string& address, const std::string& known = "") {
    const auto found = house.get(resolve_recipient(address, [=](const std::string& name) { return name == known; }));
    const bool followed = !found.local.empty() || !found.remote.empty() || !found.missing.empty();
    return found.name + (followed ? "" : " not followed");
}

}  // namespace

TEST_CASE("the first domain is the default; a domain in use stays") {
    TemporaryStore house;
    CHECK(reason_of(house.read(default_domain())) == Reason::no_such_domain);
    house.run(add_domain("Zoo.example", now));
    house.run(add_domain("a.example", now));
    house.run(add_domain("xn--bcher-kva.example", now));
    CHECK(house.get(default_domain()) == "zoo.example");
    CHECK(house.get(list_domains()) == std::vector<std::string>{"a.example", "b\u00FCcher.example", "zoo.example"});
    CHECK(reason_of(house.write(add_domain("ZOO.EXAMPLE", now))) == Reason::already_exists);
    CHECK(reason_of(house.write(add_domain("B\u00DCCHER.example", now))) == Reason::already_exists);
    CHECK(reason_of(house.write(add_domain("not a domain", now))) == Reason::invalid_name);

    house.add_account("alice@zoo.example");
    CHECK(reason_of(house.write(remove_domain("zoo.example"))) == Reason::in_use);
    house.run(remove_account("alice@zoo.example"));
    house.run(add_alias("x@zoo.example", {"y@elsewhere.example"}));
    house.run(remove_domain("zoo.example"));
    CHECK(house.get(list_aliases()).empty());
    CHECK(house.get(default_domain()) == "a.example");
    CHECK(reason_of(house.write(remove_domain("zoo.example"))) == Reason::no_such_domain);
}

TEST_CASE("aliases that can and cannot be") {
    TemporaryStore house;
    house.add_account("alice@example.org");
    const auto add = [&](const char* name, std::vector<std::string> targets) {
        return reason_of(house.write(add_alias(name, std::move(targets))));
    };
    CHECK(add("Info@Example.org", {"ALICE@example.org", "Some.One@elsewhere.example"}) == std::nullopt);
    CHECK(add("info@example.org", {"alice@example.org", "third@elsewhere.example"}) == std::nullopt);
    CHECK(add("@example.org", {"alice@example.org"}) == std::nullopt);
    CHECK(add("alice@example.org", {"bob@example.org"}) == Reason::already_exists);
    CHECK(add("x@elsewhere.example", {"alice@example.org"}) == Reason::no_such_domain);
    CHECK(add("x y@example.org", {"alice@example.org"}) == Reason::invalid_name);
    CHECK(add("x@example.org", {"alice"}) == Reason::invalid_name);
    CHECK(add("x@example.org", {}) == Reason::invalid_name);

    std::vector<Alias> aliases = house.get(list_aliases());
    REQUIRE(aliases.size() == 2);
    CHECK(aliases[0].name == "@example.org");
    // Local parts at other domains keep their case.
    CHECK(aliases[1].targets ==
          std::vector<std::string>{"Some.One@elsewhere.example", "alice@example.org", "third@elsewhere.example"});

    house.run(remove_alias("info@example.org", {"third@elsewhere.example"}));
    CHECK(reason_of(house.write(remove_alias("info@example.org", {"x@y.example"}))) == Reason::no_such_alias);
    CHECK(house.get(list_aliases())[1].targets.size() == 2);
    house.run(remove_alias("INFO@example.org", {}));
    CHECK(house.get(list_aliases()).size() == 1);
    CHECK(reason_of(house.write(remove_alias("info@example.org", {}))) == Reason::no_such_alias);
}

TEST_CASE("where an address leads") {
    TemporaryStore house;
    house.add_account("alice@example.org");
    house.add_account("bob@example.org");
    house.add_account("bob+work@example.org");
    house.add_account("gr\u00FC\u00DFe@b\u00FCcher.example");
    house.run(add_alias("all@example.org", {"alice@example.org", "bob@example.org", "info@example.org"}));
    house.run(add_alias("info@example.org", {"alice@example.org", "x@elsewhere.example"}));
    house.run(add_alias("loop@example.org", {"pool@example.org"}));
    house.run(add_alias("pool@example.org", {"loop@example.org"}));
    CHECK(reason_of(house.write(add_alias("half@example.org", {"half@example.org"}))) == Reason::invalid_name);
    house.run(add_alias("half@example.org", {"back@example.org", "bob@example.org"}));
    house.run(add_alias("back@example.org", {"half@example.org"}));
    house.run(add_alias("gone@example.org", {"nobody@example.org"}));
    house.run(add_alias("tagged@example.org", {"alice+t@example.org"}));

    struct Row {
        const char* address;
        const char* meaning;
    };
    const Row rows[] = {
        {"alice@example.org", "alice"},
        {"ALICE@EXAMPLE.ORG", "alice"},
        {"\"alice\"@example.org", "alice"},
        {"alice+lists@example.org", "alice(lists)"},
        {"alice+@example.org", "alice"},
        {"+alice@example.org", "nobody"},
        {"bob+work@example.org", "bob+work"},
        {"bob+play+more@example.org", "bob(play+more)"},
        {"all@example.org", "alice bob -> x@elsewhere.example"},
        {"info+tag@example.org", "alice(tag) -> x@elsewhere.example"},
        {"tagged@example.org", "alice(t)"},
        {"loop@example.org", "nobody"},
        {"half@example.org", "bob"},
        {"gone@example.org", "nobody"},
        {"nobody@example.org", "nobody"},
        {"alice@elsewhere.example", "no domain"},
        {"alice", "no domain"},
        {"gr\u00FC\u00DFe@xn--bcher-kva.example", "gr\u00FC\u00DFe"},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.address));
        CHECK(meaning(house, row.address) == row.meaning);
    }
    const ResolvedRecipient found = house.get(resolve_recipient("alice@example.org"));
    CHECK(found.local[0].inbox == house.mailbox(found.local[0].account, "INBOX"));
    CHECK_FALSE(found.local[0].room_octets.has_value());
    house.run(set_quota("alice@example.org", 10));
    CHECK(house.get(resolve_recipient("alice@example.org")).local[0].room_octets == 10u);
    house.append(found.local[0].inbox, "12345678");
    CHECK(house.get(resolve_recipient("alice@example.org")).local[0].room_octets == 2u);
    house.run(set_message_quota("alice@example.org", 1));
    CHECK(house.get(resolve_recipient("alice@example.org")).local[0].room_octets == 0u);
    house.run(set_quota("alice@example.org", std::nullopt));
    CHECK(house.get(resolve_recipient("alice@example.org")).local[0].room_octets == 0u);
}

TEST_CASE("a catch-all takes what nobody else takes") {
    TemporaryStore house;
    house.add_account("alice@example.org");
    house.add_account("bob@example.org");
    house.run(add_alias("@example.org", {"bob@example.org"}));
    CHECK(meaning(house, "alice@example.org") == "alice");
    CHECK(meaning(house, "alice+x@example.org") == "alice(x)");
    CHECK(meaning(house, "whoever@example.org") == "bob");
    house.run(add_alias("gone@example.org", {"nobody@example.org"}));
    CHECK(meaning(house, "gone@example.org") == "bob");
}

TEST_CASE("aliases are followed to a depth of 10") {
    TemporaryStore house;
    house.add_account("alice@example.org");
    house.run(add_alias("a0@example.org", {"alice@example.org"}));
    for (int i = 1; i <= 11; ++i) {
        house.run(add_alias("a" + std::to_string(i) + "@example.org", {"a" + std::to_string(i - 1) + "@example.org"}));
    }
    CHECK(meaning(house, "a9@example.org") == "alice");
    CHECK(meaning(house, "a11@example.org") == "nobody");
    // What is too deep is not lost silently, but is told as missing, unless there is a shorter way to it.
    house.add_account("bob@example.org");
    house.run(add_alias("wide@example.org", {"a10@example.org", "bob@example.org"}));
    CHECK(meaning(house, "wide@example.org") == "bob");
    CHECK(house.get(resolve_recipient("wide@example.org")).missing == std::vector<std::string>{"a0@example.org"});
    house.run(add_alias("wide@example.org", {"z@example.org"}));
    house.run(add_alias("z@example.org", {"a0@example.org"}));
    CHECK(house.get(resolve_recipient("wide@example.org")).missing.empty());
}

TEST_CASE("an alias that leads to more than 10,000 addresses here is refused, however they are nested") {
    TemporaryStore house;
    house.add_account("alice@example.org");
    house.run(add_alias("@example.org", {"alice@example.org"}));
    std::vector<std::string> many;
    for (int i = 0; i < 5'000; ++i) many.push_back("x" + std::to_string(i) + "@example.org");
    house.run(add_alias("half@example.org", many));
    CHECK(meaning(house, "half@example.org") == "alice");
    for (std::string& target : many) target = "y" + target;
    house.run(add_alias("more@example.org", many));
    house.run(add_alias("all@example.org", {"half@example.org", "more@example.org"}));
    CHECK(reason_of(house.read(resolve_recipient("all@example.org"))) == Reason::too_many);
}

TEST_CASE("who may send as whom") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const AccountId bob = house.add_account("bob@example.org");
    house.add_account("bob+work@example.org");
    house.run(add_alias("info@example.org", {"team@example.org"}));
    house.run(add_alias("team@example.org", {"alice@example.org"}));
    CHECK(house.get(may_send_as(alice, "Alice@example.org")));
    CHECK(house.get(may_send_as(alice, "alice+x@example.org")));
    CHECK(house.get(may_send_as(alice, "info@example.org")));
    CHECK_FALSE(house.get(may_send_as(bob, "info@example.org")));
    CHECK_FALSE(house.get(may_send_as(bob, "alice@example.org")));
    CHECK_FALSE(house.get(may_send_as(bob, "bob+work@example.org")));
    CHECK_FALSE(house.get(may_send_as(alice, "alice@elsewhere.example")));
    CHECK_FALSE(house.get(may_send_as(alice, "")));
}

TEST_CASE("an address has the name of the account or alias that answers to it; a known alias is not followed again") {
    TemporaryStore house;
    house.add_account("alice@example.org");
    house.add_account("bob@example.org");
    house.run(add_domain("other.example", now));
    house.run(add_alias("team@example.org", {"alice@example.org", "bob@example.org", "ghost@example.org"}));
    house.run(add_alias("team+all@example.org", {"bob@example.org"}));
    house.run(add_alias("both@example.org", {"team@example.org", "x@elsewhere.example"}));
    house.run(add_alias("@other.example", {"both@example.org"}));
    CHECK(named(house, "Alice+news@example.org") == "alice@example.org");
    CHECK(named(house, "team@example.org") == "team@example.org");
    CHECK(named(house, "TEAM+x@example.org") == "team@example.org");
    CHECK(named(house, "team+all@example.org") == "team+all@example.org");
    CHECK(named(house, "any@other.example") == "@other.example");

    CHECK(named(house, "team+x@example.org", "team@example.org") == "team@example.org not followed");
    CHECK(named(house, "team+all@example.org", "team@example.org") == "team+all@example.org");
    CHECK(named(house, "any@other.example", "@other.example") == "@other.example not followed");
    // Only the address's own: what it leads to is followed.
    CHECK(named(house, "both@example.org", "team@example.org") == "both@example.org");
    CHECK(house
              .get(resolve_recipient("both@example.org",
                                     [](const std::string& name) { return name == "team@example.org"; }))
              .local.size() == 2);
}
