// Accounts with their first mailboxes, credentials and quotas; certificates.
#include "storage/accounts.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "storage/certificates.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

Credentials some_credentials() {
    return {.argon2id = "$argon2id$v=19$x",
            .scram_sha_256 = {.salt = std::string("s\0lt", 4),
                              .iterations = 4096,
                              .stored_key = std::string(32, '\xFF'),
                              .server_key = std::string(32, '\0')}};
}

}  // namespace

TEST_CASE("an account is made with the mailboxes of RFC 6154, all subscribed") {
    TemporaryStore house;
    const AccountId account = house.add_account("alice@example.org");
    const std::vector<Mailbox> mailboxes = house.get(list_mailboxes(account));
    std::vector<std::pair<std::string, SpecialUse>> found;
    for (const Mailbox& mailbox : mailboxes) {
        found.emplace_back(mailbox.name, mailbox.special_use);
        CHECK(mailbox.subscribed);
        CHECK(mailbox.account == account);
        CHECK(mailbox.uid_next == Uid{1});
        CHECK(mailbox.highest_modseq.value >= 1);
        CHECK(mailbox.uid_validity >= now);
    }
    const std::vector<std::pair<std::string, SpecialUse>> expected = {
        {"INBOX", SpecialUse::none}, {"Archive", SpecialUse::archive}, {"Drafts", SpecialUse::drafts},
        {"Junk", SpecialUse::junk},  {"Sent", SpecialUse::sent},       {"Trash", SpecialUse::trash}};
    CHECK(found == expected);
    CHECK(house.get(list_subscriptions(account)).size() == 6);
}

TEST_CASE("accounts that cannot be") {
    TemporaryStore house;
    house.run(add_domain("example.org", now));
    const auto add = [&](const char* name) { return reason_of(house.write(add_account(name, {}, now))); };
    CHECK(add("Alice@Example.ORG") == std::nullopt);
    CHECK(add("alice@example.org") == Reason::already_exists);
    CHECK(add("alice@elsewhere.org") == Reason::no_such_domain);
    CHECK(add("alice") == Reason::invalid_name);
    CHECK(add("al ice@example.org") == Reason::invalid_name);
    house.run(add_alias("info@example.org", {"alice@example.org"}));
    CHECK(add("info@example.org") == Reason::already_exists);
}

TEST_CASE("accounts are found, with credentials, in any case of their name") {
    TemporaryStore house;
    house.run(add_domain("example.org", now));
    const AccountId id = house.run(add_account("alice@example.org", some_credentials(), now));
    const AccountCredentials found = house.get(find_credentials("ALICE@example.org"));
    CHECK(found.account.id == id);
    CHECK(found.account.name == "alice@example.org");
    CHECK(found.account.created_at == now);
    CHECK(found.credentials.argon2id == some_credentials().argon2id);
    CHECK(found.credentials.scram_sha_256.salt == some_credentials().scram_sha_256.salt);
    CHECK(found.credentials.scram_sha_256.iterations == 4096);
    CHECK(found.credentials.scram_sha_256.stored_key == some_credentials().scram_sha_256.stored_key);
    CHECK(found.credentials.scram_sha_256.server_key == some_credentials().scram_sha_256.server_key);

    house.run(set_credentials("alice@example.org", {.argon2id = "$new$", .scram_sha_256 = {}}));
    CHECK(house.get(find_credentials("alice@example.org")).credentials.argon2id == "$new$");
    CHECK(house.get(get_account(id)).name == "alice@example.org");

    CHECK(reason_of(house.read(find_account("bob@example.org"))) == Reason::no_such_account);
    CHECK(reason_of(house.read(find_credentials("bob"))) == Reason::no_such_account);
    CHECK(reason_of(house.read(get_account(AccountId{99}))) == Reason::no_such_account);
    CHECK(reason_of(house.write(set_credentials("bob@example.org", {}))) == Reason::no_such_account);
}

