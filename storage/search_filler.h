// Fills the search index: indexes new content of the store in batches. One thread; see search_index.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/search_file.h"
#include "storage/search_index.h"

namespace storage {

class SearchIndex::Filler {
  public:
    // `closing`: stops within a batch. Throws engine::Error if the store or the index cannot be opened.
    Filler(const std::filesystem::path& store, const SearchIndexOptions& options, const FoldedTexts& texts,
           const std::atomic<bool>& closing);

    struct Progress {
        std::uint64_t messages = 0;
        std::uint64_t skipped = 0;
        bool more = false;
    };
    // Indexes a batch and commits it.
    Progress fill();

  private:
    struct Waiting {
        BlobId blob;
        std::uint64_t size_octets = 0;
        std::string sha256;
        std::optional<std::string> summary;
    };
    struct Batch {
        std::vector<Waiting> blobs;    // ascending
        std::vector<BlobId> arriving;  // among these
        bool more = false;
    };
    void check_mark();
    Batch next_batch(BlobId behind);
    std::vector<Waiting> arrived_since();
    void index(const Waiting& content, Progress& progress);
    std::optional<std::string> read_trigrams(const Waiting& content);
    std::optional<Waiting> find(BlobId blob);
    bool is_arriving(BlobId blob);

    const SearchIndexOptions& options_;
    const FoldedTexts& texts_;
    const std::atomic<bool>& closing_;
    engine::Connection store_;
    std::unique_ptr<SearchFile> file_;
    TrigramSet trigrams_;
    unsigned rounds_ = 0;
};

}  // namespace storage
