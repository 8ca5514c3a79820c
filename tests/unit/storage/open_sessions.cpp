// Sessions that are logged in, as servers write them down, and wishes to end them.
#include "storage/open_sessions.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

std::vector<std::string> ids(TemporaryStore& house) {
    std::vector<std::string> found;
    for (const ListedSession& one : house.get(list_sessions())) found.push_back(one.session.id);
    return found;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("sessions are listed by their beginning, until they are over") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const AccountId bob = house.add_account("bob@example.org");
    const OpenSession one{.id = "d1", .account = alice, .door = "imap", .address = "192.0.2.1", .since = now + 5};
    const OpenSession two{.id = "d2", .account = bob, .door = "pop3", .address = "2001:db8::1", .since = now};
    house.run(write_sessions("mail", {one, two}, {}));
    const std::vector<ListedSession> listed = house.get(list_sessions());
    REQUIRE(listed.size() == 2);
    CHECK(listed[0].account == "bob@example.org");
    CHECK(listed[0].session.door == "pop3");
    CHECK(listed[0].session.address == "2001:db8::1");
    CHECK(listed[0].session.since == now);
    CHECK(listed[1].session.id == "d1");

    SUBCASE("over") {
        house.run(write_sessions("other", {}, {"d1"}));  // another server's
        CHECK(ids(house) == Ids{"d2", "d1"});
        house.run(write_sessions("mail", {}, {"d1", "d9"}));
        CHECK(ids(house) == Ids{"d2"});
    }
    SUBCASE("with their account") {
        house.run(remove_account("bob@example.org"));
        CHECK(ids(house) == Ids{"d1"});
    }
    SUBCASE("at the server's start") {
        house.run(write_sessions("other", {{.id = "d3", .account = bob, .since = now + 9}}, {}));
        house.run(forget_sessions("mail"));
        CHECK(ids(house) == Ids{"d3"});
    }
}

TEST_CASE("a session's server is asked to end it, and told by the feed") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    house.run(write_sessions("mail", {{.id = "d1", .account = alice}, {.id = "d2", .account = alice}}, {}));
    CHECK(house.get(sessions_to_end("mail")).empty());
    std::vector<AccountId> told;
    {
        const Subscription watch = house.store().subscribe_accounts([&](AccountId one) { told.push_back(one); });
        house.run(end_session("d2"));
    }
    CHECK(told == std::vector<AccountId>{alice});
    CHECK(house.get(sessions_to_end("mail")) == Ids{"d2"});
    CHECK(house.get(sessions_to_end("other")).empty());
    CHECK(reason_of(house.write(end_session("d9"))) == Reason::no_such_session);
    house.run(write_sessions("mail", {{.id = "d2", .account = alice}}, {}));  // someone has logged in there again
    CHECK(house.get(sessions_to_end("mail")).empty());
}
