// What is news for a client that uses NOTIFY. RFC 5465 §5.
#include "protocols/imap/notify/notifier.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "../compute_turns.h"

namespace {

using namespace imap;
using storage::MailboxId;
using Mailboxes = wire::MailboxFilter::Kind;

constexpr storage::AccountId bob{1};
constexpr storage::AccountId janice{2};

storage::Mailbox mailbox(std::int64_t id, std::string name, std::uint32_t messages = 0) {
    storage::Mailbox one;
    one.id = MailboxId{id};
    one.account = bob;
    one.name = std::move(name);
    one.uid_validity = 7;
    one.uid_next = storage::Uid{messages + 1};
    one.highest_modseq = storage::ModSeq{messages + 1};
    one.messages = messages;
    one.unseen = messages;
    return one;
}

AccountState state(std::vector<storage::Mailbox> mailboxes, std::vector<std::string> subscriptions = {}) {
    return {.names = {std::move(mailboxes), std::move(subscriptions)}, .metadata = {}, .server_metadata = {}};
}

wire::NotifyGroup group(Mailboxes mailboxes, std::vector<std::string> names = {}) {
    wire::NotifyGroup one;
    one.mailboxes = {.kind = mailboxes, .names = std::move(names)};
    one.events.message_new = one.events.message_expunge = one.events.flag_change = true;
    one.events.mailbox_name = one.events.subscription_change = true;
    return one;
}

Notifier notifier(std::vector<wire::NotifyGroup> groups) {
    wire::Notify command;
    command.groups = std::move(groups);
    return {bob, std::make_shared<const EventGroups>(command)};
}

// All of it at once.
News begin(Notifier& watch, const AccountState& now, bool with_status, Notifier::Terms terms) {
    News news;
    watch.begin(now, with_status, terms, news).finish();
    return news;
}
News take_in(Notifier& watch, const AccountState& now, Notifier::Terms terms) {
    News news;
    watch.take_in(now, terms, news).finish();
    return news;
}

std::string shown(const News& news) {
    std::string out;
    for (const News::Name& name : news.names) {
        out += name.name + (name.old_name ? "<" + *name.old_name : "") + (name.no_access ? "!" : "") + " ";
    }
    for (const News::Counters& counters : news.counters) {
        out += counters.mailbox.name + ":" + std::to_string(counters.items.size()) + " ";
    }
    for (const News::Entries& entries : news.entries) {
        out += entries.mailbox + "=";
        for (const std::string& name : entries.names) out += name;
        out += " ";
    }
    return out;
}

}  // namespace

TEST_CASE("groups name mailboxes, several may mean one") {
    wire::Notify command;
    command.groups = {group(Mailboxes::subtree, {"Lists"}), group(Mailboxes::named, {"inbox"}),
                      group(Mailboxes::subscribed), group(Mailboxes::selected)};
    const EventGroups groups(command);
    CHECK(groups.size() == 3);
    CHECK(groups.names() == 2);
    CHECK(groups.wanted("Lists", true, false).any());
    CHECK(groups.wanted("Lists/a/b", true, false).any());
    CHECK_FALSE(groups.wanted("Lists2", true, false).any());
    CHECK(groups.wanted("INBOX", true, false).any());
    CHECK_FALSE(groups.wanted("INBOX/x", true, false).any());
    CHECK(groups.wanted("x", true, true).any());
    CHECK_FALSE(groups.wanted("x", true, false).any());
}

TEST_CASE("counters: what changed, and what the client has enabled") {
    Notifier watch = notifier({group(Mailboxes::personal)});
    CHECK(shown(begin(watch, state({mailbox(1, "INBOX", 2), mailbox(2, "a")}), true, {})) == "INBOX:5 a:5 ");
    CHECK(shown(take_in(watch, state({mailbox(1, "INBOX", 2), mailbox(2, "a")}), {})).empty());
    storage::Mailbox seen = mailbox(1, "INBOX", 2);
    seen.highest_modseq = storage::ModSeq{9};
    CHECK(shown(take_in(watch, state({seen, mailbox(2, "a")}), {})).empty());
    seen.highest_modseq = storage::ModSeq{10};
    CHECK(shown(take_in(watch, state({seen, mailbox(2, "a")}), {.condstore = true})) == "INBOX:2 ");
    seen.unseen = 1;
    CHECK(shown(take_in(watch, state({seen, mailbox(2, "a", 1)}), {})) == "INBOX:2 a:4 ");
    seen.unseen = 0;
    CHECK(shown(take_in(watch, state({seen, mailbox(2, "a", 1)}), {.selected = MailboxId{1}})).empty());
    seen.messages = 1;
    const std::optional<News> some = watch.take_in({{MailboxId{1}, seen, {}}}, {});
    REQUIRE(some);
    CHECK(shown(*some) == "INBOX:2 ");
    CHECK_FALSE(watch.take_in({{MailboxId{1}, std::nullopt, {}}}, {}));
}

