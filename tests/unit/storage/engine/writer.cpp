// Group commit: fairness, isolation, counters under rollback, slices, durability classes, recovery (storage/README.md).
#include <sys/wait.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <chrono>
#include <thread>

#include "storage/engine/batch.h"
#include "storage/engine/database.h"
#include "storage/engine/savepoint.h"
#include "storage/store_await.h"
#include "storage/store_options.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;
using engine::Batch;
using namespace std::chrono_literals;

namespace {

using Number = std::optional<Result<int>>;

Operation<int> operation(std::function<Number(Batch&)> run, Durability durability = Durability::synced) {
    return {durability, std::move(run)};
}

// Waits for `condition`, at most a few seconds.
template <class F>
bool soon(F condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
}

// Counts rows written by the operations of these tests.
int keywords_made(TemporaryStore& house) {
    return house.get(Query<int>([](Snapshot& snapshot) -> Result<int> {
        engine::Connection& connection = engine::connection_of(snapshot);

        auto count = connection.statement("SELECT count(*) FROM keyword WHERE account_id = 77");
        count.step();
        return count.column<int>(0);
    }));
}

}  // namespace

TEST_CASE("one failing operation among many costs its neighbours nothing") {
    TemporaryStore house;
    const AccountId account = house.add_account("bob@example.org");
    const MailboxId inbox = house.mailbox(account, "INBOX");
    asio::io_context context;
    int done = 0;
    int refused = 0;
    int thrown = 0;
    const auto session = [&](int number) -> asio::awaitable<void> {
        Operation<int> todo = operation([number, inbox](Batch& batch) -> Number {
            batch.change_mailbox(inbox);
            batch.mailbox(inbox)->messages += 1;
            batch.connection().run("INSERT INTO keyword (account_id, number, name) VALUES (77, ?, ?)", number,
                                   std::to_string(number));
            if (number % 10 == 3) return refuse(Reason::not_permitted, "no");
            if (number % 10 == 7) throw std::runtime_error("broken");
            return number;
        });
        try {
            const Result<int> result = co_await house.store().write(std::move(todo));
            result ? ++done : ++refused;
            if (result) CHECK(*result == number);
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    };
    for (int i = 0; i < 200; ++i) asio::co_spawn(context, session(i), asio::detached);
    context.run();
    CHECK(done == 160);
    CHECK(refused == 20);
    CHECK(thrown == 20);
    CHECK(house.get(get_mailbox({inbox, the_server})).messages == 160);
    CHECK(keywords_made(house) == 160);
    CHECK(house.store().figures().commits < 200);  // they shared commits
}

TEST_CASE("cached counters roll back with their operation, also across flush") {
    TemporaryStore house;
    const AccountId account = house.add_account("bob@example.org");
    const MailboxId inbox = house.mailbox(account, "INBOX");
    const MailboxId sent = house.mailbox(account, "Sent");
    engine::Connection connection({.path = house.path()});
    connection.execute("BEGIN IMMEDIATE");
    const StoreOptions options;
    Batch batch(connection, options);

    const auto attempt = [&](bool keep, const std::function<void()>& work) {
        batch.begin_operation();
        engine::Savepoint savepoint(connection);
        work();
        if (keep) {
            savepoint.keep();
            batch.keep_operation();
        } else {
            batch.undo_operation();
        }
    };
    attempt(true, [&] { batch.mailbox(inbox)->messages = 5; });
    attempt(false, [&] {
        batch.mailbox(inbox)->messages = 6;
        batch.mailbox(sent)->messages = 9;
        batch.changed(account, inbox, ModSeq{9});
    });
    CHECK(batch.mailbox(inbox)->messages == 5);
    CHECK(batch.mailbox(sent)->messages == 0);
    attempt(false, [&] {
        batch.mailbox(inbox)->messages = 7;
        batch.flush();
        connection.run("UPDATE mailbox SET messages = 100 WHERE id = ?", inbox);
        CHECK(batch.mailbox(inbox)->messages == 100);
        batch.flush();
    });
    CHECK(batch.mailbox(inbox)->messages == 5);
    attempt(true, [&] {
        batch.flush();
        auto row = connection.statement("SELECT messages FROM mailbox WHERE id = ?");
        CHECK(row.bind(inbox).step());
        CHECK(row.integer(0) == 5);
    });
    attempt(true, [&] { batch.changed(account, sent, ModSeq{3}); });
    batch.write_counters();
    connection.execute("COMMIT");
    CHECK(house.get(get_mailbox({inbox, the_server})).messages == 5);
    const Batch::Announcements announcements = batch.take_announcements();
    REQUIRE(announcements.changes.size() == 1);
    CHECK(announcements.changes[0].mailbox == sent);
}

TEST_CASE("long work in slices lets others through, and finishes") {
    constexpr int others = 20;
    constexpr int most_slices = 1'000'000;
    TemporaryStore house;
    asio::io_context context;
    int slices = 0;
    std::atomic<int> others_done = 0;
    bool finished = false;
    const auto long_session = [&]() -> asio::awaitable<void> {
        Operation<int> todo = operation([&](Batch&) -> Number {
            if (++slices < most_slices && others_done < others) return std::nullopt;
            return others_done.load();
        });
        const Result<int> result = co_await house.store().write(std::move(todo));
        CHECK(result == others);
        finished = true;
    };
    const auto short_session = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < others; ++i) {
            Operation<int> todo = operation([&](Batch&) -> Number { return 1; });
            (void)co_await house.store().write(std::move(todo));
            ++others_done;
        }
    };
    asio::co_spawn(context, long_session(), asio::detached);
    asio::co_spawn(context, short_session(), asio::detached);
    context.run();
    CHECK(finished);
    CHECK(slices > 1);
}

