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
#include "storage/engine/connection.h"
#include "storage/messages.h"
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
        file->set_progress({storage::BlobId{1'000'000}, ""});
    }
    SUBCASE("of a store with other content") {
        const auto file = storage::SearchFile::open_to_write(path, 1u << 20);
        file->set_progress({file->progress().reached, std::string(32, 'x')});
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
        file->set_progress({store.get(storage::read_messages(access, {last}, false, 1)).at(0).blob, ""});
    }
    REQUIRE(check().findings.size() == 1);
    CHECK(check().findings[0].what == "is not in the index");
    storage::discard_search_index(path);
    CHECK(check().findings.empty());
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
