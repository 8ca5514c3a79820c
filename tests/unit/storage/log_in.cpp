// What runs for a log-in is refused once its account or its credentials are gone, in the read or write itself.
#include "storage/log_in.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

LogIn log_in_of(TemporaryStore& house, const std::string& name) {
    const AccountCredentials found = house.get(find_credentials(name));
    return {found.account.id, found.generation};
}

}  // namespace

TEST_CASE("a changed password ends a log-in, for reads and for writes") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const LogIn log_in = log_in_of(house, "alice@example.org");
    CHECK(house.read(while_valid(log_in, find_mailbox(alice, "INBOX"))));
    CHECK(house.write(while_valid(log_in, create_mailbox(alice, "before"))));
    CHECK(house.read(valid_log_in(log_in)));

    house.run(set_credentials("alice@example.org", {.argon2id = "$new$", .scram_sha_256 = {}}));
    CHECK(reason_of(house.read(while_valid(log_in, find_mailbox(alice, "INBOX")))) == Reason::logged_out);
    CHECK(reason_of(house.write(while_valid(log_in, create_mailbox(alice, "after")))) == Reason::logged_out);
    CHECK(reason_of(house.read(valid_log_in(log_in))) == Reason::logged_out);
    CHECK(reason_of(house.read(find_mailbox(alice, "after"))) == Reason::no_such_mailbox);
    CHECK(house.read(while_valid(log_in_of(house, "alice@example.org"), find_mailbox(alice, "INBOX"))));
}

TEST_CASE("a removed account's log-in ends, even if an account of that name is made again") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const AccountId bob = house.add_account("bob@example.org");
    const MailboxId inbox = house.mailbox(bob, "INBOX");
    const LogIn log_in = log_in_of(house, "alice@example.org");
    house.run(remove_account("alice@example.org"));
    CHECK(reason_of(house.read(while_valid(log_in, get_mailbox({inbox, the_server})))) == Reason::logged_out);
    house.add_account("alice@example.org");
    CHECK(reason_of(house.read(while_valid(log_in, get_mailbox({inbox, the_server})))) == Reason::logged_out);
    CHECK(reason_of(house.write(while_valid(log_in, subscribe_mailbox(alice, "x", true)))) == Reason::logged_out);
    CHECK(house.read(while_valid(log_in_of(house, "bob@example.org"), get_mailbox({inbox, the_server}))));
}

TEST_CASE("long work ends at the slice after which its log-in was ended, and takes back what it has done") {
    TemporaryStore house;
    house.add_account("alice@example.org");
    const LogIn log_in = log_in_of(house, "alice@example.org");
    int slices = 0;
    Operation<std::monostate> slow{Durability::synced,
                                   [&](engine::Batch& batch) -> std::optional<Result<std::monostate>> {
                                       if (++slices == 3) return std::monostate();
                                       if (slices == 2) {
                                           Operation<std::monostate> change = set_credentials("alice@example.org", {});
                                           (void)change.run(batch);
                                       }
                                       return std::nullopt;
                                   }};
    int taken_back = 0;
    slow.take_back = [&](engine::Batch&) { return ++taken_back == 2; };
    CHECK(reason_of(house.write(while_valid(log_in, std::move(slow)))) == Reason::logged_out);
    CHECK(slices == 2);
    CHECK(taken_back == 2);
}

TEST_CASE("nobody's log-in is never valid") {
    TemporaryStore house;
    house.add_account("alice@example.org");
    CHECK(reason_of(house.read(valid_log_in({}))) == Reason::logged_out);
}
