// Notices of changes: after the commit, in order, only to subscribers, and none after the subscription ends.
#include <mutex>
#include <vector>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("subscribers hear of their own account's changes, in the order of commits") {
    TemporaryStore house;
    const AccountId bob = house.add_account("bob@example.org");
    const AccountId alice = house.add_account("alice@example.org");
    const MailboxId inbox = house.mailbox(bob, "INBOX");
    std::mutex mutex;
    std::vector<Change> heard;
    Subscription subscription = house.store().subscribe(bob, [&](const Change& change) {
        const std::lock_guard lock(mutex);
        heard.push_back(change);
    });
    house.append(inbox, "one");
    house.append(house.mailbox(alice, "INBOX"), "not bob's");
    (void)house.run(change_flags({inbox, the_server}, UidSet::all(), FlagEdit::add, {system_flag::seen, {}}));
    (void)house.run(
        change_flags({inbox, the_server}, UidSet::all(), FlagEdit::add, {system_flag::seen, {}}));  // changes nothing
    (void)reason_of(house.write(create_mailbox(bob, "INBOX")));                                     // refused
    (void)house.run(create_mailbox(bob, "New"));
    {
        const std::lock_guard lock(mutex);
        REQUIRE(heard.size() >= 3);
        CHECK(heard[0].mailbox == inbox);
        CHECK(heard[1].mailbox == inbox);
        CHECK(heard[1].modseq == house.get(get_mailbox({inbox, the_server})).highest_modseq);
        CHECK(heard.back().mailbox == MailboxId{});
        for (std::size_t i = 1; i < heard.size(); ++i) CHECK(heard[i - 1].modseq < heard[i].modseq);
        for (const Change& change : heard) CHECK(change.account == bob);
        heard.clear();
    }
    Subscription moved = std::move(subscription);
    house.append(inbox, "two");
    CHECK(heard.size() == 1);
    moved = Subscription();
    house.append(inbox, "three");
    CHECK(heard.size() == 1);
}

TEST_CASE("a subscription may outlive its store") {
    Subscription subscription;
    {
        TemporaryStore house;
        subscription = house.store().subscribe(house.add_account("bob@example.org"), [](const Change&) {});
    }
    subscription = Subscription();
}
