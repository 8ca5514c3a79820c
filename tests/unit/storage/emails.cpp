// Emails and Threads over IMAP's messages, and their changes: RFC 8621 §3, §4; RFC 8620 §5.2.
#include "storage/emails.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "storage/object_id_text.h"
#include "storage/upkeep/check.h"
#include "storage/upkeep/sweep.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct EmailHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId alice = add_account("alice@example.org");
    MailboxId inbox = mailbox(bob, "INBOX");
    MailboxId archive = mailbox(bob, "Archive");
    EmailAccess own{bob, bob};

    Uid put(MailboxId where, const std::string& content, std::int64_t date, std::vector<std::string> names = {},
            NamedFlags flags = {}) {
        NewMessage message{.content = staged(content),
                           .summary = "summary of " + content,
                           .thread_names = std::move(names),
                           .flags = std::move(flags),
                           .internal_date = date};
        return run(append_messages(where, {std::move(message)}, now, the_server)).placed.at(0).uid;
    }
    void flag(MailboxId where, UidSet uids, FlagEdit edit, NamedFlags flags) {
        run(change_flags({where, bob}, std::move(uids), edit, std::move(flags)));
    }
    ObjectIds object_ids(MailboxId where, Uid uid) {
        return get(read_messages({where, the_server}, {uid}, {false, true}, 1)).at(0).ids;
    }
    std::string id(MailboxId where, Uid uid) {
        const Message message = get(read_messages({where, the_server}, {uid}, {false, true}, 1)).at(0);
        return email_id_text(message.ids.email, message.internal_date);
    }
    std::optional<Email> email(const std::string& email_id) { return get(get_emails(own, {email_id}, false)).at(0); }
    std::string state() { return state_text(get(email_state(own)).modseq); }
    ObjectChanges changes(const std::string& since, std::size_t most = 1'000) {
        return get(email_changes(own, since, most));
    }
    // The content of each message, the newest first, as long as `see` wants more.
    std::vector<std::int64_t> newest(std::vector<MailboxId> mailboxes, std::size_t most) {
        std::vector<std::int64_t> dates;
        get(scan_emails(own, {.mailboxes = std::move(mailboxes)}, [&](const ScannedEmail& one) {
            dates.push_back(one.received_at);
            return dates.size() < most;
        }));
        return dates;
    }
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(EmailHouse, "an email is one content with one internal date, wherever it lies") {
    const Uid uid = put(inbox, "one", 5, {"1"}, {system_flag::seen, {"$Work"}});
    const Uid later = put(inbox, "one", 6);
    const Copied copied = run(copy_messages({inbox, bob}, {uid}, archive, now));
    const std::string one = id(inbox, uid);
    CHECK(id(archive, copied.to.at(0)) == one);
    CHECK(id(inbox, later) != one);
    std::optional<Email> found = email(one);
    REQUIRE(found);
    CHECK(found->id == one);
    CHECK(found->thread_id == thread_id_text(object_ids(inbox, uid).thread));
    CHECK(found->received_at == 5);
    CHECK(found->size_octets == 3);
    REQUIRE(found->places.size() == 2);
    CHECK(found->places.at(0).mailbox == inbox);
    CHECK(found->places.at(1).mailbox == archive);
    // RFC 8621 §4.1.1: a keyword of any of its messages is the email's.
    flag(archive, {copied.to.at(0)}, FlagEdit::replace, {system_flag::flagged, {}});
    CHECK(email(one)->flags().system == (system_flag::seen | system_flag::flagged));
    CHECK(email(one)->flags().keywords.contains(0));
    // §4.1.1: what is \Deleted is not shown.
    flag(inbox, {uid}, FlagEdit::add, {system_flag::deleted, {}});
    CHECK(email(one)->places.size() == 1);
    flag(archive, copied.to.empty() ? UidSet() : UidSet{copied.to.at(0)}, FlagEdit::add, {system_flag::deleted, {}});
    CHECK_FALSE(email(one));
    for (const char* unknown : {"M1-5", "nonsense", "M0000000000000001"}) CHECK_FALSE(email(unknown));
}

