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
    arriving = 0,    // was still being written
    no_message = 1,  // has no summary: it was never in a mailbox
    too_much = 2,    // has too many trigrams
    unreadable = 3,
};

// How far the index is. `mark` is the hash of content `reached`, to check that it is still the same content.
struct SearchProgress {
    BlobId reached;
    std::string mark;  // empty: not known
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
    void add(BlobId blob, const std::string& words);
    void skip(BlobId blob, Skipped reason);
    void forget_skipped(BlobId blob);

    struct SkippedBlob {
        BlobId blob;
        Skipped reason{};
    };
    std::vector<SkippedBlob> skipped();

    // Matching contents from `first` to `last`, ascending, at most `most`.
    std::vector<BlobId> match(const std::string& expression, BlobId first, BlobId last, std::size_t most);
    bool holds(BlobId blob, const std::string& expression);

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
