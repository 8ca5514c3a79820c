// Mailboxes by RFC 9051 §5.1 and §6.3: create, delete, rename, subscribe, recent.
#include "storage/mailboxes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "storage/store_options.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct MailboxHouse : TemporaryStore {
    AccountId alice;
    explicit MailboxHouse(StoreOptions options = {}) : TemporaryStore(std::move(options)) {
        alice = add_account("alice@example.org");
    }

    Mailbox create(const std::string& name) { return run(create_mailbox(alice, name)); }
    std::optional<Reason> refusal_to_create(const std::string& name) {
        return reason_of(write(create_mailbox(alice, name)));
    }
    std::optional<Reason> rename(const std::string& from, const std::string& to) {
        return reason_of(write(rename_mailbox(alice, from, to, now + 9)));
    }
    std::optional<Reason> remove(const std::string& name) { return reason_of(write(delete_mailbox(alice, name))); }
    Mailbox find(const std::string& name) { return get(find_mailbox(alice, name)); }
    bool exists(const std::string& name) { return read(find_mailbox(alice, name)).has_value(); }
};

}  // namespace

TEST_CASE("CREATE makes missing superiors too (RFC 9051 §6.3.4)") {
    MailboxHouse house;
    const Mailbox made = house.create("a/b/c");
    CHECK(made.name == "a/b/c");
    CHECK(house.find("a/b/c").id == made.id);
    CHECK(house.exists("a"));
    CHECK(house.exists("a/b"));
    CHECK_FALSE(house.find("a").subscribed);
    CHECK(house.refusal_to_create("a/b") == Reason::already_exists);
    CHECK(house.create("d/").name == "d");
    CHECK(house.create("inbox/x").name == "INBOX/x");
}

TEST_CASE("an account has more names than so many: its own, subscribed ones, and what is shared with it") {
    MailboxHouse house;
    const std::size_t own = house.get(list_mailboxes(house.alice)).size();
    const std::size_t subscribed = house.get(list_subscriptions(house.alice)).size();
    CHECK(house.get(has_more_names(house.alice, own + subscribed - 1)));
    CHECK_FALSE(house.get(has_more_names(house.alice, own + subscribed)));
    const AccountId bob = house.add_account("bob@example.org");
    const MailboxId his = house.mailbox(bob, "INBOX");
    (void)house.run(
        set_rights(bob, his, {.identifier = "alice@example.org", .rights = right::all}, RightsEdit::replace, 10));
    CHECK(house.get(has_more_names(house.alice, own + subscribed)));
    CHECK_FALSE(house.get(has_more_names(house.alice, own + subscribed + 1)));
}

TEST_CASE("names that no mailbox may have") {
    MailboxHouse house;
    for (const char* name : {"", "/", "/a", "a//b", "a/../b", "a*", "%", "a\nb", "\xFF"}) {
        INFO(std::string(name));
        CHECK(house.refusal_to_create(name) == Reason::invalid_name);
    }
    CHECK(house.refusal_to_create("Inbox") == Reason::already_exists);
    CHECK(house.refusal_to_create("sent") == std::nullopt);  // only INBOX ignores case
    CHECK(reason_of(house.write(create_mailbox(AccountId{99}, "a"))) == Reason::no_such_account);
}

TEST_CASE("what is no UTF-8 is no name, and never found") {
    MailboxHouse house;
    const std::string name = "\xff&";
    for (const Rights needed : {Rights{0}, Rights{right::read}}) {
        CHECK(reason_of(house.read(find_mailbox(house.alice, name, needed))) == Reason::invalid_name);
    }
    CHECK(house.remove(name) == Reason::invalid_name);
    CHECK(house.rename(name, "b") == Reason::invalid_name);
    CHECK(house.rename("INBOX", name) == Reason::invalid_name);
    CHECK(house.remove("nowhere") == Reason::no_such_mailbox);
}

TEST_CASE("an account has a limited number of mailboxes") {
    StoreOptions options;
    options.mailboxes_per_account = 8;  // six are created with the account
    MailboxHouse house(options);
    CHECK(house.refusal_to_create("a/b/c") == Reason::too_many);
    CHECK_FALSE(house.exists("a"));
    house.create("a/b");
    CHECK(house.refusal_to_create("d") == Reason::too_many);
    CHECK(house.rename("a/b", "x/y") == Reason::too_many);
    CHECK(house.rename("a", "d") == std::nullopt);
    // INBOX stays, so renaming it makes one more.
    CHECK(house.rename("INBOX", "old") == Reason::too_many);
    CHECK(house.remove("d/b") == std::nullopt);
    CHECK(house.rename("INBOX", "old") == std::nullopt);
}

