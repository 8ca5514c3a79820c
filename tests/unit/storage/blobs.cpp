// Content: streamed in, stored once, read by ranges, freed when nothing refers to it.
#include "storage/blobs.h"

#include <sqlite3.h>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <fstream>
#include <functional>
#include <random>

#include "storage/encoding.h"
#include "storage/engine/batch.h"
#include "storage/queue_choice.h"
#include "storage/store_options.h"
#include "storage/upkeep/sweep.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

std::string noise(std::size_t octets, unsigned seed = 1) {
    std::mt19937_64 random(seed);
    std::string out(octets, '\0');
    for (char& octet : out) octet = static_cast<char>(random());
    return out;
}

std::string words(std::size_t octets, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::string out;
    while (out.size() < octets) out += std::to_string(random() % 1000) + " bottles\r\n";
    out.resize(octets);
    return out;
}

void run(asio::awaitable<void> work) {
    asio::io_context context;
    asio::co_spawn(context, std::move(work), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    context.run();
}

// Streams the content in pieces of this size.
asio::awaitable<StagedBlob> stage(Store& store, const std::string& content, std::size_t piece) {
    BlobWriter writer(store);
    for (std::size_t at = 0; at < content.size(); at += piece) {
        const std::string_view part = std::string_view(content).substr(at, piece);
        if (writer.fits(part.size())) {
            writer.append(part);
            continue;
        }
        const Result<std::monostate> written = co_await writer.write(part);
        REQUIRE(written.has_value());
    }
    CHECK(writer.size_octets() == content.size());
    Result<StagedBlob> blob = co_await writer.finish();
    REQUIRE(blob.has_value());
    co_return *std::move(blob);
}

// All of it, in pieces as large as the reader gives.
std::string read_through(TemporaryStore& house, BlobId blob, std::uint64_t length) {
    return house.get(Query<std::string>([=](Snapshot& snapshot) -> Result<std::string> {
        ContentReader reader(snapshot, {blob});
        reader.open(blob);
        std::string all;
        for (std::string_view piece; !(piece = reader.read(all.size(), length)).empty();) all += piece;
        return all;
    }));
}

std::int64_t count(TemporaryStore& house, const std::string& table) {
    return house.get(Query<std::int64_t>([table](Snapshot& snapshot) -> Result<std::int64_t> {
        engine::Connection& connection = engine::connection_of(snapshot);

        auto rows = connection.statement("SELECT count(*) FROM " + table);
        rows.step();
        return rows.integer(0);
    }));
}

// Sanitizers keep freed memory: then there is nothing to measure.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

std::size_t resident_octets() {
    std::ifstream status("/proc/self/statm");
    std::size_t pages = 0;
    status >> pages >> pages;
    return pages * 4096;
}

struct BlobHouse : TemporaryStore {
    using TemporaryStore::TemporaryStore;
    MailboxId inbox = mailbox(add_account("bob@example.org"), "INBOX");

    BlobId put(const StagedBlob& content) {
        NewMessage message;
        message.content = content;
        const Uid uid = run(append_messages(inbox, {message}, now, the_server)).placed.at(0).uid;
        return get(read_messages({inbox, the_server}, {uid}, false, 1)).at(0).blob;
    }
};

}  // namespace

// How many statements `run` executes on the snapshot.
template <class F>
int statements_of(Snapshot& snapshot, F&& run) {
    int statements = 0;
    sqlite3* const handle = engine::connection_of(snapshot).handle();
    const auto count_one = [](unsigned, void* counter, void*, void*) {
        ++*static_cast<int*>(counter);
        return 0;
    };
    sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, count_one, &statements);
    run();
    sqlite3_trace_v2(handle, 0, nullptr, nullptr);
    return statements;
}

