// The file: fresh and migrated schemas agree; newer and foreign files are refused with a clear text.
#include "storage/engine/database.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "storage/engine/embedded_sql.h"
#include "storage/engine/upgrade.h"
#include "storage/store_options.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;
using engine::Connection;

namespace {

// The statement without comments and spacing: fresh and migrated schemas may differ only there.
std::string normal(std::string_view sql) {
    std::string out;
    for (std::size_t i = 0; i < sql.size(); ++i) {
        if (sql.substr(i, 2) == "--") {
            i = std::min(sql.find('\n', i), sql.size());
            continue;
        }
        if (sql[i] != ' ' && sql[i] != '\n') out += sql[i];
    }
    return out;
}

std::map<std::string, std::string> schema_of(Connection& connection) {
    std::map<std::string, std::string> schema;
    auto rows = connection.statement("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name");
    while (rows.step()) schema[rows.column<std::string>(0)] = normal(rows.octets(1));
    return schema;
}

std::string refusal_of(const std::filesystem::path& path) {
    StoreOptions options;
    options.path = path;
    try {
        const Store store(options);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a link in the place of one of the store's files is not followed; one to its directory is") {
    TemporaryStore house;
    const std::filesystem::path away = house.directory() / "away";
    for (const char* suffix : {"", "-lock", "-wal"}) {
        CAPTURE(suffix);
        const std::filesystem::path folder = house.directory() / ("folder" + std::string(suffix));
        std::filesystem::create_directory(folder);
        std::filesystem::create_symlink(away, folder / ("linked.db" + std::string(suffix)));
        CHECK(refusal_of(folder / "linked.db") != "");
        CHECK_FALSE(std::filesystem::exists(away));
    }
    CHECK(refusal_of(house.directory() / "folder" / "linked.db").contains("linked.db, a symbolic link"));
    std::filesystem::create_directory(house.directory() / "real");
    std::filesystem::create_directory_symlink("real", house.directory() / "named");
    CHECK(refusal_of(house.directory() / "named" / "linked.db") == "");
    CHECK(std::filesystem::exists(house.directory() / "real" / "linked.db"));
}

TEST_CASE("a fresh file and a migrated one agree") {
    TemporaryStore house;
    house.close();
    Connection fresh({.path = house.path()});
    Connection migrated({.path = house.directory() / "migrated.db"});
    engine::run_migrations(migrated, engine::migrations());
    CHECK(schema_of(fresh) == schema_of(migrated));
    CHECK(schema_of(fresh).size() > 20);
    int number = 0;
    for (const engine::Migration& migration : engine::migrations()) CHECK(migration.number == ++number);
}

TEST_CASE("0004 marks the buckets of the messages that are there") {
    TemporaryStore house;
    house.close();
    Connection connection({.path = house.directory() / "old.db"});
    connection.execute(std::string(engine::migrations().front().sql));
    connection.execute("PRAGMA user_version = 1");
    for (const auto& [uid, modseq] : {std::pair{1, 7}, {255, 3}, {256, 4}, {70'000, 9}}) {
        connection.run(
            "INSERT INTO message (mailbox_id, uid, flags, modseq, internal_date, zone_minutes, saved_at, size_octets, "
            "blob_id) VALUES (5, ?, 0, ?, 0, 0, 0, 0, 0)",
            uid, modseq);
    }
    engine::run_migrations(connection, engine::migrations());
    std::vector<std::tuple<int, int, int>> buckets;
    auto rows =
        connection.statement("SELECT mailbox_id, bucket, modseq FROM message_bucket ORDER BY mailbox_id, bucket");
    while (rows.step()) buckets.push_back(rows.row<int, int, int>());
    CHECK(buckets == std::vector<std::tuple<int, int, int>>{{5, 0, 7}, {5, 1, 4}, {5, 273, 9}});
}

TEST_CASE("files that are not ours to open are refused in words") {
    TemporaryStore house;
    house.close();
    {
        Connection connection({.path = house.path()});
        connection.execute("PRAGMA user_version = 9999");
    }
    CHECK(refusal_of(house.path()).find("newer Mailstead") != std::string::npos);
    {
        Connection connection({.path = house.directory() / "foreign.db"});
        connection.execute("CREATE TABLE t (x)");
    }
    CHECK(refusal_of(house.directory() / "foreign.db").find("not a Mailstead store") != std::string::npos);
    std::ofstream(house.directory() / "text.db") << std::string(10'000, 'x');
    CHECK(refusal_of(house.directory() / "text.db").find("not a database") != std::string::npos);
    CHECK_FALSE(refusal_of(house.directory() / "missing" / "mailstead.db").empty());
}

TEST_CASE("two may have the store open; only the first recovers it, only the last marks it clean") {
    TemporaryStore house;
    const MailboxId inbox = house.mailbox(house.add_account("bob@example.org"), "INBOX");
    const Mailbox before = house.get(get_mailbox({inbox, the_server}));
    {
        StoreOptions options;
        options.path = house.path();
        Store other(options);
        CHECK(other.read_now(get_mailbox({inbox, the_server}))->uid_next == before.uid_next);
        NewMessage message;
        message.content = TemporaryStore::staged("from the other");
        CHECK(other.write_now(append_messages(inbox, {message}, now, the_server)).has_value());
    }
    CHECK(house.append(inbox, "from the first") == Uid{2});
    house.reopen();
    CHECK(house.get(get_mailbox({inbox, the_server})).uid_next == Uid{3});
}

TEST_CASE("the log is copied back when idle and starts again") {
    StoreOptions options;
    options.wal_limit_octets = 1 << 20;
    TemporaryStore house(options);
    const MailboxId inbox = house.mailbox(house.add_account("bob@example.org"), "INBOX");
    std::uint64_t most = 0;
    for (int i = 0; i < 600; ++i) {
        house.append(inbox, std::string(1000, 'x') + std::to_string(i));
        most = std::max(most, house.store().figures().wal_octets);
    }
    CHECK(most > 512 << 10);
    CHECK(most < 4 << 20);  // it would grow to about 20 MiB otherwise
    CHECK(house.get(get_mailbox({inbox, the_server})).messages == 600);
}