TEST_CASE("a special use belongs to one mailbox") {
    MailboxHouse house;
    CHECK(reason_of(house.write(create_mailbox(house.alice, "Sent 2", SpecialUse::sent))) == Reason::conflict);
    CHECK(house.remove("Sent") == std::nullopt);
    CHECK(house.run(create_mailbox(house.alice, "Sent 2", SpecialUse::sent)).special_use == SpecialUse::sent);
}

TEST_CASE("UIDVALIDITY rises, also for a name that was used before") {
    MailboxHouse house;
    std::uint32_t last = 0;
    for (int i = 0; i < 5; ++i) {
        const std::uint32_t uid_validity = house.create("again").uid_validity;
        CHECK(uid_validity > last);
        last = uid_validity;
        CHECK(house.remove("again") == std::nullopt);
        if (i == 2) house.reopen();
    }
}

TEST_CASE("DELETE refuses INBOX, superiors and strangers (RFC 9051 §6.3.5)") {
    MailboxHouse house;
    house.create("a/b");
    house.create("a-c");
    CHECK(house.remove("inbox") == Reason::not_permitted);
    CHECK(house.remove("a") == Reason::has_children);
    CHECK(house.remove("x") == Reason::no_such_mailbox);
    const MailboxId b = house.find("a/b").id;
    CHECK(house.remove("a/b") == std::nullopt);
    CHECK(reason_of(house.read(get_mailbox({b, the_server}))) == Reason::no_such_mailbox);
    CHECK(house.remove("a") == std::nullopt);
    CHECK(house.exists("a-c"));
}

TEST_CASE("a deleted mailbox is off the account's totals at once") {
    MailboxHouse house;
    const MailboxId a = house.create("a").id;
    house.append(a, "12345");
    house.append(house.find("INBOX").id, "123");
    CHECK(house.get(get_account(house.alice)).used_octets == 8);
    CHECK(house.remove("a") == std::nullopt);
    CHECK(house.get(get_account(house.alice)).used_octets == 3);
    CHECK(house.get(get_account(house.alice)).messages == 1);
    NewMessage message;
    message.content = TemporaryStore::staged("x");
    CHECK(reason_of(house.write(append_messages(a, {message}, now, the_server))) == Reason::no_such_mailbox);
}

TEST_CASE("RENAME takes inferiors along and keeps UIDs (RFC 9051 §6.3.6)") {
    MailboxHouse house;
    const Mailbox before = house.create("a/b/c");
    const MailboxId a = house.find("a").id;
    house.create("ab");
    house.append(a, "one");
    CHECK(house.rename("a", "new/place") == std::nullopt);
    CHECK(house.exists("new"));
    CHECK(house.find("new/place").id == a);
    CHECK(house.find("new/place").messages == 1);
    CHECK(house.find("new/place/b/c").id == before.id);
    CHECK(house.find("new/place/b/c").uid_validity == before.uid_validity);
    CHECK_FALSE(house.exists("a"));
    CHECK_FALSE(house.exists("a/b"));
    CHECK(house.exists("ab"));
}

TEST_CASE("RENAME refuses") {
    MailboxHouse house;
    house.create("a/b");
    house.create("c");
    CHECK(house.rename("x", "y") == Reason::no_such_mailbox);
    CHECK(house.rename("a", "c") == Reason::already_exists);
    CHECK(house.rename("a", "a") == Reason::already_exists);
    CHECK(house.rename("a", "inbox") == Reason::already_exists);
    CHECK(house.rename("a", "a/b/x") == Reason::invalid_name);
    CHECK(house.rename("a", "x//y") == Reason::invalid_name);
    CHECK(house.rename("a", std::string(1023, 'x')) == Reason::invalid_name);  // x/b would be too long
    CHECK(house.exists("a/b"));
}