// Then all names are read, and what was looked at before the one that is gone is still news (RFC 5465 §5.1).
TEST_CASE("a mailbox that is gone, or has other rights, costs the others no news") {
    for (const bool gone : {true, false}) {
        CAPTURE(gone);
        Notifier watch = notifier({group(Mailboxes::personal)});
        CHECK(shown(begin(watch, state({mailbox(1, "a"), mailbox(2, "b")}), false, {})).empty());
        storage::Mailbox other = mailbox(2, "b");
        other.rights = storage::right::lookup;
        const std::optional<storage::Mailbox> second = gone ? std::nullopt : std::optional(other);
        CHECK_FALSE(watch.take_in({{MailboxId{1}, mailbox(1, "a", 1), {}}, {MailboxId{2}, second, {}}}, {}));
        const AccountState now = gone ? state({mailbox(1, "a", 1)}) : state({mailbox(1, "a", 1), other});
        const std::string shown_now = shown(take_in(watch, now, {}));
        CHECK(shown_now.find("a:4 ") != std::string::npos);
        CHECK(shown_now.find(gone ? "b " : "b! ") != std::string::npos);
    }
}

// A mailbox whose changes are all the client's own is no news; otherwise others have changed it too.
TEST_CASE("messages that the client itself has brought are no news") {
    Notifier watch = notifier({group(Mailboxes::personal)});
    const auto looked = [&](std::uint32_t messages) {
        return shown(take_in(watch, state({mailbox(1, "a", messages)}), {}));
    };
    const auto step = [](std::uint32_t from,
                         std::uint32_t to) {  // between numbers of messages, as in mailbox()
        return storage::ModSeqStep{storage::ModSeq{from + 1}, storage::ModSeq{to + 1}};
    };
    CHECK(shown(begin(watch, state({mailbox(1, "a")}), false, {})).empty());
    watch.note_own_change(MailboxId{1}, step(0, 1));
    CHECK(looked(1).empty());
    CHECK(looked(2) == "a:4 ");
    watch.note_own_change(MailboxId{1}, step(2, 3));
    watch.note_own_change(MailboxId{1}, step(3, 5));
    CHECK(looked(5).empty());
    watch.note_own_change(MailboxId{1}, step(5, 6));  // then another client's change
    CHECK(looked(7) == "a:4 ");
    watch.note_own_change(MailboxId{1}, step(8, 9));  // after another client's change
    CHECK(looked(9) == "a:4 ");
    watch.note_own_change(MailboxId{1}, step(9, 10));  // with another client's change in between
    watch.note_own_change(MailboxId{1}, step(11, 12));
    CHECK(looked(12) == "a:4 ");
    watch.note_own_change(MailboxId{2}, step(0, 1));  // not watched yet
    CHECK(shown(take_in(watch, state({mailbox(1, "a", 12), mailbox(2, "b", 1)}), {})) == "b ");
    CHECK(shown(take_in(watch, state({mailbox(1, "a", 12), mailbox(2, "b", 2)}), {})) == "b:4 ");
}

TEST_CASE("RENAME of INBOX is told as one, with the messages that have gone along") {
    Notifier watch = notifier({group(Mailboxes::personal)});
    CHECK(shown(begin(watch, state({mailbox(1, "INBOX", 2)}), false, {})).empty());
    storage::Mailbox inbox = mailbox(1, "INBOX", 2);
    inbox.messages = inbox.unseen = 0;
    storage::Mailbox made = mailbox(2, "old", 2);
    made.from_inbox = true;
    CHECK(shown(take_in(watch, state({inbox, made}), {})) == "old<INBOX INBOX:4 old:3 ");
    made.name = "older";
    CHECK(shown(take_in(watch, state({inbox, made}), {})) == "older<old ");
    Notifier other = notifier({group(Mailboxes::personal)});
    CHECK(shown(begin(other, state({inbox, made}), false, {})).empty());
}