TEST_CASE_FIXTURE(EmailHouse, "summaries come with them, and the order is that of the ids") {
    const std::string one = id(inbox, put(inbox, "one", 5));
    const std::string two = id(inbox, put(inbox, "two", 5));
    const auto found = get(get_emails(own, {two, one, two}, true));
    CHECK(found.at(0)->summary == "summary of two");
    CHECK(found.at(1)->summary == "summary of one");
    CHECK(found.at(2)->summary == "summary of two");
    CHECK(found.at(0)->blob_id != found.at(1)->blob_id);
}

TEST_CASE_FIXTURE(EmailHouse, "a blob is found by its id, as long as a message that may be read has it") {
    const Uid uid = put(inbox, "one", 5);
    const std::string blob = email(id(inbox, uid))->blob_id;
    CHECK(get(find_client_blob(own, blob))->size_octets == 3);
    CHECK(get(find_client_blob(own, blob + "-1"))->summary == "summary of one");
    CHECK_FALSE(get(find_client_blob(own, "B0000000000000001")));
    CHECK_FALSE(get(find_client_blob(own, "nonsense")));
    CHECK(reason_of(read(find_client_blob({bob, alice}, blob))) == Reason::no_such_account);
    CHECK_FALSE(get(find_client_blob({alice, alice}, blob)));
    flag(inbox, {uid}, FlagEdit::add, {system_flag::deleted, {}});
    CHECK_FALSE(get(find_client_blob(own, blob)));
}

TEST_CASE_FIXTURE(EmailHouse, "a thread has the emails that are shown, oldest first") {
    const Uid second = put(inbox, "b", 20, {"1"});
    const Uid first = put(archive, "a", 10, {"1"});
    put(inbox, "c", 5, {"other"});
    const std::string thread = email(id(inbox, second))->thread_id;
    std::optional<EmailThread> found = get(get_threads(own, {thread}, 100)).at(0);
    REQUIRE(found);
    CHECK(found->email_ids == Ids{id(archive, first), id(inbox, second)});
    flag(archive, {first}, FlagEdit::add, {system_flag::deleted, {}});
    CHECK(get(get_threads(own, {thread}, 100)).at(0)->email_ids == Ids{id(inbox, second)});
    run(expunge_messages({inbox, bob}, {second}, Durability::synced));
    CHECK_FALSE(get(get_threads(own, {thread}, 100)).at(0));
    CHECK_FALSE(get(get_threads(own, {"T0"}, 100)).at(0));
}

TEST_CASE_FIXTURE(EmailHouse, "who may read one mailbox sees the emails there, and no more") {
    const EmailAccess hers{bob, alice};
    const std::string one = id(inbox, put(inbox, "one", 5, {"1"}));
    const Uid uid = put(archive, "two", 5, {"1"});
    const std::string two = id(archive, uid);
    CHECK(reason_of(read(email_state(hers))) == Reason::no_such_account);
    CHECK(reason_of(read(get_emails(hers, {one}, false))) == Reason::no_such_account);
    run(set_rights(bob, archive, {"alice@example.org", false, right::lookup | right::read}, RightsEdit::replace, 10));
    CHECK_FALSE(get(get_emails(hers, {one}, false)).at(0));
    CHECK(get(get_emails(hers, {two}, false)).at(0));
    const std::string thread = get(get_emails(hers, {two}, false)).at(0)->thread_id;
    CHECK(get(get_threads(hers, {thread}, 100)).at(0)->email_ids == Ids{two});
    const std::string since = state();
    put(inbox, "three", 5);
    flag(archive, {uid}, FlagEdit::add, {system_flag::seen, {}});
    const ObjectChanges seen = get(email_changes(hers, since, 10));
    CHECK(seen.created.empty());
    CHECK(seen.updated == Ids{two});
    std::size_t shown = 0;
    get(scan_emails(hers, {.mailboxes = {inbox, archive}}, [&](const ScannedEmail&) { return ++shown > 0; }));
    CHECK(shown == 1);
}

