// The mailboxes that LIST and LSUB show. RFC 3501 §6.3.8, §6.3.9; RFC 5258 §5 (examples).
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "../compute_turns.h"
#include "../fixed_allowance.h"
#include "protocols/base/slices.h"
#include "protocols/imap/mailbox/mailbox_list.h"
#include "tests/unit/storage/temporary_store.h"

namespace {

using imap::Listed;
using storage::Mailbox;
using storage::SpecialUse;

std::vector<Mailbox> mailboxes_of(std::initializer_list<std::string> names) {
    std::vector<Mailbox> mailboxes;
    for (const std::string& name : names) {
        Mailbox mailbox;
        mailbox.name = name;
        if (name == "Sent") mailbox.special_use = SpecialUse::sent;
        mailboxes.push_back(mailbox);
    }
    return mailboxes;
}

std::string text(const std::vector<Listed>& listed) {
    std::string out;
    for (const Listed& one : listed) {
        if (!out.empty()) out += ", ";
        out += one.name;
        for (const std::string_view attribute : one.attributes) out += " " + std::string(attribute);
        if (one.child_subscribed) out += " +";
    }
    return out;
}

template <class Command>
std::string listed(Command command, imap::MailboxNames names) {
    const auto shared = std::make_shared<const imap::MailboxNames>(std::move(names));
    imap::MailboxLister lister(std::move(command), shared);
    while (lister.go_on()) continue;
    return text(lister.take_listed());
}

const std::vector<Mailbox> fruit = mailboxes_of({"INBOX", "Fruit", "Fruit/Apple", "Fruit-juice", "Sent"});

std::string list(std::string_view reference, std::string_view pattern, imap::wire::List command = {},
                 const std::vector<std::string>& subscriptions = {"INBOX", "Fruit/Apple", "Vegetable/Leek"}) {
    command.reference = reference;
    command.patterns = {std::string(pattern)};
    return listed(command, {fruit, subscriptions});
}

imap::wire::List selecting(imap::wire::List::Selection select) {
    imap::wire::List command;
    command.extended = true;
    command.select = select;
    return command;
}

}  // namespace

TEST_CASE("children and special uses are told unasked, inferiors stand behind their superior") {
    CHECK(list("", "*") ==
          "INBOX \\HasNoChildren, Fruit \\HasChildren, Fruit/Apple \\HasNoChildren, Fruit-juice \\HasNoChildren, "
          "Sent \\HasNoChildren \\Sent");
    CHECK(list("", "%") ==
          "INBOX \\HasNoChildren, Fruit \\HasChildren, Fruit-juice \\HasNoChildren, Sent \\HasNoChildren \\Sent");
    CHECK(list("Fruit/", "%") == "Fruit/Apple \\HasNoChildren");
    CHECK(list("", "inbox") == "INBOX \\HasNoChildren");
    CHECK(list("", "Nothing") == "");
}

TEST_CASE("selection options (RFC 5258 §3.1, RFC 6154 §2)") {
    CHECK(list("", "*", selecting({.special_use = true})) == "Sent \\HasNoChildren \\Sent");
    CHECK(list("", "*", selecting({.subscribed = true})) ==
          "INBOX \\HasNoChildren \\Subscribed, Fruit/Apple \\HasNoChildren \\Subscribed, "
          "Vegetable/Leek \\NonExistent \\HasNoChildren \\Subscribed");
    CHECK(list("", "%", selecting({.subscribed = true, .recursive_match = true})) ==
          "INBOX \\HasNoChildren \\Subscribed, Fruit \\HasChildren +, Vegetable \\NonExistent \\HasNoChildren +");
    CHECK(list("", "*", selecting({.subscribed = true, .recursive_match = true})) ==
          "INBOX \\HasNoChildren \\Subscribed, Fruit/Apple \\HasNoChildren \\Subscribed, "
          "Vegetable/Leek \\NonExistent \\HasNoChildren \\Subscribed");
    CHECK(list("", "%", selecting({.subscribed = true, .recursive_match = true, .special_use = true})) == "");
    imap::wire::List asking;
    asking.returns.subscribed = true;
    CHECK(list("", "Fruit/*", asking) == "Fruit/Apple \\HasNoChildren \\Subscribed");
}