TEST_CASE("what is renamed into the trash loses its special use") {
    MailboxHouse house;
    CHECK(house.rename("Drafts", "Trash/Drafts") == std::nullopt);
    CHECK(house.find("Trash/Drafts").special_use == SpecialUse::none);
    CHECK(house.rename("Sent", "Sent Items") == std::nullopt);
    CHECK(house.find("Sent Items").special_use == SpecialUse::sent);
}

TEST_CASE("RENAME of INBOX moves its messages and leaves it empty") {
    MailboxHouse house;
    house.create("INBOX/sub");
    const MailboxId inbox = house.find("INBOX").id;
    house.append(inbox, "one", system_flag::seen);
    const Uid gone = house.append(inbox, "gone");
    house.append(inbox, "two", system_flag::deleted);
    house.run(expunge_messages({inbox, the_server}, {gone}, Durability::synced));
    const Mailbox before = house.find("INBOX");
    CHECK(house.rename("InBox", "old/mail") == std::nullopt);

    const Mailbox emptied = house.find("INBOX");
    CHECK(emptied.id == inbox);
    CHECK(emptied.messages == 0);
    CHECK(emptied.size_octets == 0);
    CHECK(emptied.deleted == 0);
    CHECK(emptied.uid_next == before.uid_next);
    CHECK(emptied.highest_modseq > before.highest_modseq);
    CHECK(house.exists("INBOX/sub"));
    const MailboxChanges changes = house.get(mailbox_changes({inbox, the_server}, before.highest_modseq));
    CHECK(changes.changed.empty());
    CHECK(changes.vanished.contains(Uid{1}));
    CHECK(changes.vanished.contains(Uid{3}));

    const Mailbox filled = house.find("old/mail");
    CHECK(filled.from_inbox);
    CHECK_FALSE(emptied.from_inbox);
    CHECK_FALSE(house.find("old").from_inbox);
    CHECK(filled.messages == 2);
    CHECK(filled.unseen == 1);
    CHECK(filled.deleted == 1);
    CHECK(filled.size_octets == 6);
    CHECK(filled.uid_next == Uid{3});
    const std::vector<Message> messages = house.get(read_messages({filled.id, the_server}, UidSet::all(), true, 10));
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].uid == Uid{1});
    CHECK(messages[0].flags.system == system_flag::seen);
    CHECK(messages[0].summary == "summary of one");
    CHECK(messages[0].internal_date == now);
    CHECK(messages[0].saved_at == now + 9);  // RFC 8514 §3: a message that is moved gets a new save date
    CHECK(messages[0].modseq <= filled.highest_modseq);
    CHECK(messages[1].uid == Uid{2});
    CHECK(house.get(get_account(house.alice)).messages == 2);
    CHECK(house.append(inbox, "three") == Uid{4});
}

