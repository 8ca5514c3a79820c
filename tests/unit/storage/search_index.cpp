// The search index: no match is ever missing among its candidates, whatever happens to its file.
#include "storage/search_index.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include "storage/blobs.h"
#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/messages.h"
#include "storage/queue.h"
#include "storage/search_file.h"
#include "storage/upkeep/check_search.h"
#include "storage/upkeep/sweep.h"
#include "tests/unit/storage/temporary_store.h"

using storage::MailboxId;
using storage::SearchIndex;
using storage::SearchIndexOptions;
using storage::TextQuery;
using storage::Uid;
using storage::UidSet;

namespace {

// Here the text of a message is its whole content.
void whole_content(std::string_view, const storage::ReadPiece& read, const storage::TakeText& take) {
    for (std::uint64_t offset = 0;;) {
        const std::string_view piece = read(offset, 1000);
        if (piece.empty() || take(piece)) break;
        offset += piece.size();
    }
    take({});
}

class Indexed {
  public:
    explicit Indexed(storage_test::TemporaryStore& store, std::size_t trigrams = 100'000,
                     std::chrono::milliseconds look = std::chrono::milliseconds(10),
                     storage::FoldedTexts texts = whole_content)
        : store_(store) {
        SearchIndexOptions options;
        options.path = store.directory() / "search.db";
        options.least_messages = 0;
        options.trigrams = trigrams;
        options.room_octets = 0;
        options.look = look;
        options.tell = [this](const std::string& what) {
            const std::lock_guard lock(mutex_);
            troubles_.push_back(what);
        };
        index_ = std::make_unique<SearchIndex>(store.store(), options, std::move(texts));
        index_->start();
        index_->catch_up();
    }
    SearchIndex& operator*() { return *index_; }
    SearchIndex* operator->() { return index_.get(); }
    std::size_t troubles() {
        const std::lock_guard lock(mutex_);
        return troubles_.size();
    }

    UidSet candidates(MailboxId mailbox, const std::string& text) {
        return store_.get(index_->narrow({mailbox, storage::the_server},
                                         store_.get(storage::view_mailbox({mailbox, storage::the_server})).uids,
                                         {.kind = TextQuery::Kind::text, .text = text, .parts = {}}));
    }

  private:
    storage_test::TemporaryStore& store_;
    std::mutex mutex_;
    std::vector<std::string> troubles_;
    std::unique_ptr<SearchIndex> index_;
};

struct Fixture {
    storage_test::TemporaryStore store;
    storage::AccountId account = store.add_account("fred@example.com");
    MailboxId inbox = store.mailbox(account, "INBOX");

