// Mailboxes by id, several properties at once; those that are gone; counts of emails. RFC 8621 §2.
#include "storage/mailbox_edits.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct EditHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId eve = add_account("eve@example.org");

    MailboxId make(const std::string& name, std::optional<MailboxId> parent = {}) {
        return run(make_mailbox(bob, bob, {.place = MailboxPlace{parent, name}})).id;
    }
    std::optional<Reason> edit(MailboxId mailbox, MailboxEdit wanted) {
        return reason_of(write(edit_mailbox({mailbox, bob}, std::move(wanted))));
    }
    Mailbox present(MailboxId mailbox) { return get(get_mailbox({mailbox, bob})); }
};

}  // namespace

TEST_CASE("a mailbox is made below another one, with all that it is to have, or not at all") {
    EditHouse house;
    const MailboxId above = house.make("above");
    const Mailbox made = house.run(make_mailbox(
        house.bob, house.bob,
        {.place = MailboxPlace{above, "below"}, .use = SpecialUse::important, .sort_order = 7, .subscribed = true}));
    const Mailbox below = house.present(made.id);
    CHECK(below.name == "above/below");
    CHECK(below.special_use == SpecialUse::important);
    CHECK(below.sort_order == 7);
    CHECK(below.subscribed);
    CHECK(below.created_modseq > house.present(above).created_modseq);
    const auto refused = [&](MailboxEdit edit) {
        return reason_of(house.write(make_mailbox(house.bob, house.bob, std::move(edit))));
    };
    CHECK(refused({.place = MailboxPlace{above, "below"}}) == Reason::already_exists);
    CHECK(refused({.place = MailboxPlace{above, "a/b"}}) == Reason::invalid_name);
    CHECK(refused({.place = MailboxPlace{MailboxId{999}, "x"}}) == Reason::no_such_mailbox);
    CHECK(refused({.place = MailboxPlace{house.mailbox(house.eve, "INBOX"), "x"}}) == Reason::no_such_mailbox);
    CHECK(refused({.place = MailboxPlace{above, "x"}, .use = SpecialUse::important}) == Reason::conflict);
    CHECK_FALSE(house.read(find_mailbox(house.bob, "above/x")).has_value());
}

TEST_CASE("an edit changes all that it names, or nothing") {
    EditHouse house;
    const MailboxId above = house.make("above");
    const MailboxId mailbox = house.make("one");
    const MailboxId child = house.make("child", mailbox);
    const Mailbox before = house.present(mailbox);
    const Mailbox child_before = house.present(child);
    CHECK(house.edit(mailbox, {.place = MailboxPlace{above, "two"}, .use = SpecialUse::sent}) == Reason::conflict);
    CHECK(house.present(mailbox).name == "one");
    CHECK(house.present(mailbox).changed_modseq == before.changed_modseq);
    CHECK_FALSE(house.edit(mailbox, {.place = MailboxPlace{above, "two"}, .sort_order = 3, .subscribed = true}));
    const Mailbox after = house.present(mailbox);
    CHECK(after.name == "above/two");
    CHECK((after.sort_order == 3 && after.subscribed));
    CHECK(after.changed_modseq > before.changed_modseq);
    CHECK(house.present(child).name == "above/two/child");
    CHECK(house.present(child).changed_modseq == child_before.changed_modseq);
    // What is so already is no change.
    CHECK_FALSE(house.edit(mailbox, {.place = MailboxPlace{above, "two"}, .use = SpecialUse::none, .sort_order = 3}));
    CHECK(house.present(mailbox).changed_modseq == after.changed_modseq);
    CHECK(house.edit(house.mailbox(house.bob, "INBOX"), {.place = MailboxPlace{{}, "x"}}) == Reason::not_permitted);
    CHECK(house.edit(mailbox, {.place = MailboxPlace{child, "x"}}) == Reason::invalid_name);
    CHECK(house.edit(MailboxId{999}, {.sort_order = 1}) == Reason::no_such_mailbox);
    CHECK(reason_of(house.write(edit_mailbox({mailbox, house.eve}, {.sort_order = 1}))) == Reason::no_such_mailbox);
}

