// A backup in the store's place: completely or not at all, never beside another file's log. Numbers that were used do
// not get another meaning (RFC 9051 §2.3.1.1, RFC 7162 §3.1.2.1).
#include "storage/upkeep/restore.h"

#include <algorithm>
#include <fstream>
#include <random>

#include "storage/engine/connection.h"
#include "storage/engine/log_owner.h"
#include "storage/upkeep/backup.h"
#include "storage/upkeep/free_space.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;
namespace fs = std::filesystem;

namespace {

// A store with a message, a backup of it, and one more message.
struct BackedUp : TemporaryStore {
    AccountId alice;
    MailboxId inbox;

    BackedUp() {
        alice = add_account("alice@example.org");
        inbox = mailbox(alice, "INBOX");
        append(inbox, "one");
        run_query(backup_store(copy()));
        append(inbox, "two");
    }
    fs::path copy() const { return directory() / "copy.db"; }
    fs::path beside(const char* suffix) const { return path().string() + suffix; }
    void run_query(Query<std::uint64_t> query) { get(std::move(query)); }
    Result<Restored> restore(const RestoreOptions& options = {}) { return restore_store(path(), copy(), options); }
    std::uint64_t messages() { return get(get_mailbox({inbox, the_server})).messages; }
    std::string start() {
        try {
            reopen();
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }
    // Does what kill -9 leaves: the file and its log as they are now, put back after the store is closed.
    void crash() {
        fs::copy_file(path(), directory() / "crashed.db");
        fs::copy_file(beside("-wal"), directory() / "crashed.db-wal");
        close();
        fs::rename(directory() / "crashed.db", path());
        fs::rename(directory() / "crashed.db-wal", beside("-wal"));
    }
};

}  // namespace

TEST_CASE("a restored store is the copy, the one before is kept, and what was given out is passed") {
    BackedUp house;
    const Mailbox before = house.get(get_mailbox({house.inbox, the_server}));
    house.close();
    const Result<Restored> done = house.restore();
    REQUIRE_MESSAGE(done, done.error().text);
    CHECK(done->passed);
    CHECK(done->report.messages == 1);
    CHECK(done->report.findings.empty());
    for (const char* suffix : {"-wal", "-shm", "-journal", ".partial"}) CHECK_FALSE(fs::exists(house.beside(suffix)));
    CHECK(fs::exists(house.copy()));
    REQUIRE(fs::exists(done->kept));
    house.reopen();
    CHECK(house.messages() == 1);
    const Mailbox after = house.get(get_mailbox({house.inbox, the_server}));
    CHECK(after.uid_validity == before.uid_validity);
    CHECK(after.uid_next >= before.uid_next);
    CHECK(after.highest_modseq > before.highest_modseq);
    CHECK(house.append(house.inbox, "three") >= before.uid_next);
    TemporaryStore old({}, done->kept);
    CHECK(old.get(get_mailbox({house.inbox, the_server})).messages == 2);
}

TEST_CASE("a restore onto nothing jumps ahead of what it cannot know") {
    BackedUp house;
    const Uid next = house.get(get_mailbox({house.inbox, the_server})).uid_next;
    house.close();
    for (const char* suffix : {"", "-wal", "-shm", "-lock"}) fs::remove(house.beside(suffix));
    const Result<Restored> done = house.restore();
    REQUIRE_MESSAGE(done, done.error().text);
    CHECK_FALSE(done->passed);
    CHECK(done->kept.empty());
    house.reopen();
    CHECK(house.messages() == 1);
    CHECK(house.append(house.inbox, "three") > next);
}

TEST_CASE("what cannot be restored is refused, and changes nothing") {
    BackedUp house;
    const auto refused = [&](const char* words) {
        const Result<Restored> done = house.restore();
        REQUIRE_FALSE(done);
        CHECK_MESSAGE(done.error().text.find(words) != std::string::npos, done.error().text);
    };
    SUBCASE("while the store is in use") {
        refused("in use");
        return;
    }
    house.close();
    SUBCASE("no file") {
        fs::remove(house.copy());
        refused("there is no file");
    }
    SUBCASE("no database") {
        fs::remove(house.copy());
        std::ofstream(house.copy()) << std::string(10'000, 'x');
        refused("is no copy of a store: it is no database");
    }
    SUBCASE("another program's database") {
        fs::remove(house.copy());
        engine::Connection({.path = house.copy()}).execute("CREATE TABLE t (x)");
        refused("is no copy of a Mailstead store");
    }
    SUBCASE("a newer store") {
        engine::Connection({.path = house.copy()}).execute("PRAGMA user_version = 10000");
        refused("newer");
    }
    SUBCASE("cut off") {
        fs::resize_file(house.copy(), fs::file_size(house.copy()) / 2);
        refused("damaged");
    }
    SUBCASE("content that is not what it was") {
        engine::Connection({.path = house.copy()}).execute("UPDATE blob SET content = CAST('won' AS BLOB)");
        refused("is damaged: blob");
    }
    SUBCASE("the store itself") {
        const Result<Restored> done = restore_store(house.path(), house.path(), {});
        REQUIRE_FALSE(done);
        CHECK(done.error().text.find("itself") != std::string::npos);
    }
    SUBCASE("a copy with another's log beside it") {
        std::ofstream(house.copy().string() + "-wal", std::ios::binary)
            << std::string("\x37\x7f\x06\x82", 4) << std::string(100, '\0');
        CHECK_THROWS_AS(house.restore(), std::runtime_error);
    }
    CHECK_FALSE(fs::exists(house.beside(".partial")));
    CHECK_FALSE(fs::exists(house.beside(".before-restore")));
    house.reopen();
    CHECK(house.messages() == 2);
}

TEST_CASE("a damaged copy is taken where an administrator insists") {
    BackedUp house;
    house.close();
    engine::Connection({.path = house.copy()}).execute("UPDATE blob SET content = CAST('won' AS BLOB)");
    RestoreOptions options;
    options.even_if_damaged = true;
    const Result<Restored> done = house.restore(options);
    REQUIRE_MESSAGE(done, done.error().text);
    CHECK_FALSE(done->report.findings.empty());
}

// sqlite.org/howtocorrupt.html §1.4
TEST_CASE("a log that another file has left is noticed at the start, and nothing is touched") {
    BackedUp house;
    house.crash();
    const auto log_before = fs::file_size(house.beside("-wal"));
    REQUIRE(log_before > 0);
    SUBCASE("beside a backup") { fs::copy_file(house.copy(), house.path(), fs::copy_options::overwrite_existing); }
    SUBCASE("beside a file of another run, which had a log of its own") {
        const auto mark = [](const fs::path& file, int value) {
            engine::Connection connection({.path = file});
            connection.run("UPDATE state SET value = ? WHERE name = 'log_mark'", value);
            connection.execute("PRAGMA journal_mode = WAL");
        };
        fs::remove(house.path());
        fs::copy_file(house.copy(), house.directory() / "other.db");
        mark(house.directory() / "other.db", 4711);
        fs::rename(house.directory() / "other.db", house.path());
    }
    SUBCASE("beside nothing") { fs::remove(house.path()); }
    const std::string refusal = house.start();
    CHECK_MESSAGE(refusal.find("-wal") != std::string::npos, refusal);
    CHECK(fs::file_size(house.beside("-wal")) == log_before);

    // The solution that the error message names.
    const Result<Restored> done = house.restore();
    REQUIRE_MESSAGE(done, done.error().text);
    CHECK_FALSE(fs::exists(house.beside("-wal")));
    CHECK(fs::exists(house.beside(".before-restore-wal")));
    CHECK(house.start().empty());
    CHECK(house.messages() == 1);
}

TEST_CASE("a log of the file itself is played back, after a copy of both, too") {
    BackedUp house;
    bool unclean = false;
    house.crash();
    SUBCASE("where it was") {}
    SUBCASE("in another place, without the note beside it") { fs::remove(house.beside("-lock")); }
    StoreOptions options;
    options.path = house.path();
    options.on_unclean_start = [&] { unclean = true; };
    {
        Store store(options);
        CHECK(store.read_now(get_mailbox({house.inbox, the_server})).value().messages == 2);
        CHECK(unclean);
    }
    unclean = false;
    const Store again(options);
    CHECK_FALSE(unclean);
}

TEST_CASE("a store opened to be read changes nothing, and leaves no log") {
    BackedUp house;
    house.close();
    StoreOptions options;
    options.path = house.path();
    options.read_only = true;
    {
        Store store(options);
        CHECK(store.read_now(get_mailbox({house.inbox, the_server})).value().messages == 2);
        CHECK_THROWS(store.write_now(add_domain("y.org", now)));
        const Store beside(options);
    }
    CHECK_FALSE(fs::exists(house.beside("-wal")));
    options.path = house.directory() / "nothing.db";
    CHECK_THROWS(Store(options));
}

TEST_CASE("what a great deletion has freed is given back to the disk, slice by slice, but for a little") {
    TemporaryStore house;
    const MailboxId inbox = house.mailbox(house.add_account("alice@example.org"), "INBOX");
    std::string octets(30'000, 'x');
    std::minstd_rand random(1);
    std::vector<Uid> uids;
    for (int i = 0; i < 200; ++i) {
        for (char& c : octets) c = static_cast<char>(random() & 0xff);  // so that it cannot be compressed
        uids.push_back(house.append(inbox, octets + std::to_string(i)));
    }
    const GiveBackOptions options{.kept_octets = 64u << 10, .kept_share = 100, .slice_pages = 16};
    CHECK(house.get(free_space()).shrinks);
    CHECK_FALSE(house.run(give_back_slice(options)));  // nothing is free yet
    engine::Connection({.path = house.path()})
        .execute("DELETE FROM blob; DELETE FROM message; DELETE FROM message_summary");
    const FreeSpace before = house.get(free_space());
    REQUIRE(before.free_octets > 1u << 20);
    int slices = 0;
    while (house.run(give_back_slice(options))) {
        REQUIRE(++slices < 10'000);
        const FreeSpace now_free = house.get(free_space());
        CHECK(before.file_octets - now_free.file_octets <= static_cast<std::uint64_t>(slices) * 16 * 4096 + 64 * 4096);
    }
    CHECK(slices > 10);
    const FreeSpace after = house.get(free_space());
    CHECK(after.free_octets <= 64u << 10);
    CHECK(after.file_octets < before.file_octets - (1u << 20));
    house.close();
    CHECK(fs::file_size(house.path()) <= after.file_octets);
}
