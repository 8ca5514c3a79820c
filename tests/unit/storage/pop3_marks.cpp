// The maildrop's lock and marks (RFC 1939 §4 to §6).
#include "storage/pop3_marks.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "storage/engine/batch.h"
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

namespace {

UidSet uids_from(std::uint32_t first, std::uint32_t last) {
    UidSet set;
    set.insert(Uid{first}, Uid{last});
    return set;
}

// An UPDATE in three slices, of 4,500 of 5,000 messages.
struct LongUpdate : Pop3House {
    static constexpr std::uint32_t all = 5'000;
    static constexpr std::uint32_t marked = 4'500;
    std::atomic<int> slices = 0;

    LongUpdate() {
        append_many(all);
        run(lock_maildrop(alice, "s1"));
        run(mark_deleted(inbox, "s1", uids_from(1, 4'000)));
    }

    void append_many(std::size_t count) {
        std::vector<NewMessage> messages(count);
        for (NewMessage& message : messages) message.content = staged("same");
        run(append_messages(inbox, messages, now, the_server));
    }

    using Before = std::function<void(engine::Batch&, int slice)>;

    // `before` is called before each slice, in its batch; slices count from 1.
    Operation<Expunged> operation(const Before& before) {
        Operation<Expunged> update = update_maildrop(inbox, "s1", uids_from(4'001, marked));
        auto inner = std::make_shared<decltype(update.run)>(std::move(update.run));
        update.run = [=, this](engine::Batch& batch) {
            before(batch, ++slices);
            return (*inner)(batch);
        };
        return update;
    }

    // After one slice of 2,000 the update has ended, and its session too.
    void check_rest_is_there() {
        CHECK(messages() == all - 2'000);
        CHECK(get(maildrop_use(inbox)).holder.empty());
        CHECK(get(maildrop_use(inbox)).marked.empty());
        run(lock_maildrop(alice, "s2"));
        run(mark_deleted(inbox, "s2", uids_from(1, marked)));
        CHECK(run(update_maildrop(inbox, "s2")).uids == uids_from(2'001, marked));
        CHECK(get(view_mailbox({inbox, the_server})).uids == uids_from(marked + 1, all));
    }
};

// Sees what is committed, without waiting for the writer.
std::string holder_and_messages(LongUpdate& house) {
    return house.get(maildrop_use(house.inbox)).holder + " " + std::to_string(house.messages());
}

}  // namespace

TEST_CASE("a large maildrop is emptied in slices, and locked until the last") {
    LongUpdate house;
    std::vector<std::string> seen;
    std::vector<UidSet> marks;
    const Expunged expunged = house.run(house.operation([&](engine::Batch&, int) {
        seen.push_back(holder_and_messages(house));
        marks.push_back(house.get(maildrop_use(house.inbox)).marked);
    }));
    CHECK(seen == std::vector<std::string>{"s1 5000", "s1 3000", "s1 1000"});
    CHECK(marks == std::vector<UidSet>{uids_from(1, 4'000), uids_from(2'001, 4'000), {}});
    CHECK(expunged.uids == uids_from(1, LongUpdate::marked));
    CHECK(holder_and_messages(house) == " 500");
    CHECK(house.get(mailbox_changes({house.inbox, the_server}, ModSeq{1})).vanished == expunged.uids);
}

TEST_CASE("many marks are read in slices, before any message is removed") {
    LongUpdate house;
    house.append_many(6'000);
    house.run(mark_deleted(house.inbox, "s1", uids_from(1, 11'000)));
    const Expunged expunged = house.run(house.operation([&](engine::Batch&, int slice) {
        if (slice == 2) CHECK(holder_and_messages(house) == "s1 11000");
        if (slice == 3) CHECK(holder_and_messages(house) == "s1 9000");
    }));
    CHECK(house.slices == 7);
    CHECK(expunged.uids == uids_from(1, 11'000));
    CHECK(holder_and_messages(house) == " 0");
}

TEST_CASE("an UPDATE that fails half-way leaves the rest, with marks and lock") {
    LongUpdate house;
    const auto fails = [](engine::Batch&, int slice) {
        if (slice == 2) throw std::runtime_error("a bug");
    };
    CHECK_THROWS_WITH((void)house.write(house.operation(fails)), "a bug");
    CHECK(house.get(maildrop_use(house.inbox)).holder == "s1");
    CHECK(house.get(maildrop_use(house.inbox)).marked == uids_from(2'001, 4'000));
    house.run(release_maildrop(house.inbox, "s1"));
    house.check_rest_is_there();
}

TEST_CASE("an UPDATE that has lost the lock between two slices goes no further") {
    LongUpdate house;
    const auto lost = [&](engine::Batch& batch, int slice) {
        if (slice == 2) (void)release_maildrop(house.inbox, "s1").run(batch);
        if (slice == 2) (void)lock_maildrop(house.alice, "s3").run(batch);
    };
    CHECK(reason_of(house.write(house.operation(lost))) == Reason::conflict);
    CHECK(house.messages() == LongUpdate::all - 2'000);
}

TEST_CASE("an UPDATE that the end of the process interrupts leaves the rest, free and unmarked") {
    LongUpdate house;
    std::atomic<bool> paused = false;
    Operation<Expunged> update = house.operation([](engine::Batch&, int) {});
    auto inner = std::make_shared<decltype(update.run)>(std::move(update.run));
    update.run = [&, inner](engine::Batch& batch) -> std::optional<Result<Expunged>> {
        if (house.slices == 1) paused = true;
        return paused ? std::nullopt : (*inner)(batch);
    };
    bool closed = false;
    std::thread quitting([&, update = std::move(update)]() mutable {
        try {
            (void)house.write(std::move(update));
        } catch (const std::runtime_error&) {
            closed = true;
        }
    });
    while (!paused && house.get(maildrop_use(house.inbox)).holder == "s1") std::this_thread::yield();
    CHECK(house.get(maildrop_use(house.inbox)).holder == "s1");
    house.close();
    quitting.join();
    CHECK(closed);
    house.reopen();
    house.check_rest_is_there();
}
