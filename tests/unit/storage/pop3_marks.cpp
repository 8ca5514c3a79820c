// The maildrop's lock and marks (RFC 1939 §4 to §6).
#include "storage/pop3_marks.h"

#include <doctest/doctest.h>

#include <atomic>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct Pop3House : TemporaryStore {
    AccountId alice = add_account("alice@example.org");
    MailboxId inbox = mailbox(alice, "INBOX");
    std::uint32_t messages() { return get(get_mailbox({inbox, the_server})).messages; }
};

}  // namespace

TEST_CASE("one session holds the maildrop") {
    Pop3House house;
    CHECK(house.run(lock_maildrop(house.alice, "s1")) == house.inbox);
    CHECK(reason_of(house.write(lock_maildrop(house.alice, "s2"))) == Reason::in_use);
    CHECK(reason_of(house.write(mark_deleted(house.inbox, "s2", Uid{1}))) == Reason::conflict);
    CHECK(reason_of(house.write(update_maildrop(house.inbox, "s2"))) == Reason::conflict);
    house.run(release_maildrop(house.inbox, "s2"));  // not the owner: no effect
    CHECK(reason_of(house.write(lock_maildrop(house.alice, "s2"))) == Reason::in_use);
    house.run(release_maildrop(house.inbox, "s1"));
    house.run(lock_maildrop(house.alice, "s2"));
    CHECK(reason_of(house.write(lock_maildrop(AccountId{99}, "s3"))) == Reason::no_such_account);
}

TEST_CASE("UPDATE removes what is marked, at once, and gives the lock back") {
    Pop3House house;
    const Uid one = house.append(house.inbox, "one");
    const Uid two = house.append(house.inbox, "two");
    const Uid three = house.append(house.inbox, "three");
    house.run(lock_maildrop(house.alice, "s1"));
    house.run(mark_deleted(house.inbox, "s1", one));
    house.run(mark_deleted(house.inbox, "s1", three));
    house.run(mark_deleted(house.inbox, "s1", three));
    CHECK(reason_of(house.write(mark_deleted(house.inbox, "s1", Uid{77}))) == Reason::no_such_message);
    CHECK(house.messages() == 3);
    const Expunged expunged = house.run(update_maildrop(house.inbox, "s1"));
    CHECK(expunged.uids == UidSet{one, three});
    CHECK(house.messages() == 1);
    CHECK(house.get(view_mailbox({house.inbox, the_server})).uids == UidSet{two});
    CHECK(reason_of(house.write(update_maildrop(house.inbox, "s1"))) == Reason::conflict);
    house.run(lock_maildrop(house.alice, "s2"));
    CHECK(house.run(update_maildrop(house.inbox, "s2")).uids.empty());
}

TEST_CASE("every door sees who holds the maildrop and what it has marked, and hears when it is given back") {
    Pop3House house;
    const Uid one = house.append(house.inbox, "one");
    CHECK(house.get(maildrop_use(house.inbox)).holder.empty());
    house.run(lock_maildrop(house.alice, "s1"));
    house.run(mark_deleted(house.inbox, "s1", one));
    CHECK(house.get(maildrop_use(house.inbox)).holder == "s1");
    CHECK(house.get(maildrop_use(house.inbox)).marked == UidSet{one});
    std::atomic<int> told = 0;
    const Subscription watch = house.store().subscribe(house.alice, [&](const Change&) { ++told; });
    SUBCASE("UPDATE") { house.run(update_maildrop(house.inbox, "s1")); }
    SUBCASE("UPDATE of nothing") {
        house.run(unmark_all(house.inbox, "s1"));
        house.run(update_maildrop(house.inbox, "s1"));
    }
    SUBCASE("any other end") { house.run(release_maildrop(house.inbox, "s1")); }
    CHECK(told >= 1);
    CHECK(house.get(maildrop_use(house.inbox)).holder.empty());
    CHECK(house.get(maildrop_use(house.inbox)).marked.empty());
}

TEST_CASE("marks vanish with RSET and with any other end of the session") {
    Pop3House house;
    const Uid one = house.append(house.inbox, "one");
    house.run(lock_maildrop(house.alice, "s1"));
    house.run(mark_deleted(house.inbox, "s1", one));
    SUBCASE("RSET") { house.run(unmark_all(house.inbox, "s1")); }
    SUBCASE("the connection is lost") {
        house.run(release_maildrop(house.inbox, "s1"));
        house.run(lock_maildrop(house.alice, "s1"));
    }
    SUBCASE("the server starts again") {
        house.reopen();
        house.run(lock_maildrop(house.alice, "s1"));
    }
    CHECK(house.run(update_maildrop(house.inbox, "s1")).uids.empty());
    CHECK(house.messages() == 1);
}

TEST_CASE("a message that IMAP has expunged meanwhile is no obstacle") {
    Pop3House house;
    const Uid one = house.append(house.inbox, "one");
    const Uid two = house.append(house.inbox, "two");
    house.run(lock_maildrop(house.alice, "s1"));
    house.run(mark_deleted(house.inbox, "s1", one));
    house.run(mark_deleted(house.inbox, "s1", two));
    house.run(expunge_messages({house.inbox, the_server}, {one}, Durability::synced));
    CHECK(house.run(update_maildrop(house.inbox, "s1")).uids == UidSet{two});
    CHECK(house.messages() == 0);
}

TEST_CASE("a large maildrop is emptied in one operation") {
    Pop3House house;
    std::vector<NewMessage> messages(3'000);
    for (NewMessage& message : messages) message.content = TemporaryStore::staged("same");
    house.run(append_messages(house.inbox, messages, now, the_server));
    house.run(lock_maildrop(house.alice, "s1"));
    for (std::uint32_t uid = 1; uid <= 3'000; ++uid) house.run(mark_deleted(house.inbox, "s1", Uid{uid}));
    CHECK(house.run(update_maildrop(house.inbox, "s1")).uids.count() == 3'000);
    CHECK(house.messages() == 0);
}
