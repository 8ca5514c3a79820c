// What an account says of a list by where it puts its mail.
#include "storage/filed_lists.h"

#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/queue.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace filed_lists_tests {

namespace {

struct FilingHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId eve = add_account("eve@example.org");
    MailboxId inbox = get(find_mailbox(bob, "INBOX")).id;
    MailboxId cooks = run(create_mailbox(bob, "Cooks")).id;
    MailboxId junk = get(find_mailbox(bob, "Junk")).id;
    MailboxId trash = get(find_mailbox(bob, "Trash")).id;

    void arrive(MailboxId where, const std::string& list_id = "cooks.lists.test",
                const std::string& domain = "lists.test") {
        Acceptance made;
        made.content = staged("text of " + list_id);
        made.summary = "summary";
        made.received_at = 1;
        made.local.push_back({.mailbox = where, .flags = {}});
        if (!list_id.empty()) made.list_mail = ListMail{.list_id = list_id, .domain = domain};
        run(accept_message(made));
    }
    bool filed(const std::string& domain = "lists.test", const std::string& list_id = "cooks.lists.test") {
        return !get(accounts_that_filed({eve, bob}, list_id, {"other.test", domain})).empty();
    }
    void move(MailboxId from, MailboxId to, std::int64_t now = 10) {
        run(move_messages({from, bob}, UidSet::all(), to, now));
    }
};

}  // namespace

TEST_CASE("mail that is moved or copied into a mailbox of one's own, or out of Junk, is filed") {
    for (const bool copies : {false, true}) {
        FilingHouse house;
        house.arrive(house.inbox);
        CHECK_FALSE(house.filed());
        if (copies) {
            house.run(copy_messages({house.inbox, house.bob}, UidSet::all(), house.cooks, 10));
        } else {
            house.move(house.inbox, house.cooks);
        }
        CHECK(house.filed());
        CHECK(house.get(accounts_that_filed({house.eve, house.bob}, "cooks.lists.test", {"lists.test"})) ==
              std::vector{house.bob});
        CHECK_FALSE(house.filed("evil.test"));
        CHECK_FALSE(house.filed("lists.test", "eaters.lists.test"));
    }
    FilingHouse house;
    house.arrive(house.junk);
    house.move(house.junk, house.trash);
    CHECK_FALSE(house.filed());
    house.arrive(house.junk);
    house.move(house.junk, house.inbox);
    CHECK(house.filed());
}

TEST_CASE("Trash says nothing, the way back to INBOX neither; Junk takes it back; others' hands do not count") {
    FilingHouse house;
    house.arrive(house.inbox);
    house.move(house.inbox, house.trash);
    house.move(house.trash, house.inbox);
    CHECK_FALSE(house.filed());
    house.run(move_messages({house.inbox, the_server}, UidSet::all(), house.cooks, 10));
    CHECK_FALSE(house.filed());
    house.move(house.cooks, house.inbox);
    house.move(house.inbox, house.cooks);
    CHECK(house.filed());
    house.move(house.cooks, house.junk);
    CHECK_FALSE(house.filed());
}

TEST_CASE("so many lists of an account are remembered, the last ones; none is when the account is gone") {
    FilingHouse house;
    for (std::size_t i = 0; i <= most_filed_lists; ++i) {
        house.arrive(house.inbox, "l" + std::to_string(i) + ".lists.test");
        house.move(house.inbox, house.cooks, 10 + static_cast<std::int64_t>(i));
    }
    CHECK_FALSE(house.filed("lists.test", "l0.lists.test"));
    CHECK(house.filed("lists.test", "l1.lists.test"));
    // Many at once.
    for (std::size_t i = 0; i <= most_filed_lists; ++i)
        house.arrive(house.inbox, "m" + std::to_string(i) + ".lists.test");
    house.move(house.inbox, house.cooks, 10'000);
    CHECK(house.filed("lists.test", "m0.lists.test"));
    CHECK_FALSE(house.filed("lists.test", "l1.lists.test"));
    CHECK_FALSE(house.filed("lists.test", "m99.lists.test"));
    house.run(remove_account("bob@example.org"));
    CHECK_FALSE(house.filed("lists.test", "m0.lists.test"));
}

}  // namespace filed_lists_tests