    Uid append(const std::string& text) { return store.append(inbox, text); }
    void fill() {
        for (int i = 0; i < 50; ++i) append("NUMBER " + std::to_string(1000 + i) + " OF MANY");
    }
};

// With more accounts, which may have the same contents.
struct Shared : Fixture {
    void add_accounts(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const storage::AccountId other = store.add_account("user" + std::to_string(i) + "@example.com");
            others_.push_back(store.mailbox(other, "INBOX"));
        }
    }
    std::vector<MailboxId> inboxes() {
        std::vector<MailboxId> all{inbox};
        all.insert(all.end(), others_.begin(), others_.end());
        return all;
    }
    void deliver(const std::string& text, const std::vector<MailboxId>& to) {
        storage::Acceptance acceptance{
            .content = store.staged(text), .summary = "summary", .thread_names = {}, .received_at = storage_test::now};
        for (const MailboxId mailbox : to) acceptance.local.push_back({.mailbox = mailbox});
        store.run(accept_message(acceptance, {}));
    }
    std::unique_ptr<storage::SearchFile> file() {
        return storage::SearchFile::open_to_read(store.directory() / "search.db");
    }
    std::size_t entries_of(storage::AccountId owner, const std::string& text) {
        const auto expression = storage::match_expression({.kind = TextQuery::Kind::text, .text = text, .parts = {}});
        return file()->match(owner, *expression, 1'000).size();
    }
    storage::SearchCheckReport check() {
        return store.get(storage::check_search_index(store.directory() / "search.db", whole_content));
    }
    void change(const std::string& sql) {
        const auto run = [=](storage::engine::Batch& batch) -> std::optional<storage::Result<std::monostate>> {
            batch.connection().execute(sql);
            return std::monostate();
        };
        store.run(storage::Operation<std::monostate>{storage::Durability::prompt, run});
    }

  private:
    std::vector<MailboxId> others_;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "candidates are those that hold the trigrams, and what has come since") {
    fill();
    const Uid ketchup = append("DO YOU LIKE KETCHUP?");
    const Uid german = append(
        "GRU\xCC\x88\xC3\x9F"
        "E AUS KO\xCC\x88LN");
    Indexed index(store);
    CHECK(index->figures().messages == 52);
    CHECK(index.candidates(inbox, "KETCHUP") == UidSet{ketchup});
    CHECK(index.candidates(inbox, "KO\xCC\x88LN") == UidSet{german});
    CHECK(index.candidates(inbox, "NUMBER 1007") == UidSet{Uid{8}});
    CHECK(index.candidates(inbox, "MUSTARD").empty());
    CHECK(index.candidates(inbox, "OF").count() == 52);  // too short for trigrams
    CHECK(index.candidates(inbox, "OF MANY").count() == 50);
    const Uid late = append("MORE KETCHUP");
    index->catch_up();
    CHECK(index.candidates(inbox, "KETCHUP") == UidSet{ketchup, late});
    CHECK(index.troubles() == 0);
}

TEST_CASE_FIXTURE(Fixture, "what the index has not reached is a candidate") {
    fill();
    Indexed index(store, 100'000, std::chrono::hours(1));
    const Uid late = append("NOT YET SEEN");
    CHECK(index.candidates(inbox, "MUSTARD") == UidSet{late});
}

TEST_CASE_FIXTURE(Fixture, "an index that nobody has proved sound is not asked") {
    fill();
    {
        Indexed index(store);
    }
    SearchIndexOptions options;
    options.path = store.directory() / "search.db";
    options.least_messages = 0;
    const SearchIndex idle(store.store(), options, whole_content);  // not started
    const TextQuery query{.kind = TextQuery::Kind::text, .text = "MUSTARD", .parts = {}};
    const UidSet all = store.get(storage::view_mailbox({inbox, storage::the_server})).uids;
    CHECK(store.get(idle.narrow({inbox, storage::the_server}, all, query)) == all);
}

TEST_CASE_FIXTURE(Fixture, "copies cost nothing, and are found in each mailbox") {
    const Uid one = append("ONLY ONE");
    fill();
    const MailboxId other = store.run(storage::create_mailbox(account, "Other")).id;
    store.run(storage::copy_messages({inbox, storage::the_server}, UidSet{one}, other, storage_test::now));
    Indexed index(store);
    CHECK(index->figures().messages == 51);
    CHECK(index.candidates(other, "ONLY ONE").count() == 1);
    CHECK(index.candidates(other, "NUMBER 1007").empty());
}

TEST_CASE_FIXTURE(Shared, "a message to several accounts is found by each, however many they are") {
    std::size_t others = 0;
    SUBCASE("few: each has an entry") { others = 3; }
    SUBCASE("many: they have one together") { others = 20; }
    add_accounts(others);
    const std::vector<MailboxId> everyone = inboxes();
    deliver("KETCHUP FOR ALL", everyone);
    deliver("MUSTARD", {inbox});
    Indexed index(store);
    for (const MailboxId mailbox : everyone) CHECK(index.candidates(mailbox, "KETCHUP") == UidSet{Uid{1}});
    CHECK(index.candidates(everyone.back(), "MUSTARD").empty());
    const storage::SearchProgress progress = file()->progress();
    CHECK((progress.last_of_many.value > 0) == (others > 10));
    CHECK(entries_of(storage::of_many, "KETCHUP") == (others > 10 ? 1 : 0));
    CHECK(entries_of(account, "KETCHUP") == (others > 10 ? 0 : 1));
    CHECK(entries_of(account, "MUSTARD") == 1);
    CHECK(check().findings.empty());
}

TEST_CASE_FIXTURE(Shared, "a search looks at no entry of another account") {
    add_accounts(1);
    const MailboxId hers = inboxes().back();
    for (int i = 0; i < 20; ++i) store.append(hers, "KETCHUP " + std::to_string(i));
    append("KETCHUP");
    Indexed index(store);
    CHECK(entries_of(account, "KETCHUP") == 1);
    CHECK(index.candidates(inbox, "KETCHUP").count() == 1);
}

TEST_CASE_FIXTURE(Shared, "an account that gets a content late finds it: at once as a candidate, then by the index") {
    add_accounts(1);
    const MailboxId hers = inboxes().back();
    store.append(hers, "HER OWN");
    const Uid ketchup = append("KETCHUP");
    Indexed index(store, 100'000, std::chrono::hours(1));
    const Uid copy =
        store.run(storage::copy_messages({inbox, storage::the_server}, {ketchup}, hers, storage_test::now)).to.at(0);
    CHECK(index.candidates(hers, "MUSTARD") == UidSet{copy});
    CHECK(index.candidates(hers, "KETCHUP") == UidSet{copy});
    index->catch_up();
    CHECK(index.candidates(hers, "MUSTARD").empty());
    CHECK(index.candidates(hers, "KETCHUP") == UidSet{copy});
    CHECK(index.candidates(inbox, "KETCHUP") == UidSet{ketchup});
    CHECK(check().findings.empty());
}

TEST_CASE_FIXTURE(Shared, "an account that loses a content and gets it again finds it once") {
    add_accounts(1);
    const MailboxId hers = inboxes().back();
    const Uid ketchup = append("KETCHUP");
    Indexed index(store);
    for (int i = 0; i < 3; ++i) {
        const Uid copy =
            store.run(storage::copy_messages({inbox, storage::the_server}, {ketchup}, hers, storage_test::now))
                .to.at(0);
        index->catch_up();
        CHECK(index.candidates(hers, "KETCHUP") == UidSet{copy});
        CHECK(entries_of({account.value + 1}, "KETCHUP") == 1);
        store.run(expunge_messages({hers, storage::the_server}, {copy}, storage::Durability::prompt));
        storage::sweep_now(store.store());
    }
    CHECK(check().findings.empty());
}

TEST_CASE_FIXTURE(Shared, "late owners that do not fit into one batch are indexed in several, and nobody is missed") {
    add_accounts(1);
    const MailboxId hers = inboxes().back();
    for (int i = 0; i < 450; ++i) append("NUMBER " + std::to_string(1000 + i));
    Indexed index(store, 100'000, std::chrono::hours(1));
    store.run(storage::copy_messages({inbox, storage::the_server}, UidSet::all(), hers, storage_test::now));
    append("LAST OF ALL");
    index->catch_up();
    CHECK(index.candidates(hers, "MUSTARD").empty());
    CHECK(index.candidates(hers, "NUMBER 1001").count() == 1);
    CHECK(index.candidates(hers, "NUMBER 1449").count() == 1);
    CHECK(index.candidates(inbox, "LAST OF ALL").count() == 1);
    CHECK(check().findings.empty());
}

TEST_CASE_FIXTURE(Shared, "what a repair gives to an account again is found") {
    const Uid ketchup = append("KETCHUP");
    Indexed index(store, 100'000, std::chrono::hours(1));
    change("DELETE FROM account_content");
    storage::repair_store(store.store(), {});
    CHECK(store.get(storage::check_store({})).findings.empty());
    CHECK(index.candidates(inbox, "MUSTARD") == UidSet{ketchup});
    index->catch_up();
    CHECK(index.candidates(inbox, "MUSTARD").empty());
    CHECK(index.candidates(inbox, "KETCHUP") == UidSet{ketchup});
}

TEST_CASE_FIXTURE(Shared, "an account beyond the index's range is searched among those of many") {
    change("UPDATE sqlite_sequence SET seq = 2000000 WHERE name = 'account'");
    const storage::AccountId far = store.add_account("far@example.com");
    REQUIRE(far.value > 2'000'000);
    const MailboxId its = store.mailbox(far, "INBOX");
    const Uid ketchup = store.append(its, "KETCHUP");
    store.append(its, "MUSTARD");
    append("KETCHUP");
    Indexed index(store);
    CHECK(index.candidates(its, "KETCHUP") == UidSet{ketchup});
    CHECK(entries_of(storage::of_many, "KETCHUP") == 1);
    CHECK(check().findings.empty());
}

TEST_CASE_FIXTURE(Fixture, "a message with more trigrams than it may have is always a candidate") {
    std::string noise;
    std::minstd_rand random(1);
    for (int i = 0; i < 3000; ++i) noise += static_cast<char>('A' + random() % 26);
    fill();
    const Uid noisy = append(noise);
    Indexed index(store, 1000);
    CHECK(index->figures().skipped == 1);
    CHECK(index.candidates(inbox, "MUSTARD") == UidSet{noisy});
}

TEST_CASE_FIXTURE(Fixture, "content that goes while others are read is no trouble") {
    append("THIS STAYS");
    const Uid second = append("THIS GOES");
    const auto texts = [&](std::string_view summary, const storage::ReadPiece& read, const storage::TakeText& take) {
        store.run(expunge_messages({inbox, storage::the_server}, {second}, storage::Durability::prompt));
        storage::sweep_now(store.store());
        whole_content(summary, read, take);
    };
    Indexed index(store, 100'000, std::chrono::milliseconds(10), texts);
    CHECK(index->figures().messages == 1);
    CHECK(index->figures().skipped == 0);
    CHECK(index.troubles() == 0);
}

TEST_CASE_FIXTURE(Fixture, "content that is arriving is indexed once it is there") {
    asio::io_context context;
    std::optional<storage::BlobWriter> writer(store.store());
    const auto run = [&](auto work) {
        auto done = asio::co_spawn(context, std::move(work), asio::use_future);
        context.restart();
        context.run();
        return done.get();
    };
    const std::string content(300'000, 'K');
    REQUIRE(run(writer->write(content)).has_value());  // its first chunks are already written
    fill();                                            // with larger ids
    Indexed index(store);
    CHECK(index->figures().messages == 50);
    storage::NewMessage message;
    message.content = run(writer->finish()).value();
    message.summary = "summary";
    const Uid large =
        store.run(storage::append_messages(inbox, {message}, storage_test::now, storage::the_server)).placed.at(0).uid;
    index->catch_up();
    CHECK(index.candidates(inbox, "MUSTARD").empty());
    CHECK(index.candidates(inbox, "KKKKKKKK") == UidSet{large});
}

TEST_CASE_FIXTURE(Fixture, "the file may be deleted, damaged or of another store") {
    fill();
    const Uid ketchup = append("DO YOU LIKE KETCHUP?");
    const std::filesystem::path path = store.directory() / "search.db";
    {
        Indexed index(store);
    }
    SUBCASE("deleted") { std::filesystem::remove(path); }
    SUBCASE("damaged") { std::ofstream(path, std::ios::binary) << "this is no database, and never was one at all"; }
    SUBCASE("cut") { std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2); }
    SUBCASE("of a store that was further") {
        const auto file = storage::SearchFile::open_to_write(path, 1u << 20);
        file->set_progress({.reached = storage::BlobId{1'000'000}, .marked = {}, .mark = {}});
    }
    SUBCASE("of a store with other content") {
        const auto file = storage::SearchFile::open_to_write(path, 1u << 20);
        storage::SearchProgress progress = file->progress();
        progress.mark = std::string(32, 'x');
        file->set_progress(progress);
    }
    Indexed index(store);
    CHECK(index.candidates(inbox, "KETCHUP").contains(ketchup));
    index->catch_up();  // after a look-up has found it damaged
    CHECK(index.candidates(inbox, "KETCHUP") == UidSet{ketchup});
    CHECK(index.candidates(inbox, "MUSTARD").empty());
}

TEST_CASE_FIXTURE(Fixture, "deleted while it is used: answers stay right") {
    fill();
    Indexed index(store);
    std::filesystem::remove(store.directory() / "search.db");
    const Uid ketchup = append("KETCHUP");
    index->catch_up();
    CHECK(index.candidates(inbox, "KETCHUP").contains(ketchup));
}

TEST_CASE_FIXTURE(Fixture, "the check finds a message that the index does not know") {
    fill();
    {
        Indexed index(store);
    }
    const std::filesystem::path path = store.directory() / "search.db";
    const auto check = [&] { return store.get(storage::check_search_index(path, whole_content)); };
    CHECK(check().findings.empty());
    CHECK(check().messages == 50);
    const Uid last = append("NEVER INDEXED");
    {
        const auto file = storage::SearchFile::open_to_write(path, 1u << 20);
        const storage::Access access(inbox, storage::the_server);
        storage::SearchProgress progress = file->progress();
        progress.reached = store.get(storage::read_messages(access, {last}, false, 1)).at(0).blob;
        file->set_progress(progress);
    }
    REQUIRE(check().findings.size() == 1);
    CHECK(check().findings[0].what == "is not in the index");
    storage::discard_search_index(path);
    CHECK(check().findings.empty());
}

TEST_CASE_FIXTURE(Shared, "the check finds an account that the index does not know of a content") {
    add_accounts(1);
    const Uid ketchup = append("KETCHUP");
    {
        Indexed index(store);
    }
    store.run(storage::copy_messages({inbox, storage::the_server}, {ketchup}, inboxes().back(), storage_test::now));
    CHECK(check().findings.empty());
    {
        const auto file = storage::SearchFile::open_to_write(store.directory() / "search.db", 1u << 20);
        storage::SearchProgress progress = file->progress();
        progress.reached.value += 1'000;
        file->set_progress(progress);
    }
    REQUIRE(check().findings.size() == 1);
    CHECK(check().findings[0].what == "is not in the index");
}

TEST_CASE_FIXTURE(Fixture,
                  "to the check, an index that is only being made is none, one of another format is a finding") {
    const std::filesystem::path path = store.directory() / "search.db";
    const auto check = [&] { return store.get(storage::check_search_index(path, whole_content)); };
    std::ofstream(path).close();
    CHECK(check().findings.empty());
    storage::engine::Connection({.path = path}).execute("CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT");
    REQUIRE(check().findings.size() == 1);
    CHECK(check().findings[0].what == "it is of another format");
}
