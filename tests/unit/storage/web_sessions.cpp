// Log-ins of browsers in the store: found by their token's hash, bounded by account, over with their credentials.
#include "storage/web_sessions.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct SessionHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId eve = add_account("eve@example.org");

    LogIn log_in_of(const std::string& name) {
        const AccountCredentials found = get(find_credentials(name));
        return {found.account.id, found.generation};
    }
    Result<std::vector<std::string>> begin(const std::string& id, std::int64_t at, std::size_t most = 9,
                                           const std::string& name = "bob@example.org") {
        return write(begin_web_session({.id = id,
                                        .log_in = log_in_of(name),
                                        .form_token = "form of " + id,
                                        .since = at,
                                        .used_at = at,
                                        .expires_at = at + 100,
                                        .address = "192.0.2.1",
                                        .user_agent = std::string(300, 'x')},
                                       "hash of " + id, most));
    }
    bool is_open(const std::string& id, std::int64_t at) {
        return get(find_web_session("hash of " + id, at)).has_value();
    }
};

}  // namespace

TEST_CASE("a session is found by its token's hash, until it expires; each use moves that") {
    SessionHouse house;
    REQUIRE(house.begin("a", now));
    const auto found = house.get(find_web_session("hash of a", now + 99));
    REQUIRE(found);
    CHECK(found->account == "bob@example.org");
    CHECK(found->session.id == "a");
    CHECK(found->session.form_token == "form of a");
    CHECK(found->session.user_agent.size() == 200);
    CHECK(house.read(valid_log_in(found->session.log_in)));
    CHECK_FALSE(house.is_open("a", now + 100));
    CHECK_FALSE(house.is_open("b", now));
    house.run(note_web_session_use("a", "192.0.2.2", now + 50, now + 150));
    CHECK(house.is_open("a", now + 149));
    CHECK(house.get(list_web_sessions(now + 149))[0].session.address == "192.0.2.2");
    CHECK(house.get(list_web_sessions(now + 150)).empty());
}

TEST_CASE("an account has so many; the least recently used ends, and nobody else's") {
    SessionHouse house;
    REQUIRE(house.begin("eve", now - 50, 2, "eve@example.org"));
    REQUIRE(house.begin("a", now, 2));
    REQUIRE(house.begin("b", now + 1, 2));
    house.run(note_web_session_use("a", "", now + 2, now + 200));
    CHECK(house.begin("c", now + 3, 2).value() == std::vector<std::string>{"b"});
    CHECK(house.begin("d", now + 4, 2).value() == std::vector<std::string>{"a"});
    CHECK(house.is_open("eve", now));
    CHECK((house.is_open("c", now + 4) && house.is_open("d", now + 4)));
}

TEST_CASE("sessions end with their credentials, by themselves, and with their account") {
    SessionHouse house;
    REQUIRE(house.begin("a", now));
    REQUIRE(house.begin("eve", now, 9, "eve@example.org"));
    CHECK(reason_of(house.write(end_web_session("b"))) == Reason::no_such_session);
    CHECK_FALSE(house.get(web_sessions_have_ended(now)));
    house.run(end_log_ins("bob@example.org"));
    CHECK_FALSE(house.is_open("a", now));
    CHECK(house.get(web_sessions_have_ended(now)));
    const std::vector<EndedWebSession> ended = house.run(remove_ended_web_sessions(now));
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].id == "a");
    CHECK_FALSE(ended[0].expired);
    CHECK(house.run(remove_ended_web_sessions(now + 100)).at(0).expired);
    REQUIRE(house.begin("b", now));
    house.run(end_web_session("b"));
    CHECK_FALSE(house.is_open("b", now));
    REQUIRE(house.begin("c", now));
    house.run(remove_account("bob@example.org"));
    CHECK(house.get(list_web_sessions(now)).empty());
    CHECK(reason_of(house.write(begin_web_session({.id = "d", .log_in = {house.bob, 1}}, "h", 9))) ==
          Reason::logged_out);
}

TEST_CASE("a new password keeps the session that sets it, and ends the others") {
    SessionHouse house;
    REQUIRE(house.begin("a", now));
    REQUIRE(house.begin("b", now));
    const LogIn old = house.log_in_of("bob@example.org");
    CHECK(house.run(change_password(old, {.argon2id = "new", .scram_sha_256 = {}}, "b")) == old.generation + 1);
    CHECK(house.get(find_credentials("bob@example.org")).credentials.argon2id == "new");
    CHECK_FALSE(house.is_open("a", now));
    CHECK(house.is_open("b", now));
    CHECK(reason_of(house.write(change_password(old, {}, "b"))) == Reason::logged_out);
}