TEST_CASE("LSUB shows superiors of subscribed names under % (RFC 3501 §6.3.9)") {
    const std::vector<std::string> subscriptions = {"INBOX", "Fruit/Apple", "Vegetable/Leek"};
    const auto lsub = [&](std::string_view pattern) {
        return listed(imap::wire::Lsub{"", std::string(pattern)}, {fruit, subscriptions});
    };
    CHECK(lsub("*") == "INBOX, Fruit/Apple, Vegetable/Leek");
    CHECK(lsub("%") == "INBOX, Fruit \\Noselect, Vegetable \\Noselect");
    CHECK(lsub("Fruit/%") == "Fruit/Apple");
}

TEST_CASE("the examples 8 and 9 of RFC 5258 §5") {
    const auto recursive = [](const std::vector<Mailbox>& mailboxes, std::string_view pattern,
                              const std::vector<std::string>& subscriptions) {
        imap::wire::List command = selecting({.subscribed = true, .recursive_match = true});
        command.patterns = {std::string(pattern)};
        return listed(command, {mailboxes, subscriptions});
    };
    const std::vector<Mailbox> eight = mailboxes_of({"INBOX", "Foo", "Foo/Bar", "Foo/Baz", "Moo"});
    CHECK(recursive(eight, "%", {"Foo/Baz"}) == "Foo \\HasChildren +");
    CHECK(recursive(eight, "%", {"Foo", "Foo/Baz"}) == "Foo \\HasChildren \\Subscribed +");
    CHECK(recursive(eight, "%", {}) == "");
    CHECK(recursive(eight, "%", {"Foo", "Moo"}) == "Foo \\HasChildren \\Subscribed, Moo \\HasNoChildren \\Subscribed");
    CHECK(recursive(mailboxes_of({"INBOX", "Moo"}), "%", {"Foo/Baz"}) == "Foo \\NonExistent \\HasNoChildren +");

    const std::vector<Mailbox> nine = mailboxes_of({"INBOX", "foo2", "foo2/bar1", "foo2/bar2", "baz2", "baz2/bar2",
                                                    "baz2/bar22", "baz2/bar222", "eps2", "eps2/mamba", "qux2/bar2"});
    // "baz2" and "qux2" are not listed: §3.5 SHOULD, since all subscribed names below them are listed themselves.
    CHECK(recursive(nine, "*2",
                    {"foo2/bar1", "foo2/bar2", "baz2/bar2", "baz2/bar22", "baz2/bar222", "eps2", "eps2/mamba",
                     "qux2/bar2"}) ==
          "baz2/bar2 \\HasNoChildren \\Subscribed, baz2/bar22 \\HasNoChildren \\Subscribed, "
          "baz2/bar222 \\HasNoChildren \\Subscribed, eps2 \\HasChildren \\Subscribed +, foo2 \\HasChildren +, "
          "foo2/bar2 \\HasNoChildren \\Subscribed, qux2/bar2 \\HasNoChildren \\Subscribed");
}

TEST_CASE("levels that are no mailboxes are shown where a pattern ends with % (RFC 3501 §6.3.8, RFC 4314 §4)") {
    const std::vector<Mailbox> all = mailboxes_of({"INBOX", "Other Users/a@b.org/Work/2026"});
    const auto list_all = [&](std::string_view pattern, bool extended) {
        imap::wire::List command;
        command.extended = extended;
        command.patterns = {std::string(pattern)};
        return listed(command, {all, {}});
    };
    CHECK(list_all("%", false) == "INBOX \\HasNoChildren, Other Users \\Noselect \\HasChildren");
    CHECK(list_all("%", true) == "INBOX \\HasNoChildren, Other Users \\NonExistent \\HasChildren");
    CHECK(list_all("Other Users/%", false) == "Other Users/a@b.org \\Noselect \\HasChildren");
    CHECK(list_all("*", false) == "INBOX \\HasNoChildren, Other Users/a@b.org/Work/2026 \\HasNoChildren");
    CHECK(list_all("Other Users", false) == "");
    CHECK(list_all("Other Users/a@b.org/%/%", false) == "Other Users/a@b.org/Work/2026 \\HasNoChildren");
}

