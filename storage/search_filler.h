// Fills the search index: indexes new content of the store in batches, for each account that has it. One thread; see
// search_index.h.
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
    // A content to be indexed, and what came of it.
    struct Waiting {
        BlobId blob;
        std::uint64_t size_octets = 0;
        std::string sha256;
        std::optional<std::string> summary;
        std::vector<AccountId> owners;  // of its entries to come
        bool is_read = false;
        std::size_t entries = 0;  // that it still gets
        std::string words;        // while it gets more
        std::optional<Skipped> skipped;
        bool gone = false;
    };
    // An account that got a content late: its number, and the content's.
    struct Late {
        BlobId number;
        BlobId blob;
        AccountId owner;
    };
    struct Batch {
        std::vector<Waiting> contents;
        SearchProgress after;
        bool more = false;
    };
    void check_mark();
    Batch next_batch(const SearchProgress& before);
    std::vector<Waiting> new_contents(BlobId behind, bool& more);
    std::vector<Late> late_owners(BlobId behind, bool& more);
    void add_late(const std::vector<Late>& late, BlobId before, std::vector<Waiting>& contents);
    std::vector<AccountId> owners_of(BlobId blob);
    void index(SearchEntry entry, Waiting& content, Progress& progress);
    void read(Waiting& content, Progress& progress);
    std::optional<std::string> read_trigrams(const Waiting& content);
    std::optional<Waiting> find(BlobId blob);

    const SearchIndexOptions& options_;
    const FoldedTexts& texts_;
    const std::atomic<bool>& closing_;
    engine::Connection store_;
    std::unique_ptr<SearchFile> file_;
    TrigramSet trigrams_;
};

}  // namespace storage