TEST_CASE("a quota is set, reached and lifted") {
    TemporaryStore house;
    const AccountId account = house.add_account("alice@example.org");
    const MailboxId inbox = house.mailbox(account, "INBOX");
    house.run(set_quota("alice@example.org", 10));
    CHECK(house.get(get_account(account)).quota_octets == 10u);
    house.append(inbox, "12345678");
    NewMessage message;
    message.content = TemporaryStore::staged("123");
    CHECK(reason_of(house.write(append_messages(inbox, {message}, now, the_server))) == Reason::over_quota);
    house.run(set_quota("alice@example.org", std::nullopt));
    CHECK(house.run(append_messages(inbox, {message}, now, the_server)).placed.size() == 1);
    CHECK(house.get(get_account(account)).used_octets == 11);
    CHECK(house.get(get_account(account)).messages == 2);
    CHECK(reason_of(house.write(set_quota("bob@example.org", 1))) == Reason::no_such_account);
}

TEST_CASE("a removed account takes its mailboxes and its aliases with it") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const AccountId bob = house.add_account("bob@example.org");
    const MailboxId inbox = house.mailbox(alice, "INBOX");
    house.append(inbox, "hello");
    house.run(add_alias("info@example.org", {"alice@example.org"}));
    house.run(add_alias("all@example.org", {"alice@example.org", "bob@example.org"}));
    const std::uint32_t uid_validity = house.get(list_mailboxes(alice)).back().uid_validity;

    house.run(remove_account("Alice@example.org"));
    CHECK(reason_of(house.read(find_account("alice@example.org"))) == Reason::no_such_account);
    CHECK(reason_of(house.read(get_mailbox({inbox, the_server}))) == Reason::no_such_mailbox);
    CHECK(house.get(list_mailboxes(alice)).empty());
    CHECK(house.get(list_subscriptions(alice)).empty());
    const std::vector<Alias> aliases = house.get(list_aliases());
    REQUIRE(aliases.size() == 1);
    CHECK(aliases[0].name == "all@example.org");
    CHECK(aliases[0].targets == std::vector<std::string>{"bob@example.org"});
    CHECK(house.get(list_mailboxes(bob)).size() == 6);
    CHECK(reason_of(house.write(remove_account("alice@example.org"))) == Reason::no_such_account);

    // Created again in the same second: a new account with new UIDVALIDITYs (RFC 9051 §2.3.1.1).
    const AccountId again = house.add_account("alice@example.org");
    CHECK(again != alice);
    for (const Mailbox& mailbox : house.get(list_mailboxes(again))) CHECK(mailbox.uid_validity > uid_validity);
}

TEST_CASE("UIDONLY is off until it is offered, and can be withdrawn") {
    TemporaryStore house;
    const AccountId bob = house.add_account("bob@example.org");
    CHECK_FALSE(house.get(get_account(bob)).uid_only);
    (void)house.run(offer_uid_only("Bob@Example.org", true));
    CHECK(house.get(get_account(bob)).uid_only);
    (void)house.run(withdraw_uid_only(bob));
    CHECK_FALSE(house.get(find_account("bob@example.org")).uid_only);
    CHECK(reason_of(house.write(offer_uid_only("nobody@example.org", true))) == Reason::no_such_account);
}

TEST_CASE("certificates are kept by host name") {
    TemporaryStore house;
    CHECK(reason_of(house.read(find_certificate("mail.example.org"))) == Reason::no_such_domain);
    house.run(put_certificate({.name = "mail.example.org", .certificate_pem = "C", .key_pem = "K", .not_after = 1}));
    house.run(put_certificate({.name = "mail.example.org", .certificate_pem = "D", .key_pem = "L", .not_after = 2}));
    house.reopen();
    const Certificate found = house.get(find_certificate("mail.example.org"));
    CHECK(found.certificate_pem == "D");
    CHECK(found.key_pem == "L");
    CHECK(found.not_after == 2);
}

