// Upgrades of the file, and the way back. CLIENTS.md 13: UIDs, UIDVALIDITY and MODSEQs survive them. CLIENTS.md 27: a
// snapshot first, one transaction, one command to go back. The newer schema is invented here.
#include "storage/engine/upgrade.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "storage/audit.h"
#include "storage/engine/database.h"
#include "storage/store_options.h"
#include "storage/upkeep/check.h"
#include "storage/upkeep/rollback.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;
using engine::Connection;
using engine::Migration;

namespace {

int known() { return engine::migrations().back().number; }

// This program's migrations, and one of a future version.
std::vector<Migration> with(std::vector<std::string_view> more) {
    std::vector<Migration> all(engine::migrations().begin(), engine::migrations().end());
    for (const std::string_view sql : more) all.push_back({static_cast<int>(all.size()) + 1, "later", sql});
    return all;
}

constexpr std::string_view add_colour = "ALTER TABLE mailbox ADD COLUMN colour INTEGER NOT NULL DEFAULT 0";
constexpr std::string_view add_table = "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT";
constexpr std::string_view broken = "CREATE TABLE half (x INTEGER) STRICT; INSERT INTO nowhere (x) VALUES (1)";

// Everything that clients know: one line for each mailbox and message.
std::vector<std::string> told(const std::filesystem::path& file) {
    Connection connection({.path = file});
    std::vector<std::string> lines;
    auto rows = connection.statement(
        "SELECT 'account ' || id || ' ' || name || ' ' || highest_modseq || ' ' || next_uid_validity FROM account"
        " UNION ALL SELECT 'mailbox ' || id || ' ' || name || ' ' || uid_validity || ' ' || uid_next || ' ' ||"
        "  highest_modseq || ' ' || messages || ' ' || unseen FROM mailbox"
        " UNION ALL SELECT 'message ' || mailbox_id || ' ' || uid || ' ' || flags || ' ' || coalesce(hex(keywords), '')"
        "  || ' ' || modseq || ' ' || internal_date || ' ' || hex(content) FROM message JOIN blob ON blob.id = blob_id"
        " UNION ALL SELECT 'expunged ' || mailbox_id || ' ' || first_uid || ' ' || modseq FROM expunged ORDER BY 1");
    while (rows.step()) lines.push_back(rows.column<std::string>(0));
    return lines;
}

int schema_of(const std::filesystem::path& file) {
    Connection connection({.path = file});
    return engine::schema_version(connection);
}

// A store with mail in it, and a future program that upgrades its file.
struct UpgradeHouse : TemporaryStore {
    MailboxId inbox;
    std::vector<Upgrade> upgrades;

    UpgradeHouse() {
        inbox = mailbox(add_account("alice@example.org"), "INBOX");
        append(inbox, "one", system_flag::seen);
        append(inbox, "two");
        run(expunge_messages({inbox, the_server}, {append(inbox, "gone")}, Durability::synced));
        run(change_flags({inbox, the_server}, {Uid{2}}, FlagEdit::add, {.system = 0, .keywords = {"$Label1"}}));
        close();
    }
    std::filesystem::path beside(const std::string& suffix) const { return path().string() + suffix; }
    std::filesystem::path before(int schema) const { return beside(".before-" + std::to_string(schema)); }
    std::filesystem::path after(int schema) const { return beside(".after-" + std::to_string(schema)); }