TEST_CASE("many patterns, and one that is another's or says the same, list each mailbox once") {
    imap::wire::List command;
    for (int i = 0; i < 300; ++i) command.patterns.push_back(std::string(i, '%'));
    command.patterns.insert(command.patterns.end(), {"%*", "**", "inbox", "INBOX", "Fruit/%", "no%where"});
    const std::string expected = list("", "*");
    CHECK(listed(command, {fruit, {}}) == expected);

    // The result in slices is the same, and the slices end.
    const auto names = std::make_shared<const imap::MailboxNames>(imap::MailboxNames{fruit, {}});
    imap::MailboxLister lister(command, names);
    CHECK_FALSE(lister.is_much());
    int slices = 1;
    while (lister.go_on()) ++slices;
    CHECK(slices == 1);  // so few
    CHECK(text(lister.take_listed()) == expected);
}

TEST_CASE("descendants are found at any depth, and under no neighbour that only begins alike") {
    const std::vector<Mailbox> deep = mailboxes_of({"INBOX", "a", "a/b", "a/b/c", "a-b", "a-b/c", "ab"});
    imap::wire::List command = selecting({.subscribed = true, .recursive_match = true});
    command.patterns = {"%"};
    CHECK(listed(command, {deep, {"a/b/c"}}) == "a \\HasChildren +");
    CHECK(listed(command, {deep, {"a-b/c", "ab"}}) == "a-b \\HasChildren +, ab \\HasNoChildren \\Subscribed");
}

TEST_CASE("ten thousand mailboxes and hostile patterns are much, and come in slices of bounded work") {
    imap::MailboxNames many;
    for (int i = 0; i < 10'000; ++i) {
        Mailbox mailbox;
        mailbox.name = "folder-number-" + std::to_string(10'000 + i) + "-with-a-name-of-fifty-octets-or-so";
        many.mailboxes.push_back(mailbox);
    }
    imap::wire::List command;
    for (char c = 'a'; c <= 'z'; ++c) {
        std::string pattern = "%";
        for (int i = 0; i < 20; ++i) (pattern += "o*") += c;
        command.patterns.push_back(pattern);
    }
    imap::MailboxLister lister(command, std::make_shared<const imap::MailboxNames>(std::move(many)));
    CHECK(lister.is_much());
    const test::Turns turns = test::turns_beside([&] { return lister.go_on(); });
    // Matching a pattern takes about eight steps; listing a name about a hundred more.
    constexpr int steps = base::Pace::steps_of_a_slice;
    CHECK(turns.slices >= 10'000 * 26 * 8 / steps);
    CHECK(turns.slices <= 10'000 * (26 * 10 + 150) / steps);
    CHECK(lister.take_listed().empty());
}

TEST_CASE("names count as the account's memory for as long as they are there") {
    storage_test::TemporaryStore house;
    const storage::AccountId alice = house.add_account("alice@example.org");
    const std::string long_name(1'000, 'x');
    for (int i = 0; i < 30; ++i) house.run(storage::create_mailbox(alice, std::to_string(i) + long_name));
    const auto allowance = std::make_shared<test::FixedAllowance>(1'000'000);
    {
        const auto names = house.get(imap::read_mailbox_names(alice, allowance));
        CHECK(names.mailboxes.size() > 30);
        CHECK(allowance->left < 970'000);
        allowance->left = 20'000;
        const auto refused = house.read(imap::read_mailbox_names(alice, allowance));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == storage::Reason::too_many);
        CHECK(allowance->left == 20'000);
    }
    const auto taken = [&] {
        const auto fresh = std::make_shared<test::FixedAllowance>(1'000'000);
        const auto names = house.get(imap::read_mailbox_names(alice, fresh));
        return 1'000'000 - fresh->left;
    };
    const std::uint64_t before = taken();
    CHECK(allowance->left == 20'000 + before);
    for (int i = 0; i < 30; ++i) {
        house.run(storage::subscribe_mailbox(alice, "a/b/c/d/e/f/g/h/i/j/k/l/" + std::to_string(i), true));
    }
    CHECK(taken() > before + std::uint64_t{30} * 13 * 100);  // each of its superiors may have to be listed
    CHECK(house.get(imap::read_few_mailbox_names(alice, 10, allowance)) == std::nullopt);
    CHECK(house.get(imap::read_few_mailbox_names(alice, 1'000, nullptr)));
}
