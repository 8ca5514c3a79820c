// Uploads: RFC 8620 §6.1.
#include "storage/uploads.h"

#include <doctest/doctest.h>

#include "storage/emails.h"
#include "storage/upkeep/check.h"
#include "storage/upkeep/sweep.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct UploadHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId alice = add_account("alice@example.org");
    UploadLimits limits{.octets = 10, .count = 3, .lifetime = std::chrono::seconds(60)};

    Result<std::string> keep(const std::string& octets, std::int64_t at = now) {
        return write(keep_upload(bob, staged(octets), "s", {}, limits, at));
    }
    bool found(const std::string& id, AccountId by) { return get(find_client_blob({by, by}, id)).has_value(); }
    std::uint64_t blobs() { return get(check_store({})).blobs; }
};

}  // namespace

TEST_CASE_FIXTURE(UploadHouse, "an upload is its account's alone, and found by its id") {
    const std::string id = keep("one").value();
    CHECK(id.starts_with("U"));
    CHECK(get(find_client_blob({bob, bob}, id))->size_octets == 3);
    CHECK(get(find_client_blob({bob, bob}, id + "-1"))->summary == "s");
    CHECK_FALSE(found(id, alice));
    CHECK_FALSE(found("U0000000000000001", bob));
    CHECK(keep("one").value() != id);
    sweep_now(store());
    CHECK(found(id, bob));
    CHECK(get(check_store({})).findings.empty());
}

TEST_CASE_FIXTURE(UploadHouse, "an upload keeps its content when the message that had the same is gone") {
    const MailboxId inbox = mailbox(bob, "INBOX");
    const Uid uid = append(inbox, "mail");
    const std::string id = keep("mail").value();
    CHECK(blobs() == 1);
    run(expunge_messages({inbox, bob}, {uid}, Durability::synced));
    sweep_now(store());
    CHECK(blobs() == 1);
    CHECK(get(check_store({})).findings.empty());
}

TEST_CASE_FIXTURE(UploadHouse, "they have a limit, and what has expired makes room") {
    const std::string first = keep("12345").value();
    CHECK(keep("12345"));
    CHECK(reason_of(keep("1")) == Reason::over_quota);
    CHECK(keep("1", now + 60));
    CHECK_FALSE(found(first, bob));
    CHECK(keep("2", now + 60));
    CHECK(keep("3", now + 60));
    CHECK(reason_of(keep("4", now + 60)) == Reason::over_quota);
    CHECK(reason_of(write(keep_upload(AccountId{99}, staged("x"), "s", {}, limits, now))) == Reason::no_such_account);
}

TEST_CASE_FIXTURE(UploadHouse, "they are forgotten when they expire, and with their account") {
    const std::string id = keep("one").value();
    CHECK_FALSE(run(forget_uploads(now + 59, 10)));
    CHECK(found(id, bob));
    CHECK(run(forget_uploads(now + 60, 1)));
    CHECK_FALSE(run(forget_uploads(now + 60, 1)));
    CHECK_FALSE(found(id, bob));
    sweep_now(store());
    CHECK(blobs() == 0);
    CHECK(keep("two"));
    run(remove_account("bob@example.org"));
    sweep_now(store());
    CHECK(blobs() == 0);
    CHECK(get(check_store({})).findings.empty());
}
