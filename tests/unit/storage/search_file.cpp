// The search index's file: each owner's entries are its own, and a look-up reads no others.
#include "storage/search_file.h"

#include <doctest/doctest.h>

#include "storage/engine/error.h"
#include "storage/trigrams.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;

namespace {

// A file with entries of three accounts.
struct FileHouse {
    static constexpr AccountId first{1};
    static constexpr AccountId middle{2};
    static constexpr AccountId last{3};
    static constexpr std::int64_t contents = 20'000;  // of the first and the last

    storage_test::TemporaryStore store;  // for its directory
    TrigramSet trigrams{100};            // one for all entries: it has megabytes, all of which it clears at first
    std::unique_ptr<SearchFile> file = SearchFile::open_to_write(store.directory() / "search.db", 8u << 20);

    FileHouse() {
        file->connection().execute("INSERT INTO trigram (trigram, rank) VALUES ('pgsz', 100)");  // small pages: many
        // Each of the two words is everywhere, but not both, except in one content of the account in the middle.
        file->in_transaction([&] {
            for (const AccountId owner : {first, last}) {
                for (std::int64_t id = 1; id <= contents; ++id) add({owner, {id}}, id % 2 == 0 ? "KEY" : "MUS");
            }
        });
        file->in_transaction([&] {
            for (std::int64_t id = 1; id <= 10; ++id) add({middle, {id}}, id == 7 ? "KEYMUS" : "KEY");
        });
    }
    void add(SearchEntry entry, std::string_view text) {
        trigrams.add(text);
        file->add(entry, trigrams.take_words());
    }
    // How many looks at the clock a look-up for both words takes: one for each few pages that it reads.
    int looks(AccountId owner, std::size_t matches) {
        int count = 0;
        file->connection().set_give_way([&] { return ++count > 0; }, 4);
        CHECK(file->match(owner, both(), 100).size() == matches);
        file->connection().set_give_way({});
        return count;
    }
    static std::string both() {
        const TextQuery key{.kind = TextQuery::Kind::text, .text = "KEY", .parts = {}};
        const TextQuery mus{.kind = TextQuery::Kind::text, .text = "MUS", .parts = {}};
        return *match_expression({.kind = TextQuery::Kind::all, .text = {}, .parts = {key, mus}});
    }
};

}  // namespace

TEST_CASE_FIXTURE(FileHouse, "an owner's matches are its own, and cost what its own entries cost") {
    CHECK(file->match(middle, both(), 100) == std::vector<BlobId>{{7}});
    const int own = looks(middle, 1);
    CHECK(own <= looks({4}, 0) + 2);  // there is little to read
    CHECK(looks(first, 0) > 3 * own);
    CHECK(looks(last, 0) > 3 * own);
}

TEST_CASE_FIXTURE(FileHouse, "a look-up can be ended within one step of its statement") {
    int left = 5;
    file->connection().set_give_way([&] { return --left > 0; }, 4);
    CHECK_THROWS_AS((void)file->match(first, both(), 100), engine::Error);
    file->connection().set_give_way({});
    CHECK(file->match(first, both(), 100).empty());
}

TEST_CASE_FIXTURE(FileHouse, "an entry that is added again is there once, and the file stays sound") {
    file->in_transaction([&] { add({middle, {7}}, "KEYMUS"); });
    CHECK(file->match(middle, both(), 100) == std::vector<BlobId>{{7}});
    engine::Statement integrity = file->connection().statement("PRAGMA integrity_check");
    REQUIRE(integrity.step());
    CHECK(integrity.column<std::string>(0) == "ok");
}

TEST_CASE_FIXTURE(FileHouse, "what has no entry is known by owner") {
    file->skip({middle, {20}}, Skipped::too_much);
    file->skip({last, {21}}, Skipped::unreadable);
    CHECK(file->skipped(middle) == std::vector<BlobId>{{20}});
    CHECK(file->skipped(first).empty());
    CHECK(file->skips({last, {21}}));
    CHECK_FALSE(file->skips({last, {20}}));
}