TEST_CASE("several contents come in one call, with few statements however many they are") {
    StoreOptions options;
    options.inline_octets = 3000;
    options.chunk_octets = 5000;
    BlobHouse house(options);
    std::vector<std::string> contents;
    std::vector<BlobId> blobs;
    run([&]() -> asio::awaitable<void> {
        for (std::size_t i = 0; i < 40; ++i) {
            contents.push_back(words(1000 + 10 * i, static_cast<unsigned>(i)));
            const StagedBlob staged = co_await stage(house.store(), contents.back(), 1777);
            blobs.push_back(house.put(staged));
        }
        contents.push_back(noise(12'345));  // in chunks
        const StagedBlob staged = co_await stage(house.store(), contents.back(), 1777);
        blobs.push_back(house.put(staged));
    }());
    house.get(Query<int>([&](Snapshot& snapshot) -> Result<int> {
        std::vector<ContentRange> whole;
        for (const BlobId blob : blobs) whole.push_back({blob, 0, 1'000'000});
        std::vector<std::optional<std::string>> read;
        // Three groups of sixteen, two statements each; and the chunks of the large one.
        CHECK(statements_of(snapshot, [&] { read = snapshot.read_contents(whole); }) == 7);
        REQUIRE(read.size() == contents.size());
        for (std::size_t i = 0; i < contents.size(); ++i) CHECK(read[i] == contents[i]);

        // In the requested order: one twice, one that is gone, ranges that end or begin beyond the content.
        const std::vector<ContentRange> ranges = {{blobs[5], 10, 20},   {BlobId{123456}, 0, 9},   {blobs[5], 0, 3},
                                                  {blobs[40], 4998, 5}, {blobs[1], 1'000'000, 5}, {blobs[0], 990, 99}};
        read = snapshot.read_contents(ranges);
        REQUIRE(read.size() == 6);
        CHECK(read[0] == contents[5].substr(10, 20));
        CHECK(read[1] == std::nullopt);
        CHECK(read[2] == contents[5].substr(0, 3));
        CHECK(read[3] == contents[40].substr(4998, 5));
        CHECK(read[4] == "");
        CHECK(read[5] == contents[0].substr(990));
        CHECK(snapshot.read_contents({}).empty());
        return 0;
    }));
}

TEST_CASE("contents that are announced are read one after the other, some passed over, some twice") {
    BlobHouse house;
    std::vector<std::string> contents;
    std::vector<BlobId> blobs;
    run([&]() -> asio::awaitable<void> {
        for (std::size_t i = 0; i < 30; ++i) {
            contents.push_back(words(500 + i, static_cast<unsigned>(i)));
            const StagedBlob staged = co_await stage(house.store(), contents.back(), 1777);
            blobs.push_back(house.put(staged));
        }
    }());
    house.get(Query<int>([&](Snapshot& snapshot) -> Result<int> {
        std::vector<BlobId> announced = blobs;
        announced.insert(announced.begin() + 20, blobs[2]);  // two messages with the same content, far apart
        const int statements = statements_of(snapshot, [&] {
            ContentReader reader(snapshot, announced);
            for (const std::size_t i : {0UL, 1UL, 2UL, 15UL, 2UL, 29UL}) {
                reader.open(blobs[i]);
                CHECK(reader.read(100, 1000) == contents[i].substr(100));
            }
            CHECK_THROWS(reader.open(BlobId{123456}));
        });
        CHECK(statements == 2);
        return 0;
    }));
}

TEST_CASE("content comes out as it went in, whole and by ranges, at every size") {
    StoreOptions options;
    options.inline_octets = 3000;
    options.chunk_octets = 5000;
    BlobHouse house(options);
    run([&]() -> asio::awaitable<void> {
        for (const std::size_t size :
             {0UL, 1UL, 2999UL, 3000UL, 3001UL, 5000UL, 5001UL, 10'000UL, 40'000UL, 123'457UL}) {
            for (const std::string& content : {noise(size), words(size)}) {
                const StagedBlob staged = co_await stage(house.store(), content, 1777);
                CHECK(staged.sha256 == TemporaryStore::staged(content).sha256);
                CHECK((staged.octets == nullptr) == (size > 3000));
                const BlobId blob = house.put(staged);
                CHECK(house.get(read_blob(blob, 0, size + 10)) == content);
                CHECK(read_through(house, blob, 100'000) == content);
                for (const std::size_t offset : {0UL, 1UL, 4999UL, 5000UL, 9'999UL, size}) {
                    for (const std::size_t length : {0UL, 1UL, 5000UL, 10'001UL}) {
                        const std::string expected = offset < size ? content.substr(offset, length) : "";
                        CHECK(house.get(read_blob(blob, offset, length)) == expected);
                    }
                }
            }
        }
    }());
    CHECK(count(house, "staging") == 0);
    CHECK(reason_of(house.read(read_blob(BlobId{123456}, 0, 1))) == Reason::no_such_message);
}

TEST_CASE("the same content is kept once, inline or in chunks") {
    BlobHouse house;
    run([&]() -> asio::awaitable<void> {
        const std::string large = noise(300'000);
        const StagedBlob first = co_await stage(house.store(), large, 10'000);
        const StagedBlob second = co_await stage(house.store(), large, 7'000);
        CHECK(house.put(first) == house.put(second));
        CHECK(house.put(first) == house.put(TemporaryStore::staged(large)));
        CHECK(house.put(TemporaryStore::staged("small")) == house.put(TemporaryStore::staged("small")));
    }());
    CHECK(count(house, "blob") == 2);
    // The second staging's chunks are not needed: its lease gave them to the sweep.
    (void)house.run(sweep_blobs(100));
    CHECK(count(house, "staging") == 0);
    CHECK(count(house, "blob_chunk") == 3);
    CHECK(count(house, "unreferenced") == 0);
}

TEST_CASE("what another account has is not found: the same content takes the same work and room again") {
    BlobHouse house;
    const AccountId alice = house.add_account("alice@example.org");
    const MailboxId hers = house.mailbox(alice, "INBOX");
    run([&]() -> asio::awaitable<void> {
        for (const std::string& content : {std::string("small"), noise(300'000)}) {
            const StagedBlob his = co_await stage(house.store(), content, 10'000);
            (void)house.put(his);
            const auto work_of = [&](MailboxId mailbox, const StagedBlob& blob) {
                NewMessage message{.content = blob, .summary = "s", .flags = {}};
                const std::int64_t before = count(house, "blob") + count(house, "blob_chunk") +
                                            count(house, "message_summary") - count(house, "staging");
                house.run(append_messages(mailbox, {std::move(message)}, now, the_server));
                return count(house, "blob") + count(house, "blob_chunk") + count(house, "message_summary") -
                       count(house, "staging") - before;
            };
            const StagedBlob same = co_await stage(house.store(), content, 10'000);
            const std::int64_t work = work_of(hers, same);
            const StagedBlob other = co_await stage(house.store(), content + "x", 10'000);
            CHECK(work == work_of(hers, other));
            const StagedBlob again = co_await stage(house.store(), content, 10'000);
            CHECK(work_of(hers, again) == 0);  // her own is found
        }
    }());
    const Account account = house.get(get_account(alice));
    CHECK(account.used_octets == 3 * (5 + 300'000) + 2);
    CHECK(account.messages == 6);
}

TEST_CASE("what is staged and not named is freed, at once or by the next start") {
    BlobHouse house;
    std::optional<BlobWriter> unfinished;
    run([&]() -> asio::awaitable<void> {
        (void)co_await stage(house.store(), noise(400'000, 1), 50'000);
        BlobWriter writer(house.store());
        const std::string content = noise(400'000, 2);
        (void)co_await writer.write(content);
        unfinished = std::move(writer);
    }());
    sweep_now(house.store());
    CHECK(count(house, "staging") == 1);
    CHECK(count(house, "blob_chunk") == 3);  // of the unfinished one
    house.close();
    unfinished.reset();  // outlives its store
    house.reopen();
    sweep_now(house.store());
    CHECK(count(house, "staging") == 0);
    CHECK(count(house, "blob_chunk") == 0);
}

TEST_CASE("content is freed with the last row that names it") {
    BlobHouse house;
    run([&]() -> asio::awaitable<void> {
        const StagedBlob large = co_await stage(house.store(), noise(9'000'000), 100'000);
        Acceptance acceptance;
        acceptance.content = large;
        acceptance.summary = "s";
        acceptance.local.push_back({house.inbox, {}});
        acceptance.remote =
            NewQueueMessage{.reverse_path = "a@b", .envelope_id = {}, .session = {}, .recipients = {{"c@d", 0, {}}}};
        (void)house.run(accept_message(acceptance));
        (void)house.run(copy_messages({house.inbox, the_server}, UidSet::all(), house.inbox, now));
    }());
    const QueueMessage queued = house.get(list_queue()).at(0);
    (void)house.run(expunge_messages({house.inbox, the_server}, {Uid{1}}, Durability::prompt));
    (void)house.run(drop_queue({.message = queued.id}, now));
    sweep_now(house.store());
    CHECK(house.get(read_blob(queued.blob, 8'999'000, 5000)).size() == 1000);
    (void)house.run(expunge_messages({house.inbox, the_server}, {Uid{2}}, Durability::prompt));
    CHECK(house.run(sweep_blobs(10)) == true);  // more than one slice holds
    CHECK(reason_of(house.read(read_blob(queued.blob, 0, 1))) == Reason::no_such_message);
    sweep_now(house.store());
    for (const char* table : {"blob", "blob_chunk", "message_summary", "unreferenced", "staging"}) {
        CHECK_MESSAGE(count(house, table) == 0, table);
    }
    // Never the same id again: an old snapshot may still use it.
    CHECK(house.put(TemporaryStore::staged("next")).value > queued.blob.value);
}

TEST_CASE("a message of 100 MiB passes in few MiB of memory") {
    BlobHouse house;
    house.append(house.inbox, "warm up");
    const std::string piece = noise(60'000);
    run([&]() -> asio::awaitable<void> {
        const StagedBlob warm = co_await stage(house.store(), noise(1'000'000), 60'000);
        (void)house.put(warm);
        const std::size_t before = resident_octets();
        BlobWriter writer(house.store());
        std::size_t most = 0;
        for (int i = 0; i < 1748; ++i) {
            (void)co_await writer.write(piece);
            most = std::max(most, resident_octets());
        }
        Result<StagedBlob> staged = co_await writer.finish();
        const BlobId blob = house.put(*staged);
        for (std::uint64_t at = 0; at < staged->size_octets; at += 256 << 10) {
            CHECK(house.get(read_blob(blob, at, 256 << 10)).size() > 0);
            most = std::max(most, resident_octets());
        }
        CHECK(staged->size_octets > 100U << 20);
        if (!sanitized) CHECK(most - before < 8U << 20);
    }());
}

TEST_CASE("compression pays or is left alone, and damage is seen") {
    std::string packed;
    CHECK(encode_content(words(5000), packed) == Encoding::zstd);
    CHECK(packed.size() < 3000);
    CHECK(decode_content(Encoding::zstd, packed, 5000) == words(5000));
    CHECK_THROWS_AS((void)decode_content(Encoding::zstd, packed, 4999), engine::Error);
    CHECK_THROWS_AS((void)decode_content(Encoding::zstd, packed.substr(0, 100), 5000), engine::Error);
    CHECK_THROWS_AS((void)decode_content(Encoding::zstd, "nonsense", 5000), engine::Error);
    CHECK(encode_content(noise(50'000), packed) == Encoding::plain);
    CHECK(packed.empty());
    CHECK(encode_content("", packed) == Encoding::plain);
}

// Header sections are read far more often than bodies: reading one must not cost as much as the body.
TEST_CASE("the first octets are read without the rest") {
    BlobHouse house;
    run([&]() -> asio::awaitable<void> {
        for (const std::string& content : {words(50'000), words(300'000), noise(50'000), noise(300'000), words(5000),
                                           words(4000) + noise(3900), noise(4200) + words(60'000)}) {
            CAPTURE(content.size());
            const BlobId blob = house.put(co_await stage(house.store(), content, 10'000));
            for (const std::uint64_t length : {1UL, 3096UL, 4095UL, 4096UL, 4097UL, 4900UL}) {
                CHECK(house.get(read_blob(blob, 0, length)) == content.substr(0, length));
                CHECK(house.get(read_blob(blob, 1000, length)) == content.substr(1000, length));
            }
        }
        const BlobId torn = house.put(co_await stage(house.store(), words(50'000, 7), 10'000));
        house.run(Operation<bool>{Durability::synced, [torn](engine::Batch& batch) -> std::optional<Result<bool>> {
                                      batch.connection().run(
                                          "UPDATE blob SET content = substr(content, 1, 4400) WHERE id = ?", torn);
                                      return true;
                                  }});
        CHECK(house.get(read_blob(torn, 0, 4096)) == words(50'000, 7).substr(0, 4096));
        CHECK_THROWS((void)house.read(read_blob(torn, 0, 4097)));
    }());
}

TEST_CASE("a spool gives back what was written into it, and leaves nothing in the store") {
    BlobHouse house;
    for (const std::size_t octets : {0u, 1u, 100'000u, 131'072u, 131'073u, 400'000u}) {
        run([&]() -> asio::awaitable<void> {
            const std::string content = noise(octets);
            Spool spool(house.store());
            for (std::size_t at = 0; at < content.size(); at += 50'000) {
                const std::string_view part = std::string_view(content).substr(at, 50'000);
                if (spool.fits(part.size())) {
                    spool.append(part);
                    continue;
                }
                const Result<std::monostate> written = co_await spool.write(part);
                REQUIRE(written.has_value());
            }
            CHECK(spool.has_chunks() == (octets > 131'072));
            CHECK(spool.held_octets() < 300'000);
            std::string back;
            for (;;) {
                const Result<std::string> piece = co_await spool.read();
                REQUIRE(piece.has_value());
                if (piece->empty()) break;
                back += *piece;
            }
            CHECK(back == content);
        }());
        sweep_now(house.store());
        CHECK(count(house, "staging") == 0);
        CHECK(count(house, "blob_chunk") == 0);
    }
}