// In which order the writer runs what waits: a letter for each account's operation, a comma for each commit.
std::string writing_order(StoreOptions options, const std::string& wanted) {
    TemporaryStore house(std::move(options));
    asio::io_context context;
    std::atomic<bool> begun = false;
    std::atomic<bool> all_wait = false;
    std::string seen;
    std::uint64_t commits = 0;
    const auto session = [&](char account, bool blocks) -> asio::awaitable<void> {
        Operation<int> todo = operation([&, account, blocks](Batch&) -> Number {
            if (blocks) {  // until all others wait
                begun = true;
                return soon([&] { return all_wait.load(); });
            }
            const std::uint64_t done = house.store().figures().commits;
            if (done != std::exchange(commits, done)) seen += ',';
            seen += account;
            return 1;
        });
        todo.account = AccountId{account};
        CHECK(co_await house.store().write(std::move(todo)) == 1);
    };
    asio::co_spawn(context, session('-', true), asio::detached);
    asio::post(context, [&] {
        CHECK(soon([&] { return begun.load(); }));
        for (const char account : wanted) asio::co_spawn(context, session(account, false), asio::detached);
        asio::post(context, [&] { all_wait = true; });
    });
    context.run();
    return seen;
}

TEST_CASE("accounts take turns to write, and each one's order is kept") {
    StoreOptions options;
    options.batch_time = 1h;
    CHECK(writing_order(options, "aaaabcc") == ",abcacaa");
}

TEST_CASE("what a batch has no time for is next in the next one") {
    StoreOptions options;
    options.batch_time = 0ms;
    CHECK(writing_order(options, "aaabc") == ",a,b,c,a,a");
}

// True: the slice and the loss had one batch, and were judged. On a slow machine the writer may commit between them.
bool loses_first_slice() {
    TemporaryStore house;
    std::uint64_t commits_at_slice = 0;
    std::uint64_t commits_at_loss = 0;
    asio::io_context context;
    std::atomic<bool> all_wait = false;
    int slices = 0;
    bool failed = false;
    // Blocks the writer until the others wait, so that they share a batch.
    const auto blocker = [&]() -> asio::awaitable<void> {
        Operation<int> todo = operation([&](Batch&) -> Number { return soon([&] { return all_wait.load(); }); });
        CHECK(co_await house.store().write(std::move(todo)) == 1);
    };
    const auto insert = [](Batch& batch, int number) {
        batch.connection().run("INSERT INTO keyword (account_id, number, name) VALUES (77, ?, ?)", number,
                               std::to_string(number));
    };
    const auto in_two_slices = [&]() -> asio::awaitable<void> {
        Operation<int> todo = operation([&](Batch& batch) -> Number {
            insert(batch, ++slices);
            commits_at_slice = house.store().figures().commits;
            if (slices == 1) return std::nullopt;
            return slices;
        });
        const Result<int> result = co_await house.store().write(std::move(todo));
        REQUIRE((result || result.error().reason == Reason::storage_full));
        failed = !result;
    };
    const auto loses_all = [&]() -> asio::awaitable<void> {
        Operation<int> todo = operation([&](Batch& batch) -> Number {
            commits_at_loss = house.store().figures().commits;
            batch.connection().statement("ROLLBACK").run();  // as SQLite itself does if the disk is full
            throw engine::DiskFull(13, "full");
        });
        const Result<int> result = co_await house.store().write(std::move(todo));
        CHECK_FALSE(result);
    };
    asio::co_spawn(context, blocker(), asio::detached);
    asio::co_spawn(context, in_two_slices(), asio::detached);
    asio::co_spawn(context, loses_all(), asio::detached);
    asio::post(context, [&] { all_wait = true; });
    context.run();
    if (commits_at_slice != commits_at_loss) return false;
    CHECK(failed);
    CHECK(slices == 1);
    CHECK(keywords_made(house) == 0);
    return true;
}

