// DKIM keys in the store: with their domain, one name for one key, changes that two may not both make.
#include "storage/dkim_keys.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

DkimKey some_key(std::string domain, std::string selector, DkimState state = DkimState::published) {
    return {.domain = std::move(domain),
            .selector = std::move(selector),
            .algorithm = DkimAlgorithm::rsa,
            .state = state,
            .state_at = now,
            .created_at = now,
            .seen_at = 0,
            .public_key = "MII",
            .private_key = "PEM"};
}

}  // namespace

TEST_CASE("a DKIM key comes with its domain and goes with it") {
    TemporaryStore house;
    CHECK(reason_of(house.write(add_dkim_key(some_key("example.org", "a")))) == Reason::no_such_domain);
    house.run(with_dkim_key(add_domain("example.org", now), some_key("example.org", "a", DkimState::signing)));
    // Neither without the other.
    CHECK(reason_of(house.write(with_dkim_key(add_domain("b.example", now), some_key("c.example", "a")))) ==
          Reason::no_such_domain);
    CHECK(house.get(list_domains()) == std::vector<std::string>{"example.org"});
    house.run(add_domain("b.example", now));
    CHECK(house.get(domains_without_dkim_key()) == std::vector<std::string>{"b.example"});
    house.run(add_first_dkim_key(some_key("b.example", "a")));
    CHECK(reason_of(house.write(add_first_dkim_key(some_key("b.example", "b")))) == Reason::already_exists);
    CHECK(house.get(list_dkim_keys()).size() == 2);
    house.run(remove_domain("example.org"));
    REQUIRE(house.get(list_dkim_keys()).size() == 1);
    CHECK(house.get(list_dkim_keys())[0].domain == "b.example");
}

TEST_CASE("a selector never names two keys, and only what signs is given out with its private key") {
    TemporaryStore house;
    house.run(add_domain("example.org", now));
    house.run(add_dkim_key(some_key("example.org", "a", DkimState::signing)));
    house.run(add_dkim_key(some_key("example.org", "b")));
    CHECK(reason_of(house.write(add_dkim_key(some_key("example.org", "a")))) == Reason::already_exists);
    REQUIRE(house.get(find_signing_keys("example.org")).size() == 1);
    CHECK(house.get(find_signing_keys("example.org"))[0].private_key == "PEM");
    CHECK(house.get(list_dkim_keys("example.org")).size() == 2);
    CHECK(house.get(list_dkim_keys("example.org"))[0].private_key.empty());
    CHECK(house.get(list_dkim_keys("other.example")).empty());

    // The new one signs, the old one no more, in one.
    house.run(change_dkim_keys(
        "example.org",
        {{"b", DkimState::published, DkimState::signing, now + 5}, {"a", DkimState::signing, DkimState::retired, 0}},
        now + 9));
    CHECK(house.get(find_signing_keys("example.org"))[0].selector == "b");
    CHECK(house.get(list_dkim_keys("example.org"))[0].state_at == now + 9);
    CHECK(house.get(list_dkim_keys("example.org"))[1].seen_at == now + 5);

    // All or none, and only from what it was.
    CHECK(reason_of(house.write(change_dkim_keys(
              "example.org",
              {{"a", DkimState::retired, DkimState::withdrawn, 0}, {"b", DkimState::published, DkimState::signing, 0}},
              now + 10))) == Reason::conflict);
    CHECK(house.get(list_dkim_keys("example.org"))[0].state == DkimState::retired);
    house.run(change_dkim_keys("example.org", {{"b", DkimState::signing, DkimState::signing, now + 6}}, now + 10));
    CHECK(house.get(list_dkim_keys("example.org"))[1].state_at == now + 9);  // it has not become anything else

    // A withdrawn key cannot come back, nor its name.
    house.run(change_dkim_keys("example.org", {{"b", DkimState::signing, DkimState::withdrawn, 0}}, now + 11));
    CHECK(reason_of(house.write(change_dkim_keys("example.org", {{"b", DkimState::withdrawn, DkimState::signing, 0}},
                                                 now + 12))) == Reason::conflict);
    CHECK(house.get(find_signing_keys("example.org")).empty());
    CHECK(reason_of(house.write(add_dkim_key(some_key("example.org", "b")))) == Reason::already_exists);
}
