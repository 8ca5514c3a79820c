// EMAILID and THREADID as the store seals them, and those of an older store: RFC 8474 §5.1, §5.2 (they never change).
#include "storage/object_id_sealer.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <filesystem>
#include <future>

#include "storage/engine/connection.h"
#include "storage/engine/embedded_sql.h"
#include "storage/engine/upgrade.h"
#include "storage/messages.h"
#include "storage/upkeep/check.h"
#include "storage/upkeep/renewal.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

// What schema 16 held: one content that two accounts have, with its thread, and one that is in no thread yet.
constexpr const char* old_store =
    "INSERT INTO state (name, value) VALUES ('clean', 1), ('next_blob_id', 9), ('summary_version', 115);"
    "INSERT INTO domain (name, created_at) VALUES ('example.org', 1);"
    "INSERT INTO account (id, name, highest_modseq, next_uid_validity, created_at, used_octets, messages)"
    " VALUES (1, 'bob@example.org', 40, 1009, 1, 6, 2), (2, 'alice@example.org', 40, 1009, 1, 3, 1);"
    "INSERT INTO credential (account_id, argon2id, scram_salt, scram_iterations, scram_stored_key, scram_server_key)"
    " VALUES (1, '', x'', 1, x'', x''), (2, '', x'', 1, x'', x'');"
    "INSERT INTO mailbox (id, account_id, name, uid_validity, uid_next, highest_modseq, messages, unseen, size_octets)"
    " VALUES (1, 1, 'INBOX', 1003, 3, 40, 2, 2, 6), (2, 2, 'INBOX', 1003, 2, 40, 1, 1, 3);"
    "INSERT INTO blob (id, sha256, size_octets, encoding, chunk_octets, content)"
    " VALUES (5, x'7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed', 3, 0, 0, x'6f6e65'),"
    "  (6, x'3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3', 3, 0, 0, x'74776f');"
    "INSERT INTO message_summary (blob_id, summary, thread_id) VALUES (5, x'73', 4), (6, x'73', NULL);"
    "INSERT INTO thread_key (key, thread_id) VALUES (77, 4);"
    "INSERT INTO message (mailbox_id, uid, flags, modseq, internal_date, zone_minutes, saved_at, size_octets, blob_id)"
    " VALUES (1, 1, 0, 39, 5, 60, 6, 3, 5), (1, 2, 0, 40, 5, 60, 6, 3, 6), (2, 1, 0, 39, 5, 60, 6, 3, 5);"
    "INSERT INTO message_bucket (mailbox_id, bucket, modseq) VALUES (1, 0, 40), (2, 0, 39)";

struct OldHouse : TemporaryStore {
    MailboxId bobs{1};
    MailboxId alices{2};

    OldHouse() {
        close();
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path().string() + suffix);
        {
            engine::Connection connection({.path = path()});
            engine::run_migrations(connection, engine::migrations().first(16));
            connection.execute(old_store);
        }
        reopen();
    }
    ObjectIds ids(MailboxId where, Uid uid) {
        return get(read_messages({where, the_server}, {uid}, {false, true}, 1)).at(0).ids;
    }
    Uid put(MailboxId where, const std::string& content, std::vector<std::string> names) {
        NewMessage message{.content = staged(content),
                           .summary = "summary of " + content,
                           .thread_names = std::move(names),
                           .flags = {},
                           .internal_date = 5};
        return run(append_messages(where, {std::move(message)}, now, the_server)).placed.at(0).uid;
    }
    void renew() {
        const RenewalOptions options{.version = 's', .summarise = [](std::uint64_t, const ReadContent& read) {
                                         return Summarised{"s", {"<" + read(0, 3) + "@x>"}};
                                     }};
        BlobId reached;
        asio::io_context context;
        std::future<bool> more = asio::co_spawn(context, renew_summaries(store(), options, reached), asio::use_future);
        context.run();
        CHECK_FALSE(more.get());
    }
};

}  // namespace

TEST_CASE("SipHash-2-4: the vectors of its reference") {
    const std::array<std::uint64_t, 2> key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    CHECK(sip_hash(key, {}) == 0x726fdb47dd0e0e31);
    const std::array<std::uint64_t, 1> one = {0x0706050403020100};
    CHECK(sip_hash(key, one) == 0x93f5f5799a932462);
    const std::array<std::uint64_t, 2> two = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    CHECK(sip_hash(key, two) == 0x3f2acc7f57c29bdb);
}

TEST_CASE("ids are those of one store, and stay over its restarts") {
    TemporaryStore house;
    const MailboxId inbox = house.mailbox(house.add_account("bob@example.org"), "INBOX");
    const Uid uid = house.append(inbox, "one");
    const auto ids = [&] { return house.get(read_messages({inbox, the_server}, {uid}, {false, true}, 1)).at(0).ids; };
    const ObjectIds before = ids();
    CHECK(before.email.sealed);
    CHECK(before.thread.sealed);
    CHECK(before.email.number != before.thread.number);
    house.reopen();
    CHECK(ids().email == before.email);
    CHECK(ids().thread == before.thread);
    TemporaryStore other;
    const MailboxId other_inbox = other.mailbox(other.add_account("bob@example.org"), "INBOX");
    other.append(other_inbox, "one");
    CHECK(other.get(read_messages({other_inbox, the_server}, {uid}, {false, true}, 1)).at(0).ids.email != before.email);
}

TEST_CASE("what was told before the upgrade stays; what comes after it is the account's own") {
    OldHouse house;
    CHECK(house.ids(house.bobs, Uid{1}).email == ObjectId{5, false});
    CHECK(house.ids(house.bobs, Uid{1}).thread == ObjectId{4, false});
    CHECK(house.ids(house.bobs, Uid{2}).email == ObjectId{6, false});
    CHECK(house.ids(house.bobs, Uid{2}).thread == ObjectId{});
    CHECK(house.ids(house.alices, Uid{1}).email == ObjectId{5, false});
    // Bob's content, which Alice does not have, does not show.
    const ObjectIds hers = house.ids(house.alices, house.put(house.alices, "two", {"<two@x>"}));
    CHECK(hers.email.sealed);
    CHECK(hers.thread.sealed);

    house.renew();
    CHECK(house.ids(house.bobs, Uid{1}).thread == ObjectId{4, false});
    CHECK(house.ids(house.bobs, Uid{2}).email == ObjectId{6, false});
    CHECK(house.ids(house.bobs, Uid{2}).thread.sealed);
    // What answers an old message joins its thread, by the names of the account's own messages.
    const ObjectIds answer = house.ids(house.bobs, house.put(house.bobs, "answer", {"<answer@x>", "<one@x>"}));
    CHECK(answer.thread == ObjectId{4, false});
    CHECK(answer.email.sealed);
    CHECK(house.ids(house.alices, house.put(house.alices, "probe", {"<probe@x>", "<answer@x>"})).thread.sealed);
    CHECK(house.get(check_store({})).findings.empty());
    house.renew();  // once more changes nothing
    CHECK(house.ids(house.bobs, Uid{1}).thread == ObjectId{4, false});
}