TEST_CASE("a large INBOX is renamed in slices") {
    MailboxHouse house;
    const MailboxId inbox = house.find("INBOX").id;
    std::vector<NewMessage> messages(4'500);
    for (NewMessage& message : messages) message.content = TemporaryStore::staged("same");
    house.run(append_messages(inbox, messages, now, the_server));
    CHECK(house.rename("INBOX", "old") == std::nullopt);
    CHECK(house.find("INBOX").messages == 0);
    CHECK(house.find("old").messages == 4'500);
    CHECK(house.get(view_mailbox({house.find("old").id, the_server})).uids.count() == 4'500);
    CHECK(house.get(view_mailbox({inbox, the_server})).uids.empty());
}

TEST_CASE("RENAME of INBOX says between which MODSEQs it was emptied") {
    MailboxHouse house;
    const MailboxId inbox = house.find("INBOX").id;
    CHECK_FALSE(house.run(rename_mailbox(house.alice, "INBOX", "empty", now)).emptied);
    CHECK_FALSE(house.run(rename_mailbox(house.alice, "empty", "other", now)).emptied);
    std::vector<NewMessage> messages(2'500);  // two slices
    for (NewMessage& message : messages) message.content = TemporaryStore::staged("same");
    house.run(append_messages(inbox, messages, now, the_server));
    const ModSeq before = house.find("INBOX").highest_modseq;
    const Renamed renamed = house.run(rename_mailbox(house.alice, "INBOX", "old", now));
    CHECK(renamed.emptied == inbox);
    CHECK(renamed.emptied_step.before == before);
    CHECK(renamed.emptied_step.after == house.find("INBOX").highest_modseq);
}

TEST_CASE("subscriptions outlive their mailboxes (RFC 9051 §6.3.7)") {
    MailboxHouse house;
    house.run(subscribe_mailbox(house.alice, "later", true));
    CHECK(house.create("later").subscribed);
    CHECK(house.remove("later") == std::nullopt);
    std::vector<std::string> names = house.get(list_subscriptions(house.alice));
    CHECK(names.front() == "INBOX");
    CHECK(names.back() == "later");
    house.run(subscribe_mailbox(house.alice, "later", false));
    house.run(subscribe_mailbox(house.alice, "later", false));
    house.run(subscribe_mailbox(house.alice, "inbox", false));
    CHECK(house.get(list_subscriptions(house.alice)).size() == 5);
    CHECK_FALSE(house.find("INBOX").subscribed);
    CHECK(reason_of(house.write(subscribe_mailbox(house.alice, "a//b", true))) == Reason::invalid_name);
}

TEST_CASE("\\Recent is given once (RFC 3501 §2.3.2)") {
    MailboxHouse house;
    const MailboxId inbox = house.find("INBOX").id;
    house.append(inbox, "one");
    CHECK(house.find("INBOX").recent_from == Uid{1});
    CHECK(house.run(take_recent({inbox, the_server})) == RecentRange{Uid{1}, Uid{2}});
    CHECK(house.run(take_recent({inbox, the_server})) == RecentRange{Uid{2}, Uid{2}});
    house.append(inbox, "two");
    const MailboxView seen_by_first = house.get(view_mailbox({inbox, the_server}));
    house.append(inbox, "three");  // between the first session's read and its claim
    CHECK(seen_by_first.uid_next == Uid{3});
    CHECK(house.run(take_recent({inbox, the_server})) == RecentRange{Uid{2}, Uid{4}});
    CHECK(house.run(take_recent({inbox, the_server})) ==
          RecentRange{Uid{4}, Uid{4}});  // nothing is left for the second
    CHECK(reason_of(house.write(take_recent({MailboxId{99}, the_server}))) == Reason::no_such_mailbox);
}

TEST_CASE("changes to the list of mailboxes are told") {
    MailboxHouse house;
    std::atomic<int> told = 0;
    std::atomic<std::uint64_t> last = 0;
    const Subscription subscription = house.store().subscribe(house.alice, [&](const Change& change) {
        if (change.mailbox != MailboxId{}) return;
        ++told;
        last = change.modseq.value;
    });
    house.create("a");
    CHECK(told >= 1);
    const std::uint64_t created = last;
    CHECK(house.rename("a", "b") == std::nullopt);
    CHECK(last > created);
    const std::uint64_t renamed = last;
    house.run(subscribe_mailbox(house.alice, "b", true));
    CHECK(last > renamed);
    const std::uint64_t subscribed = last;
    CHECK(house.remove("b") == std::nullopt);
    CHECK(last > subscribed);
}

TEST_CASE("subscriptions follow a RENAME, children's too; INBOX keeps its own and gives one along") {
    MailboxHouse house;
    house.create("Work/2026/May");
    for (const char* name : {"Work", "Work/2026/May", "Work/gone", "Workshop"}) {
        house.run(subscribe_mailbox(house.alice, name, true));
    }
    house.run(subscribe_mailbox(house.alice, "Play/2026/May", true));  // its mailbox does not exist yet
    CHECK(house.rename("Work", "Play") == std::nullopt);
    CHECK(house.find("Play").subscribed);
    CHECK_FALSE(house.find("Play/2026").subscribed);
    CHECK(house.find("Play/2026/May").subscribed);
    const auto has = [&](const std::string& name) {
        return std::ranges::count(house.get(list_subscriptions(house.alice)), name) == 1;
    };
    CHECK_FALSE(has("Work"));
    CHECK_FALSE(has("Work/2026/May"));
    CHECK(has("Work/gone"));  // no mailbox of that name was renamed
    CHECK(has("Workshop"));

    CHECK(house.rename("INBOX", "old") == std::nullopt);
    CHECK(house.find("INBOX").subscribed);
    CHECK(house.find("old").subscribed);
    house.run(subscribe_mailbox(house.alice, "INBOX", false));
    CHECK(house.rename("INBOX", "older") == std::nullopt);
    CHECK_FALSE(house.find("older").subscribed);
}