TEST_CASE("names: made with their superior, renamed without their inferiors, gone") {
    Notifier watch = notifier({group(Mailboxes::personal)});
    CHECK(shown(begin(watch, state({mailbox(1, "INBOX")}), false, {})).empty());
    CHECK(shown(take_in(watch, state({mailbox(1, "INBOX"), mailbox(2, "a"), mailbox(3, "a/b")}), {})) == "a a/b ");
    CHECK(shown(take_in(watch, state({mailbox(1, "INBOX"), mailbox(2, "c"), mailbox(3, "c/b")}), {})) == "c<a ");
    CHECK(shown(take_in(watch, state({mailbox(1, "INBOX"), mailbox(2, "c"), mailbox(3, "d")}), {})) == "d<c/b ");
    CHECK(shown(take_in(watch, state({mailbox(1, "INBOX"), mailbox(2, "c")}), {})) == "d ");
    watch.note_own_change("e/f");
    CHECK(shown(take_in(watch, state({mailbox(1, "INBOX"), mailbox(2, "c"), mailbox(4, "e"), mailbox(5, "e/f")}), {}))
              .empty());
    watch.forget_own_changes();
    CHECK(shown(take_in(watch, state({mailbox(1, "INBOX"), mailbox(2, "c"), mailbox(4, "e")}), {})) == "e/f e ");
    CHECK(shown(take_in(watch, state({mailbox(1, "INBOX"), mailbox(2, "c"), mailbox(4, "e")}, {"gone"}), {})) ==
          "gone ");
}

TEST_CASE("who asks for subscribed mailboxes hears of those that come to be") {
    Notifier watch = notifier({group(Mailboxes::subscribed)});
    storage::Mailbox a = mailbox(2, "a");
    CHECK(shown(begin(watch, state({a}), false, {})).empty());
    a.messages = 1;
    CHECK(shown(take_in(watch, state({a}), {})).empty());
    a.subscribed = true;
    CHECK(shown(take_in(watch, state({a}, {"a"}), {})) == "a ");
    a.messages = 2;
    CHECK(shown(take_in(watch, state({a}, {"a"}), {})) == "a:2 ");
    a.subscribed = false;
    CHECK(shown(take_in(watch, state({a}), {})) == "a ");
    CHECK(watch.watched() == 0);
}

TEST_CASE("rights: what may not be read has no counters, what may not be seen is not there") {
    wire::NotifyGroup quiet = group(Mailboxes::subtree, {"Other Users"});
    quiet.events.mailbox_name = quiet.events.subscription_change = false;
    for (const bool names : {true, false}) {
        Notifier watch = notifier({names ? group(Mailboxes::subtree, {"Other Users"}) : quiet});
        storage::Mailbox shared = mailbox(9, "Other Users/janice@hamburger.edu/x", 1);
        shared.account = janice;
        CHECK(shown(begin(watch, state({shared}), false, {})).empty());
        CHECK(watch.owners() == std::set{janice});
        shared.rights = storage::right::lookup;
        shared.messages = 2;
        CHECK(shown(take_in(watch, state({shared}), {})) == shared.name + "! ");
        shared.rights = storage::right::lookup | storage::right::read;
        CHECK(shown(take_in(watch, state({shared}), {})) == shared.name + " ");
        // §5.4: a name's direct superior is affected too.
        const std::string gone = names ? " Other Users/janice@hamburger.edu " : "! ";
        CHECK(shown(take_in(watch, state({}), {})) == shared.name + gone);
    }
}

TEST_CASE("metadata is told by its names") {
    wire::NotifyGroup wanted = group(Mailboxes::personal);
    wanted.events.mailbox_metadata_change = wanted.events.server_metadata_change = true;
    Notifier watch = notifier({wanted});
    AccountState now = state({mailbox(1, "INBOX")});
    now.metadata[MailboxId{1}] = {{"/private/comment", "old"}, {"/shared/x", "1"}};
    CHECK(shown(begin(watch, now, false, {})).empty());
    now.metadata[MailboxId{1}] = {{"/private/comment", "new"}};
    now.server_metadata = {{"/private/z", "1"}};
    CHECK(shown(take_in(watch, now, {})) == "INBOX=/private/comment/shared/x =/private/z ");
    watch.note_own_change("INBOX");
    now.metadata.clear();
    CHECK(shown(take_in(watch, now, {})).empty());
}