TEST_CASE("a suspended account: said so, its log-ins end, its mail is kept; resumed, it is as before") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const std::int64_t generation = house.get(find_credentials("alice@example.org")).generation;
    house.run(suspend_account("Alice@Example.org", true));
    CHECK(house.get(get_account(alice)).suspended);
    CHECK(house.get(find_credentials("alice@example.org")).generation == generation + 1);
    CHECK(reason_of(house.write(suspend_account("alice@example.org", true))) == Reason::conflict);
    house.append(house.mailbox(alice, "INBOX"), "Subject: still taken\r\n\r\n");
    house.run(set_credentials("alice@example.org", {.argon2id = "$new$", .scram_sha_256 = {}}));
    CHECK(house.get(get_account(alice)).suspended);
    house.run(suspend_account("alice@example.org", false));
    CHECK_FALSE(house.get(get_account(alice)).suspended);
    CHECK(reason_of(house.write(suspend_account("alice@example.org", false))) == Reason::conflict);
    CHECK(reason_of(house.write(suspend_account("bob@example.org", true))) == Reason::no_such_account);
}

TEST_CASE("all log-ins of an account are ended") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const std::int64_t generation = house.get(find_credentials("alice@example.org")).generation;
    std::vector<AccountId> changed;
    {
        const Subscription watch = house.store().subscribe_accounts([&](AccountId one) { changed.push_back(one); });
        house.run(end_log_ins("alice@example.org"));
    }
    CHECK(house.get(find_credentials("alice@example.org")).generation == generation + 1);
    CHECK(changed == std::vector<AccountId>{alice});
    CHECK(reason_of(house.write(end_log_ins("bob@example.org"))) == Reason::no_such_account);
}

TEST_CASE("credentials are renewed only if they are still the old ones, and log-ins stay valid") {
    TemporaryStore house;
    house.run(add_domain("example.org", now));
    const AccountId alice = house.run(add_account("alice@example.org", some_credentials(), now));
    const AccountCredentials before = house.get(find_credentials("alice@example.org"));
    const Credentials fresh{.argon2id = "$fresh$", .scram_sha_256 = {.salt = "s", .iterations = 9}};
    CHECK_FALSE(house.run(renew_credentials(alice, "$other$", fresh)));
    CHECK(house.get(find_credentials("alice@example.org")).credentials.argon2id == before.credentials.argon2id);
    CHECK(house.run(renew_credentials(alice, before.credentials.argon2id, fresh)));
    const AccountCredentials after = house.get(find_credentials("alice@example.org"));
    CHECK(after.credentials.argon2id == "$fresh$");
    CHECK(after.credentials.scram_sha_256.iterations == 9);
    CHECK(after.generation == before.generation);
}

TEST_CASE("what the accounts' credentials cost") {
    TemporaryStore house;
    house.run(add_domain("example.org", now));
    const auto add = [&](const char* name, const char* encoded, std::uint32_t iterations) {
        house.run(add_account(name, {.argon2id = encoded, .scram_sha_256 = {.iterations = iterations}}, now));
    };
    CHECK(house.get(credential_costs()).empty());
    add("a@example.org", "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$aGFzaA", 4096);
    add("b@example.org", "$argon2id$v=19$m=64,t=1,p=1$c2FsdDI$aGFzaDI", 4096);
    add("c@example.org", "$argon2id$v=19$m=128,t=1,p=1$c2FsdA$aGFzaA", 0);
    add("d@example.org", "no hash", 4096);
    const std::vector<CredentialCost> costs = house.get(credential_costs());
    REQUIRE(costs.size() == 2);
    CHECK(costs[0].argon2_parameters == "$argon2id$v=19$m=128,t=1,p=1$");
    CHECK(costs[0].scram_iterations == 0);
    CHECK(costs[0].accounts == 1);
    CHECK(costs[1].argon2_parameters == "$argon2id$v=19$m=64,t=1,p=1$");
    CHECK(costs[1].scram_iterations == 4096);
    CHECK(costs[1].accounts == 2);
}