TEST_CASE("what has lost its first slice with its batch fails, and has done nothing") {
    bool judged = false;
    for (int i = 0; i < 20 && !judged; ++i) judged = loses_first_slice();
    CHECK(judged);
}

TEST_CASE("a coroutine that waits may be torn down with its context") {
    TemporaryStore house;
    std::atomic<bool> go = false;
    std::atomic<bool> ran = false;
    auto context = std::make_unique<asio::io_context>();
    const auto session = [&]() -> asio::awaitable<void> {
        Operation<int> todo = operation([&](Batch&) -> Number {
            while (!go) std::this_thread::sleep_for(1ms);
            ran = true;
            return 1;
        });
        (void)co_await house.store().write(std::move(todo));
        FAIL_CHECK("must not be resumed");
    };
    asio::co_spawn(*context, session(), asio::detached);
    context->poll();
    context.reset();
    go = true;
    CHECK(soon([&] { return ran.load(); }));
    (void)house.write(operation([](Batch&) -> Number { return 1; }));
}

TEST_CASE("queries run on one snapshot and resume on the caller's executor") {
    TemporaryStore house;
    asio::io_context context;
    const std::thread::id here = std::this_thread::get_id();
    bool resumed = false;
    const auto session = [&]() -> asio::awaitable<void> {
        Query<int> query = [&](Snapshot& snapshot) -> Result<int> {
            engine::Connection& connection = engine::connection_of(snapshot);

            CHECK(std::this_thread::get_id() != here);
            auto count = connection.statement("SELECT count(*) FROM domain");
            count.step();
            (void)house.write(add_domain("later.example", now));
            auto again = connection.statement("SELECT count(*) FROM domain WHERE 1");
            again.step();
            CHECK(again.integer(0) == count.integer(0));
            return 4;
        };
        const Result<int> got = co_await house.store().read_long(AccountId{1}, std::move(query));
        CHECK(got == 4);
        CHECK(std::this_thread::get_id() == here);
        Query<int> writing = [](Snapshot& snapshot) -> Result<int> {
            engine::Connection& connection = engine::connection_of(snapshot);

            connection.run("INSERT INTO domain (name, created_at) VALUES ('x', 0)");
            return 1;
        };
        CHECK_THROWS_AS((void)co_await house.store().read(std::move(writing)), engine::Error);
        resumed = true;
    };
    asio::co_spawn(context, session(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    context.run();
    CHECK(resumed);
}

TEST_CASE("prompt commits are synced within their delay, synced ones at once") {
    StoreOptions options;
    options.prompt_sync_delay = 50ms;
    TemporaryStore house(options);
    const std::uint64_t before = house.store().figures().synced_commits;
    const auto touch = [](Batch& batch) -> Number {
        batch.connection().run(
            "INSERT INTO state (name, value) VALUES ('t', 1) ON CONFLICT DO UPDATE SET value = value + 1");
        return 1;
    };
    CHECK(house.write(operation(touch, Durability::prompt)) == 1);
    CHECK(house.store().figures().synced_commits == before);
    CHECK(house.write(operation(touch, Durability::synced)) == 1);
    CHECK(house.store().figures().synced_commits == before + 1);
    CHECK(house.write(operation(touch, Durability::prompt)) == 1);
    CHECK(soon([&] { return house.store().figures().late_syncs == 1; }));
}

TEST_CASE("a full database refuses those concerned and nobody else, and works again when there is room") {
    TemporaryStore house;
    const AccountId account = house.add_account("bob@example.org");
    const MailboxId inbox = house.mailbox(account, "INBOX");
    house.append(inbox, "first");
    const auto limit = [&](std::int64_t spare) {
        (void)house.write(operation([spare](Batch& batch) -> Number {
            std::int64_t pages = 1'000'000;
            if (spare >= 0) {
                auto count = batch.connection().statement("PRAGMA page_count");
                count.step();
                pages = count.integer(0) + spare;
            }
            batch.connection().execute("PRAGMA max_page_count = " + std::to_string(pages));
            return 1;
        }));
    };
    limit(4);
    asio::io_context context;
    int stored = 0;
    int refused = 0;
    std::string large(40'000, 'x');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * i * 2654435761U >> 13);
    const auto session = [&](int number) -> asio::awaitable<void> {
        NewMessage message;
        message.content = TemporaryStore::staged(number % 8 == 4 ? large : "small " + std::to_string(number));
        Operation<Appended> todo = append_messages(inbox, {message}, now, the_server);
        const Result<Appended> result = co_await house.store().write(std::move(todo));
        if (result) ++stored;
        if (!result) CHECK(result.error().reason == Reason::storage_full);
        if (!result) ++refused;
        CHECK(result.has_value() == (number % 8 != 4));
    };
    for (int i = 0; i < 40; ++i) asio::co_spawn(context, session(i), asio::detached);
    context.run();
    CHECK(stored == 35);
    CHECK(refused == 5);
    const Mailbox mailbox = house.get(get_mailbox({inbox, the_server}));
    CHECK(mailbox.messages == 36);
    CHECK(house.get(view_mailbox({inbox, the_server})).uids.count() == 36);
    limit(-1);
    CHECK(house.append(inbox, large).value == mailbox.uid_next.value);
}

TEST_CASE("another process's commit is noticed") {
    TemporaryStore house;
    const AccountId account = house.add_account("bob@example.org");
    std::atomic<int> looks = 0;
    std::atomic<int> queue_looks = 0;
    const Subscription subscription = house.store().subscribe(account, [&](const Change&) { ++looks; });
    const Subscription queue = house.store().subscribe_queue([&] { ++queue_looks; });
    const pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c",
              ("sqlite3 '" + house.path().string() +
               "' \"INSERT INTO domain (name, created_at) VALUES ('other.example', 1)\"")
                  .c_str(),
              nullptr);
        _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return;  // no sqlite3 shell here
    CHECK(soon([&] { return looks > 0 && queue_looks > 0; }));
}

TEST_CASE("after an unclean end MODSEQ and UIDNEXT jump ahead, after a clean one they do not") {
    TemporaryStore house;
    const AccountId account = house.add_account("bob@example.org");
    const MailboxId inbox = house.mailbox(account, "INBOX");
    house.append(inbox, "one");
    const Mailbox before = house.get(get_mailbox({inbox, the_server}));
    house.reopen();
    const Mailbox clean = house.get(get_mailbox({inbox, the_server}));
    CHECK(clean.highest_modseq == before.highest_modseq);
    CHECK(clean.uid_next == before.uid_next);

    const std::filesystem::path copy = house.directory() / "copy.db";
    std::filesystem::copy_file(house.path(), copy);
    std::filesystem::copy_file(house.path().string() + "-wal", copy.string() + "-wal");
    StoreOptions options;
    options.path = copy;
    Store after_crash(options);
    const Result<Mailbox> jumped = after_crash.read_now(get_mailbox({inbox, the_server}));
    REQUIRE(jumped);
    CHECK(jumped->highest_modseq.value == before.highest_modseq.value + engine::modseq_gap);
    CHECK(jumped->uid_next.value == before.uid_next.value + engine::uid_gap);
    CHECK(jumped->messages == 1);
}

TEST_CASE("what was answered survives kill -9") {
    for (int round = 0; round < 5; ++round) {
        char pattern[] = "/tmp/mailstead-unit-XXXXXX";
        REQUIRE(::mkdtemp(pattern) != nullptr);
        const std::filesystem::path directory = pattern;
        int answers[2];
        REQUIRE(pipe(answers) == 0);
        const pid_t child = fork();
        if (child == 0) {
            StoreOptions options;
            options.path = directory / "mailstead.db";
            Store store(options);
            (void)store.write_now(add_domain("example.org", now)).has_value();
            const AccountId account = store.write_now(add_account("bob@example.org", {}, now)).value();
            const MailboxId inbox = store.read_now(find_mailbox(account, "INBOX")).value().id;
            for (std::uint32_t number = 1;; ++number) {
                NewMessage message;
                message.content = TemporaryStore::staged("message " + std::to_string(number));
                const Appended appended = store.write_now(append_messages(inbox, {message}, now, the_server)).value();
                const std::uint32_t uid = appended.placed[0].uid.value;
                if (write(answers[1], &uid, sizeof uid) != sizeof uid) _exit(1);
            }
        }
        close(answers[1]);
        std::this_thread::sleep_for(std::chrono::milliseconds(100 + 37 * round));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        std::uint32_t last = 0;
        std::uint32_t uid = 0;
        while (read(answers[0], &uid, sizeof uid) == sizeof uid) last = uid;
        close(answers[0]);
        StoreOptions options;
        options.path = directory / "mailstead.db";
        Store store(options);
        const Result<std::vector<Account>> accounts = store.read_now(list_accounts());
        REQUIRE(accounts);
        if (!accounts->empty()) {
            const MailboxId inbox = store.read_now(find_mailbox((*accounts)[0].id, "INBOX")).value().id;
            const MailboxView view = store.read_now(view_mailbox({inbox, the_server})).value();
            const std::uint64_t messages = view.uids.count();
            CHECK(messages >= last);
            CHECK(messages <= last + 1);
            CHECK(view.uid_next.value > last);
        } else {
            CHECK(last == 0);
        }
        std::filesystem::remove_all(directory);
    }
}