TEST_CASE_FIXTURE(EmailHouse, "an email in another mailbox is updated, not destroyed") {
    const Uid uid = put(inbox, "one", 5, {"1"});
    const std::string one = id(inbox, uid);
    const std::string thread = email(one)->thread_id;
    const std::string before = state();
    run(move_messages({inbox, bob}, {uid}, archive, now));
    CHECK(changes(before).updated == Ids{one});
    CHECK(changes(before).destroyed.empty());
    CHECK(get(thread_changes(own, before, 10)).updated == Ids{thread});
    const std::string moved = state();
    run(delete_mailbox(bob, "Archive"));
    CHECK(changes(moved).destroyed == Ids{one});
    CHECK(changes(before).destroyed == Ids{one});
    CHECK(get(thread_changes(own, moved, 10)).destroyed == Ids{thread});
    const std::string gone = state();
    CHECK(changes(gone).new_state == gone);
    CHECK(id(inbox, put(inbox, "one", 5, {"1"})) == one);
    CHECK(changes(gone).created == Ids{one});
}

TEST_CASE_FIXTURE(EmailHouse, "a flag changes no thread") {
    const Uid uid = put(inbox, "one", 5);
    const std::string before = state();
    flag(inbox, {uid}, FlagEdit::add, {system_flag::seen, {}});
    const ObjectChanges threads = get(thread_changes(own, before, 10));
    CHECK(threads.updated.empty());
    CHECK(threads.new_state == state());
    CHECK(changes(before).updated.size() == 1);
}

TEST_CASE_FIXTURE(EmailHouse, "changes that are no longer known, or never were, are refused") {
    const std::string before = state();
    const Uid uid = put(inbox, "one", 5);
    run(expunge_messages({inbox, bob}, {uid}, Durability::synced));
    const std::string later = state();
    CHECK(get(email_changes(own, later, 10)).destroyed.empty());
    sweep_now(store(), {.hidden_per_account = 0});
    CHECK(reason_of(read(email_changes(own, before, 10))) == Reason::conflict);
    CHECK(get(email_changes(own, later, 10)).new_state == later);
    for (const char* wrong : {"", "0", "x", "99999", "07", "-1", "1."}) {
        CAPTURE(wrong);
        CHECK(reason_of(read(email_changes(own, wrong, 10))) == Reason::conflict);
    }
}

TEST_CASE_FIXTURE(EmailHouse, "a scan shows an email once, and looks up the rest of it and of its thread") {
    const Uid uid = put(inbox, "one", 5, {"1"}, {system_flag::seen, {}});
    run(copy_messages({inbox, bob}, {uid}, archive, now));
    flag(archive, UidSet::all(), FlagEdit::replace, {system_flag::flagged, {}});
    put(inbox, "one", 6);
    put(archive, "answer", 4, {"1"}, {system_flag::answered, {}});
    std::vector<std::string> seen;
    get(scan_emails(own, {.mailboxes = {archive, inbox, archive}}, [&](const ScannedEmail& email) {
        std::string line = std::to_string(email.received_at) + " " + std::string(email.more.summary());
        for (const EmailPlace& place : email.more.places()) line += " " + std::to_string(place.flags.system);
        email.more.see_thread([&](const Flags& flags) {
            line += ", " + std::to_string(flags.system);
            return true;
        });
        seen.push_back(line);
        return true;
    }));
    CHECK(seen == std::vector<std::string>{"6 summary of one 0, 5, 0, 2", "5 summary of one 1 4, 5, 0, 2",
                                           "4 summary of answer 2, 5, 0, 2"});
    std::size_t shown = 0;
    get(scan_emails(own, {.mailboxes = {inbox}, .only = {{inbox, {uid}}}},
                    [&](const ScannedEmail& email) { return email.uid == uid && ++shown > 0; }));
    CHECK(shown == 1);
}

