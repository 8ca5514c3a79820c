// The search index's file, search.db: which content holds which trigrams (storage/README.md). All of it is derived
// from the store: it may be deleted at any time. Leaves what text is to who fills it, and threads to search_index.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/types.h"

namespace storage {

// Why the index knows nothing of a content that it has passed. Stored: never renumber.
enum class Skipped : std::uint8_t {
    arriving = 0,    // was being written
    no_message = 1,  // has no summary: no mailbox has ever held it
    too_much = 2,    // has more trigrams than a message may have
    unreadable = 3,
};

// How far the index is. `mark` is the hash of content `reached`, as proof that it still is the same content.
struct SearchProgress {
    BlobId reached;
    std::string mark;  // empty: nobody knows
};

class SearchFile {
  public:
    // Opens it, and makes it where there is none. Throws engine::Error when it is damaged, or of another format.
    static std::unique_ptr<SearchFile> open_to_write(const std::filesystem::path& path, std::size_t cache_octets);
    // nullptr when there is none.
    static std::unique_ptr<SearchFile> open_to_read(const std::filesystem::path& path);
    // Deletes it with all that SQLite put beside it.
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

    // Contents that match, ascending, at most `most`.
    std::vector<BlobId> match(const std::string& expression, std::size_t most);
    bool holds(BlobId blob, const std::string& expression);

    // One transaction around what `run` does; rolled back if that throws.
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