// §5: a client's own changes are no news for it, nor their effects: inferiors and subscriptions.
TEST_CASE("one's own RENAME is no news, whatever went along") {
    wire::NotifyGroup subscriptions = group(Mailboxes::personal);
    subscriptions.events.mailbox_name = false;
    const auto subscribed = [](std::int64_t id, std::string name) {
        storage::Mailbox one = mailbox(id, std::move(name));
        one.subscribed = true;
        return one;
    };
    const AccountState before = state({mailbox(1, "a"), subscribed(2, "a/x")}, {"a/gone", "a/x"});
    const AccountState after = state({mailbox(1, "b"), subscribed(2, "b/x")}, {"a/gone", "b/x"});
    Notifier own = notifier({subscriptions});
    CHECK(shown(begin(own, before, false, {})).empty());
    own.note_own_rename("a", "b");
    CHECK(shown(take_in(own, after, {})).empty());
    own.forget_own_changes();
    // the reverse renaming is another client's: the new name, and the old one
    CHECK(shown(take_in(own, before, {})) == "a/x b/x ");
    // two own renamings, compared at once
    own.note_own_rename("a", "c");
    own.note_own_rename("c/x", "b/x");
    own.note_own_rename("c", "b");
    CHECK(shown(take_in(own, after, {})).empty());
    own.forget_own_changes();
    // another client's change meanwhile is reported
    own.note_own_rename("b", "a");
    CHECK(shown(take_in(own, state({mailbox(1, "a"), mailbox(2, "a/x")}, {"a/gone"}), {})) == "a/x ");
}

TEST_CASE("one's own RENAME is no news of names either, and into what is watched it brings none") {
    Notifier below = notifier({group(Mailboxes::subtree, {"a/x", "b/x"})});
    CHECK(shown(begin(below, state({mailbox(1, "a"), mailbox(2, "a/x")}), false, {})).empty());
    below.note_own_rename("a", "b");
    CHECK(shown(take_in(below, state({mailbox(1, "b"), mailbox(2, "b/x")}), {})).empty());
    below.forget_own_changes();
    CHECK(shown(take_in(below, state({mailbox(1, "a"), mailbox(2, "a/x")}), {})) == "a/x<b/x ");

    wire::NotifyGroup subscriptions = group(Mailboxes::subtree, {"b"});
    subscriptions.events.mailbox_name = false;
    storage::Mailbox moved = mailbox(2, "a/x");
    moved.subscribed = true;
    for (const bool is_own : {true, false}) {
        Notifier into = notifier({subscriptions});
        moved.name = "a/x";
        CHECK(shown(begin(into, state({mailbox(1, "a"), moved}, {"a/x"}), false, {})).empty());
        if (is_own) into.note_own_rename("a", "b");
        moved.name = "b/x";
        CHECK(shown(take_in(into, state({mailbox(1, "b"), moved}, {"b/x"}), {})) == (is_own ? "" : "b/x "));
    }
}

TEST_CASE("superiors of what the client has made are its own, whatever else it has made") {
    Notifier watch = notifier({group(Mailboxes::personal)});
    CHECK(shown(begin(watch, state({}), false, {})).empty());
    watch.note_own_change("e!f");
    watch.note_own_change("e/f");
    CHECK(shown(take_in(watch, state({mailbox(1, "e"), mailbox(2, "e!f"), mailbox(3, "e/f")}), {})).empty());
}

TEST_CASE("all mailboxes are compared in slices, and others have their turn between them") {
    const auto slices_of = [](int count) {
        Notifier watch = notifier({group(Mailboxes::personal), group(Mailboxes::subscribed)});
        AccountState before = state({});
        AccountState after = state({});
        for (int i = 0; i < count; ++i) {
            before.names.mailboxes.push_back(mailbox(i + 1, "folder " + std::to_string(10'000 + i)));
            after.names.mailboxes.push_back(mailbox(i + 1, "folder " + std::to_string(20'000 + i)));
        }
        News none;
        base::Slices first = watch.begin(before, false, {}, none);
        const test::Turns beginning = test::turns_beside([&] { return first.go_on(); });
        CHECK(none.names.empty());
        News news;
        base::Slices second = watch.take_in(after, {}, news);
        const test::Turns renaming = test::turns_beside([&] { return second.go_on(); });
        CHECK(news.names.size() == static_cast<std::size_t>(count));
        return std::pair(beginning.slices, renaming.slices);
    };
    const auto few = slices_of(1'000);
    const auto many = slices_of(4'000);
    CHECK(few.first >= 2);
    CHECK(few.second >= 2);
    CHECK(many.first >= 3 * few.first);
    CHECK(many.second >= 3 * few.second);
}

TEST_CASE("what is known for NOTIFY is known to need memory") {
    const std::string name(500, 'x');
    Notifier watch = notifier({group(Mailboxes::named, {name, "INBOX"})});
    const std::size_t asked_for = watch.octets();
    CHECK(asked_for >= name.size());
    (void)begin(watch, state({mailbox(1, "INBOX"), mailbox(2, name)}, {name, "other"}), false, {});
    CHECK(watch.octets() >= asked_for + 2 * sizeof(storage::Mailbox) + 2 * name.size());
}