    // The error text; nullopt if there was none.
    std::string upgrade(const std::vector<Migration>& migrations, std::uint64_t reserve_octets = 0) {
        StoreOptions options;
        options.path = path();
        options.reserve_octets = reserve_octets;
        options.on_upgrade = [this](const Upgrade& told_of) { upgrades.push_back(told_of); };
        try {
            Connection connection({.path = path()});
            engine::upgrade_database(connection, options, migrations);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }
    // Changes the file directly, as the future program would.
    void change(const std::string& sql) const { Connection({.path = path()}).execute(sql); }
};

}  // namespace

TEST_CASE("an upgrade makes a snapshot first and changes nothing that a client was told") {
    UpgradeHouse house;
    const auto before = told(house.path());
    REQUIRE(before.size() > 8);
    CHECK(house.upgrade(with({add_colour, add_table})).empty());
    CHECK(schema_of(house.path()) == known() + 2);
    CHECK(told(house.path()) == before);

    const std::filesystem::path snapshot = house.before(known() + 2);
    CHECK(schema_of(snapshot) == known());
    CHECK(told(snapshot) == before);
    struct stat status{};
    REQUIRE(stat(snapshot.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK_FALSE(std::filesystem::exists(snapshot.string() + ".partial"));

    REQUIRE(house.upgrades.size() == 2);
    CHECK_FALSE(house.upgrades[0].done);
    CHECK(house.upgrades[1].done);
    CHECK(house.upgrades[1].from == known());
    CHECK(house.upgrades[1].to == known() + 2);
    CHECK(house.upgrades[1].snapshot == snapshot);
    CHECK(house.upgrades[1].octets >= 4096);
}

TEST_CASE("a file that has seen all migrations is let be") {
    UpgradeHouse house;
    CHECK(house.upgrade(with({})).empty());
    CHECK(house.upgrades.empty());
    CHECK_FALSE(std::filesystem::exists(house.before(known())));
}

TEST_CASE("a migration that fails leaves the file as it was, and says so") {
    UpgradeHouse house;
    const auto before = told(house.path());
    const std::string failure = house.upgrade(with({add_colour, broken}));
    CHECK_MESSAGE(failure.find("is as it was") != std::string::npos, failure);
    CHECK_MESSAGE(failure.find("nowhere") != std::string::npos, failure);
    CHECK(schema_of(house.path()) == known());
    CHECK(told(house.path()) == before);
    CHECK_FALSE(std::filesystem::exists(house.before(known() + 2)));
    house.reopen();  // this program can go on with it
    CHECK(house.get(get_mailbox({house.inbox, the_server})).messages == 2);
}

TEST_CASE("no upgrade without room for the snapshot") {
    UpgradeHouse house;
    const std::string failure = house.upgrade(with({add_colour}), std::uint64_t{1} << 60);
    CHECK_MESSAGE(failure.find("are free on the disk") != std::string::npos, failure);
    CHECK(schema_of(house.path()) == known());
    CHECK(house.upgrades.empty());
}

TEST_CASE("the next upgrade that is done removes the snapshots before it") {
    UpgradeHouse house;
    CHECK(house.upgrade(with({add_colour})).empty());
    CHECK(std::filesystem::exists(house.before(known() + 1)));
    CHECK_FALSE(house.upgrade(with({add_colour, broken})).empty());
    CHECK(std::filesystem::exists(house.before(known() + 1)));
    CHECK(house.upgrade(with({add_colour, add_table})).empty());
    CHECK_FALSE(std::filesystem::exists(house.before(known() + 1)));
    CHECK(std::filesystem::exists(house.before(known() + 2)));
}

TEST_CASE("rollback brings back what was there, and numbers that were given out do not come again") {
    UpgradeHouse house;
    const auto content = [&] {
        std::vector<std::string> found;
        for (const Message& message : house.get(read_messages({house.inbox, the_server}, UidSet::all(), false, 100))) {
            found.push_back(std::to_string(message.uid.value) + " " + std::to_string(message.flags.system));
        }
        return found;
    };
    house.reopen();
    const auto before = content();
    const Mailbox mailbox_before = house.get(get_mailbox({house.inbox, the_server}));
    house.close();
    REQUIRE(house.upgrade(with({add_colour})).empty());
    // The newer program flags one, expunges two, and a message arrives; it makes a mailbox.
    house.change(
        "UPDATE account SET highest_modseq = 5000, next_uid_validity = next_uid_validity + 7;"
        "UPDATE mailbox SET highest_modseq = 5000, uid_next = 900 WHERE name = 'INBOX';"
        "UPDATE message SET flags = 8, modseq = 4999 WHERE uid = 1;"
        "DELETE FROM message WHERE uid = 2;"
        "UPDATE sqlite_sequence SET seq = 700 WHERE name = 'mailbox'");
    const AuditEntry entry{.at = 1'700'000'000, .actor = "root", .action = "store.rollback"};
    const auto rolled = rollback_store(house.path(), entry);
    REQUIRE(rolled.has_value());
    CHECK(rolled->undone == known() + 1);
    CHECK(rolled->schema == known());
    CHECK(rolled->readable);
    CHECK(rolled->kept == house.after(known() + 1));
    CHECK(schema_of(rolled->kept) == known() + 1);
    CHECK_FALSE(std::filesystem::exists(house.before(known() + 1)));

    house.reopen();
    CHECK(house.get(read_audit({})) == std::vector{entry});
    CHECK(content() == before);
    const Mailbox mailbox = house.get(get_mailbox({house.inbox, the_server}));
    CHECK(mailbox.uid_validity == mailbox_before.uid_validity);
    CHECK(mailbox.messages == mailbox_before.messages);
    CHECK(mailbox.uid_next >= Uid{900});
    CHECK(house.append(house.inbox, "after the rollback") >= Uid{900});
    CHECK(mailbox.highest_modseq > ModSeq{5000});
    // A client that was up to date with the newer file learns of both changed messages, and which UIDs are gone.
    for (const Message& message : house.get(read_messages({house.inbox, the_server}, UidSet::all(), false, 100)))
        CHECK(message.modseq > ModSeq{5000});
    CHECK(house.get(find_mailbox(house.get(find_account("alice@example.org")).id, "INBOX")).id == house.inbox);
    CHECK(house.get(check_store({})).findings.empty());

    const auto again = rollback_store(house.path());
    CHECK(reason_of(again) == Reason::in_use);
    house.close();
    CHECK(reason_of(rollback_store(house.path())) == Reason::conflict);
}

TEST_CASE("a snapshot that is damaged does not take the store's place") {
    UpgradeHouse house;
    REQUIRE(house.upgrade(with({add_colour})).empty());
    const auto snapshot = house.before(known() + 1);
    const auto present = told(house.path());
    std::string words;
    SUBCASE("emptied") {
        std::filesystem::resize_file(snapshot, 0);
        words = "is no copy of a Mailstead store";
    }
    SUBCASE("another program's database") {
        std::filesystem::remove(snapshot);
        Connection({.path = snapshot}).execute("CREATE TABLE t (x)");
        words = "is no copy of a Mailstead store";
    }
    SUBCASE("no database") {
        std::ofstream(snapshot, std::ios::trunc) << std::string(20'000, 'x');
        words = "is damaged: ";
    }
    SUBCASE("cut off") {
        std::filesystem::resize_file(snapshot, std::filesystem::file_size(snapshot) / 2);
        words = "is damaged: ";
    }
    SUBCASE("a page that is not what it was") {
        std::fstream file(snapshot, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(-4096, std::ios::end) << std::string(4096, '\xff');
        words = "is damaged: ";
    }
    const auto rolled = rollback_store(house.path());
    REQUIRE_FALSE(rolled.has_value());
    CHECK(rolled.error().reason == Reason::conflict);
    CHECK_MESSAGE(rolled.error().text.starts_with(snapshot.string() + " " + words), rolled.error().text);
    CHECK(rolled.error().text.ends_with("; nothing was changed"));
    CHECK(told(house.path()) == present);
    CHECK(schema_of(house.path()) == known() + 1);
    CHECK_FALSE(std::filesystem::exists(house.after(known() + 1)));
}

TEST_CASE("a newer file that cannot be read is kept aside all the same, with its log") {
    UpgradeHouse house;
    const auto before = told(house.path());
    REQUIRE(house.upgrade(with({add_colour})).empty());
    std::ofstream(house.path(), std::ios::trunc) << std::string(20'000, 'x');
    std::ofstream(house.beside("-wal")) << "a log";
    const auto rolled = rollback_store(house.path());
    REQUIRE(rolled.has_value());
    CHECK_FALSE(rolled->readable);
    CHECK(std::filesystem::file_size(rolled->kept) == 20'000);
    CHECK_FALSE(std::filesystem::exists(house.beside("-wal")));
    CHECK(told(house.path()) == before);
    house.reopen();
    CHECK(house.get(get_mailbox({house.inbox, the_server})).uid_next > Uid{4000});  // as after an unclean end
}

TEST_CASE("what an earlier schema holds is told as before once the file is upgraded") {
    for (int version = 1; version < known(); ++version) {
        CAPTURE(version);
        TemporaryStore newer;
        newer.close();
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(newer.path().string() + suffix);
        {
            Connection connection({.path = newer.path()});
            engine::run_migrations(connection, engine::migrations().first(static_cast<std::size_t>(version)));
            connection.execute(
                "INSERT INTO state (name, value) VALUES ('clean', 1);"
                "INSERT INTO domain (name, created_at) VALUES ('example.org', 1);"
                "INSERT INTO account (id, name, highest_modseq, next_uid_validity, created_at, used_octets, messages)"
                " VALUES (1, 'bob@example.org', 40, 1009, 1, 6, 2);"
                "INSERT INTO mailbox (id, account_id, name, uid_validity, uid_next, highest_modseq, messages, unseen,"
                " deleted, size_octets) VALUES (1, 1, 'INBOX', 1003, 77, 40, 2, 1, 1, 6);"
                "INSERT INTO blob (id, sha256, size_octets, encoding, chunk_octets, content)"
                " VALUES (1, x'00', 3, 0, 0, x'6f6e65');"
                "INSERT INTO message (mailbox_id, uid, flags, modseq, internal_date, zone_minutes, saved_at,"
                " size_octets, blob_id) VALUES (1, 70, 1, 39, 5, 60, 6, 3, 1), (1, 75, 8, 40, 5, 60, 6, 3, 1)");
        }
        const auto before = told(newer.path());
        REQUIRE(before.size() == 4);
        newer.reopen();
        CHECK(newer.get(get_mailbox({MailboxId{1}, the_server})).uid_next == Uid{77});
        CHECK(newer.get(read_messages({MailboxId{1}, the_server}, UidSet::all(), false, 100)).size() == 2);
        newer.close();
        CHECK(told(newer.path()) == before);
        CHECK(schema_of(newer.path()) == known());
        CHECK(told(newer.path().string() + ".before-" + std::to_string(known())) == before);

        REQUIRE(rollback_store(newer.path()).has_value());
        CHECK(schema_of(newer.path()) == version);
        newer.reopen();  // upgraded once more
        CHECK(newer.get(read_messages({MailboxId{1}, the_server}, UidSet::all(), false, 100)).size() == 2);
    }
}

TEST_CASE("an older file that a program still has open is not upgraded") {
    TemporaryStore house;
    house.close();
    Connection({.path = house.path()}).execute("PRAGMA user_version = " + std::to_string(known() - 1));
    engine::Presence running(house.path());
    running.settle();
    std::string refusal;
    try {
        house.reopen();
    } catch (const std::runtime_error& error) {
        refusal = error.what();
    }
    CHECK_MESSAGE(refusal.find("still running") != std::string::npos, refusal);
    CHECK_FALSE(std::filesystem::exists(house.path().string() + ".before-" + std::to_string(known())));
}