TEST_CASE_FIXTURE(EmailHouse, "the newest messages of several mailboxes are shown first") {
    std::mt19937 random(7);
    std::vector<std::int64_t> all;
    for (int i = 0; i < 1'200; ++i) {
        const std::int64_t date = i * 10 + static_cast<std::int64_t>(random() % 2'000);
        all.push_back(date);
        put(i % 5 == 0 ? archive : inbox, std::to_string(i), date);
    }
    std::ranges::sort(all, std::greater());
    CHECK(newest({inbox, archive}, 5'000) == all);
    all.resize(50);
    CHECK(newest({inbox, archive}, 50) == all);
    CHECK(get(check_store({})).findings.empty());
}

namespace {

// A client that follows the changes, a few at a time.
struct Follower {
    std::string state;
    std::string thread_state;
    std::set<std::string> emails;
    std::set<std::string> threads;
};

struct FollowingHouse : EmailHouse {
    std::vector<MailboxId> mailboxes{inbox, archive};

    std::vector<Uid> uids(MailboxId where) {
        std::vector<Uid> all;
        for (const Message& message : get(read_messages({where, the_server}, UidSet::all(), false, 1'000))) {
            all.push_back(message.uid);
        }
        return all;
    }

    // All emails that are shown, and their threads.
    std::map<std::string, std::string> shown() {
        std::vector<EmailKey> keys;
        get(scan_emails(own, {.mailboxes = mailboxes}, [&](const ScannedEmail& one) {
            keys.push_back({one.content, one.received_at});
            return true;
        }));
        std::map<std::string, std::string> emails;
        for (const std::string& email_id : get(name_emails(own, keys))) emails[email_id] = email(email_id)->thread_id;
        return emails;
    }

    static void apply(const ObjectChanges& changes, std::set<std::string>& known, std::string& state) {
        for (const std::string& one : changes.created) known.insert(one);
        for (const std::string& one : changes.updated) CHECK(known.contains(one));
        for (const std::string& one : changes.destroyed) known.erase(one);
        state = changes.new_state;
    }

    void follow(Follower& follower, std::size_t most) {
        for (bool more = true; more;) {
            const ObjectChanges changed = get(email_changes(own, follower.state, most));
            CHECK(changed.created.size() + changed.updated.size() + changed.destroyed.size() <= most);
            apply(changed, follower.emails, follower.state);
            more = changed.has_more;
        }
        for (bool more = true; more;) {
            const ObjectChanges changed = get(thread_changes(own, follower.thread_state, most));
            apply(changed, follower.threads, follower.thread_state);
            more = changed.has_more;
        }
    }

    void change(std::mt19937& random) {
        const MailboxId where = mailboxes[random() % mailboxes.size()];
        const MailboxId other = mailboxes[random() % mailboxes.size()];
        const std::string number = std::to_string(random() % 12);
        UidSet some;
        for (const Uid uid : uids(where)) {
            if (random() % 3 == 0) some.insert(uid);
        }
        switch (random() % 9) {
            case 0:
                put(where, number, 5 + static_cast<int>(random() % 2), {"t" + std::to_string(random() % 4)});
                break;
            case 1:
                put(where, number, 5, {}, {system_flag::deleted, {}});
                break;
            case 2:
                run(copy_messages({where, bob}, some, other, now));
                break;
            case 3:
                run(move_messages({where, bob}, some, other, now));
                break;
            case 4:
                flag(where, some, FlagEdit::add, {system_flag::deleted, {}});
                break;
            case 5:
                flag(where, some, FlagEdit::remove, {system_flag::deleted, {}});
                break;
            case 6:
                flag(where, some, FlagEdit::add, {system_flag::seen, {"k" + number}});
                break;
            case 7:
                run(expunge_deleted({where, bob}, some));
                break;
            default:
                run(expunge_messages({where, bob}, some, Durability::synced));
                break;
        }
    }
};

}  // namespace

TEST_CASE_FIXTURE(FollowingHouse, "from every older state the changes lead to what is shown") {
    std::mt19937 random(11);
    std::vector<Follower> followers;
    for (int step = 0; step < 120; ++step) {
        Follower follower{state(), state(), {}, {}};
        for (const auto& [email_id, thread] : shown()) {
            follower.emails.insert(email_id);
            follower.threads.insert(thread);
        }
        followers.push_back(std::move(follower));
        change(random);
        if (step == 60) run(rename_mailbox(bob, "INBOX", "Old", now)), mailboxes.push_back(mailbox(bob, "Old"));
        // One that is behind takes some of the changes, and others come before it has the rest.
        Follower& slow = followers[random() % followers.size()];
        const ObjectChanges changed = get(email_changes(own, slow.state, 2));
        apply(changed, slow.emails, slow.state);
    }
    std::set<std::string> emails;
    std::set<std::string> threads;
    for (const auto& [email_id, thread] : shown()) {
        emails.insert(email_id);
        threads.insert(thread);
    }
    for (Follower& follower : followers) {
        follow(follower, 1 + random() % 5);
        CHECK(follower.emails == emails);
        CHECK(follower.threads == threads);
    }
    CHECK(get(check_store({})).findings.empty());
}
