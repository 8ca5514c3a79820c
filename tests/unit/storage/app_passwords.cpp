// App passwords in the store: found by hash and by label, bounded, gone with their expiry and their account.
#include "storage/app_passwords.h"

#include "storage/log_in.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct PasswordHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId eve = add_account("eve@example.org");

    Result<AppPasswordId> add(const std::string& label, const std::string& hash, std::size_t most = 10,
                              std::optional<std::int64_t> expires_at = std::nullopt,
                              const std::string& account = "Bob@example.org") {
        return write(add_app_password(account,
                                      {.label = label,
                                       .scope = AppPasswordScope::mail,
                                       .sha256 = hash,
                                       .scram_sha_256 = {"salt", 4096, "stored " + hash, "server"},
                                       .created_at = now,
                                       .expires_at = expires_at},
                                      most));
    }
};

}  // namespace

TEST_CASE("an app password is found by its hash and by its label, in its account alone, until it expires") {
    PasswordHouse house;
    REQUIRE(house.add("phone", "hash", 10, now + 10));
    const auto found = house.get(find_app_password(house.bob, "hash", now + 9));
    REQUIRE(found);
    CHECK(found->label == "phone");
    CHECK(found->scope == AppPasswordScope::mail);
    CHECK(found->created_at == now);
    CHECK(found->used_at == 0);
    CHECK_FALSE(house.get(find_app_password(house.bob, "hash", now + 10)));
    CHECK_FALSE(house.get(find_app_password(house.eve, "hash", now)));
    CHECK_FALSE(house.get(find_app_password(house.bob, "other", now)));
    CHECK(house.get(find_app_password_keys(house.bob, "PHONE", now))->scram_sha_256.stored_key == "stored hash");
    CHECK_FALSE(house.get(find_app_password_keys(house.bob, "phone", now + 10)));
    CHECK_FALSE(house.get(find_app_password_keys(house.eve, "phone", now)));
}

TEST_CASE("labels are one of a kind in an account, and an account has only so many") {
    PasswordHouse house;
    REQUIRE(house.add("phone", "1", 2));
    CHECK(reason_of(house.add("Phone", "2", 2)) == Reason::already_exists);
    CHECK(house.add("phone", "3", 2, std::nullopt, "eve@example.org"));
    REQUIRE(house.add("pad", "4", 2));
    CHECK(reason_of(house.add("desk", "5", 2)) == Reason::too_many);
    CHECK(reason_of(house.add("desk", "5", 2, std::nullopt, "no@example.org")) == Reason::no_such_account);
    for (const char* label : {"", " phone", "a@b", "a%b", "a\nb", "\xff"})
        CHECK(reason_of(house.add(label, "6", 9)) == Reason::invalid_name);
    CHECK(reason_of(house.add(std::string(65, 'x'), "6", 9)) == Reason::invalid_name);
    CHECK(house.add(std::string(64, 'x'), "6", 9));
}

TEST_CASE("uses are written together; what is gone is passed over") {
    PasswordHouse house;
    const AppPasswordId id = house.add("phone", "1").value();
    house.run(note_app_password_uses({{id, now + 5, "192.0.2.1"}, {{99}, now, "192.0.2.2"}}));
    const std::vector<AppPassword> all = house.get(app_passwords_of(house.bob));
    REQUIRE(all.size() == 1);
    CHECK(all[0].used_at == now + 5);
    CHECK(all[0].used_from == "192.0.2.1");
}

TEST_CASE("a removed app password ends its log-ins, and no others; its number never comes back") {
    PasswordHouse house;
    const AppPasswordId phone = house.add("phone", "1").value();
    const AppPasswordId pad = house.add("pad", "2").value();
    const auto valid = [&](AppPasswordId id) { return house.read(valid_log_in({house.bob, 1, id})).has_value(); };
    CHECK((valid(phone) && valid(pad) && valid({})));
    house.run(remove_app_password("bob@example.org", "Pad"));
    CHECK(valid(phone));
    CHECK_FALSE(valid(pad));
    CHECK(valid({}));
    CHECK(house.get(missing_app_passwords({phone, pad})) == std::vector{pad});
    CHECK(reason_of(house.write(remove_app_password("bob@example.org", "pad"))) == Reason::no_such_credential);
    CHECK(house.add("pad", "2").value() > pad);
    CHECK(house.run(remove_app_passwords("bob@example.org")) == 2);
    CHECK_FALSE(valid(phone));
    CHECK(reason_of(house.write(remove_app_passwords("no@example.org"))) == Reason::no_such_account);
}

TEST_CASE("whoever watches an account's sessions hears of a removal") {
    PasswordHouse house;
    REQUIRE(house.add("phone", "1", 10, now + 1));
    REQUIRE(house.add("pad", "2"));
    std::vector<AccountId> heard;
    const Subscription subscription =
        house.store().subscribe_accounts([&](AccountId account) { heard.push_back(account); });
    house.run(remove_app_password("bob@example.org", "pad"));
    CHECK(heard == std::vector{house.bob});
    CHECK(house.run(remove_expired_app_passwords(now + 1)).size() == 1);
    CHECK(heard == std::vector{house.bob, house.bob});
}

TEST_CASE("what has expired is removed, and told; all go with their account") {
    PasswordHouse house;
    REQUIRE(house.add("phone", "1", 10, now + 10));
    REQUIRE(house.add("pad", "2"));
    CHECK_FALSE(house.get(app_passwords_have_expired(now + 9)));
    CHECK(house.get(app_passwords_have_expired(now + 10)));
    CHECK(house.run(remove_expired_app_passwords(now + 9)).empty());
    const std::vector<ExpiredAppPassword> expired = house.run(remove_expired_app_passwords(now + 10));
    REQUIRE(expired.size() == 1);
    CHECK(expired[0].account == "bob@example.org");
    CHECK(expired[0].label == "phone");
    CHECK(house.get(app_passwords_of(house.bob)).size() == 1);
    house.run(remove_account("bob@example.org"));
    CHECK(house.get(app_passwords_of(house.bob)).empty());
}