TEST_CASE("what a mailbox is has changed with its subscription and its rights, too") {
    EditHouse house;
    const MailboxId mailbox = house.make("one");
    ModSeq last = house.present(mailbox).changed_modseq;
    const auto has_changed = [&] {
        const ModSeq present = house.present(mailbox).changed_modseq;
        return std::exchange(last, present) < present;
    };
    (void)house.run(subscribe_mailbox(house.bob, "one", true));
    CHECK(has_changed());
    (void)house.run(subscribe_mailbox(house.bob, "one", true));
    CHECK_FALSE(has_changed());
    (void)house.run(set_rights(house.bob, mailbox, {.identifier = "eve@example.org", .rights = right::all},
                               RightsEdit::replace, 10));
    CHECK(has_changed());
    (void)house.append(mailbox, "Subject: x\r\n\r\nx\r\n");
    CHECK_FALSE(has_changed());
}

TEST_CASE("a mailbox is destroyed by id; those that knew it can be told") {
    EditHouse house;
    const MailboxId above = house.make("above");
    const MailboxId below = house.make("below", above);
    const auto destroy = [&](MailboxId mailbox, bool with_messages) {
        return reason_of(house.write(destroy_mailbox({mailbox, house.bob}, with_messages)));
    };
    (void)house.append(below, "Subject: x\r\n\r\nx\r\n");
    CHECK(destroy(above, true) == Reason::has_children);
    CHECK(destroy(below, false) == Reason::conflict);
    CHECK(reason_of(house.write(destroy_mailbox({below, house.eve}, true))) == Reason::no_such_mailbox);
    const Mailbox last = house.present(below);
    CHECK_FALSE(destroy(below, true));
    CHECK(destroy(below, true) == Reason::no_such_mailbox);
    CHECK_FALSE(destroy(above, false));
    CHECK(destroy(house.mailbox(house.bob, "INBOX"), true) == Reason::not_permitted);
    const RemovedMailboxes removed = house.get(list_removed_mailboxes(house.bob));
    REQUIRE(removed.mailboxes.size() == 2);
    CHECK(removed.mailboxes[0].id == below);
    CHECK(removed.mailboxes[0].created_modseq == last.created_modseq);
    CHECK(removed.mailboxes[0].removed_modseq > last.highest_modseq);
    CHECK(removed.mailboxes[1].id == above);
    CHECK(removed.complete_from == ModSeq{});
    CHECK(house.get(list_removed_mailboxes(house.eve)).mailboxes.empty());
}

TEST_CASE("only so many mailboxes that are gone are remembered") {
    EditHouse house;
    for (int i = 0; i < 1'003; ++i) (void)house.run(destroy_mailbox({house.make("x"), house.bob}, false));
    const RemovedMailboxes removed = house.get(list_removed_mailboxes(house.bob));
    CHECK(removed.mailboxes.size() == 1'000);
    CHECK(removed.complete_from == removed.mailboxes.front().removed_modseq);
}

TEST_CASE("emails of a mailbox are counted, each once, without what is \\Deleted") {
    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    EditHouse house;
    const MailboxId mailbox = house.make("one");
    const auto count = [&] {
        const EmailCounts counts = house.get(count_emails({mailbox, house.bob}));
        return Pair(counts.emails, counts.unread_emails);
    };
    CHECK(count() == Pair(0, 0));
    (void)house.append(mailbox, "Message-ID: <1@x>\r\nSubject: a\r\n\r\nx\r\n");
    (void)house.append(mailbox, "Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\nSubject: Re: a\r\n\r\ny\r\n");
    (void)house.append(mailbox, "Message-ID: <3@x>\r\nSubject: b\r\n\r\nz\r\n");
    CHECK(count() == Pair(3, 3));
    (void)house.append(mailbox, "Message-ID: <3@x>\r\nSubject: b\r\n\r\nz\r\n");
    CHECK(count() == Pair(3, 3));
    (void)house.append(mailbox, "Message-ID: <4@x>\r\nSubject: c\r\n\r\nr\r\n", system_flag::seen);
    (void)house.append(mailbox, "Message-ID: <5@x>\r\nSubject: d\r\n\r\nd\r\n", system_flag::draft);
    (void)house.append(mailbox, "Message-ID: <6@x>\r\nSubject: e\r\n\r\ne\r\n", system_flag::deleted);
    CHECK(count() == Pair(5, 3));
    CHECK(reason_of(house.read(count_emails({mailbox, house.eve}))) == Reason::no_such_mailbox);
}
