// The search index's file, search.db: which content has which trigrams (storage/README.md). It is derived from the
// store and may be deleted at any time. search_filler.h fills it; search_index.h has the threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/types.h"

namespace storage {

// Why the index has no entry for a content. Stored: never renumber.
enum class Skipped : std::uint8_t {
    no_summary = 1,
    too_much = 2,  // has too many trigrams
    unreadable = 3,
};

// The owner of entries that all accounts look up: of contents that many have, so that these have one entry, not many.
inline constexpr AccountId of_many{0};
// The owner of this account's own entries: an account whose id is beyond the index's range has them among those of
// many, so that its searches are right, but slower.
AccountId entry_owner(AccountId account);

// An account's content, as the index names it. Their order is the index's.
struct SearchEntry {
    AccountId owner;
    BlobId blob;
    friend auto operator<=>(const SearchEntry&, const SearchEntry&) = default;
};

// How far the index is: it knows what the store has given a number up to `reached`, contents and accounts that got one
// late (account_content.late). `mark` is the hash of content `marked`, to check that it is still the same content.
struct SearchProgress {
    BlobId reached;
    BlobId marked;
    std::string mark;       // empty: there is none yet
    BlobId last_of_many{};  // content that many have; 0: there is none
};

class SearchFile {
  public:
    // Opens or creates it. Throws engine::Error if it is damaged or of another format.
    static std::unique_ptr<SearchFile> open_to_write(const std::filesystem::path& path, std::size_t cache_octets);
    // nullptr if there is none.
    static std::unique_ptr<SearchFile> open_to_read(const std::filesystem::path& path);
    // Deletes it and SQLite's files beside it.
    static void discard(const std::filesystem::path& path);

    SearchProgress progress();
    void set_progress(const SearchProgress& progress);
    // Fastest in ascending order. To add an entry again changes nothing.
    void add(SearchEntry entry, const std::string& words);
    void skip(SearchEntry entry, Skipped reason);

    // Contents of this owner that have no entry.
    std::vector<BlobId> skipped(AccountId owner);

    // Matching contents of this owner, ascending, at most `most`.
    std::vector<BlobId> match(AccountId owner, const std::string& expression, std::size_t most);
    bool holds(SearchEntry entry, const std::string& expression);
    bool skips(SearchEntry entry);

    // Runs `run` in one transaction; rolled back if that throws.
    template <class F>
    void in_transaction(F&& run) {
        connection_.execute("BEGIN");
        try {
            run();
            connection_.execute("COMMIT");
        } catch (...) {
            roll_back();
            throw;
        }
    }

    engine::Connection& connection() { return connection_; }

  private:
    explicit SearchFile(const engine::ConnectionOptions& options) : connection_(options) {}
    std::int64_t pragma(std::string_view sql);
    void roll_back();

    engine::Connection connection_;
};

}  // namespace storage
