// The search index: finds messages that may contain a text, and follows the store on its own thread at idle priority
// (storage/README.md). Its answers are candidates: the caller must read them, and so gets exact results however much is
// indexed. The caller supplies the text of messages.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "protocols/locking/condition.h"
#include "protocols/locking/mutex.h"
#include "storage/query.h"
#include "storage/rights.h"
#include "storage/trigrams.h"

namespace storage {

// Octets of content from offset on: at most length, perhaps fewer, none only at the end.
using ReadPiece = std::function<std::string_view(std::uint64_t offset, std::uint64_t length)>;
// Receives folded text in pieces; an empty piece ends a text. Returns true for "enough".
using TakeText = std::function<bool(std::string_view folded)>;
// All texts of a message that can be searched for, as a search compares them. Any thread.
using FoldedTexts = std::function<void(std::string_view summary, const ReadPiece& read, const TakeText& take)>;

struct SearchIndexOptions {
    std::filesystem::path path;             // search.db
    std::size_t cache_octets = 2u << 20;    // SQLite page cache while it is filled
    std::size_t batch_messages = 200;       // in one commit
    std::size_t batch_octets = 2u << 20;    // of content in one commit, unless one message has more
    std::size_t trigrams = 100'000;         // of one message; a message with more is read by each search
    std::size_t least_messages = 50;        // in smaller sets the messages are read without the index
    std::uint64_t room_octets = 64u << 20;  // kept free on the disk besides a 16th of it; 0: no limit
    std::chrono::milliseconds look{1'000};  // how often it looks for new content
    std::chrono::milliseconds pause{100};   // between two batches while others write
    unsigned most_pauses = 10;
    // Gets a text for the log if the file is damaged, and made again, or a message is. Any thread.
    std::function<void(const std::string&)> tell = [](const std::string&) {};
};

class SearchIndex {
  public:
    // The store must outlive it.
    SearchIndex(Store& store, SearchIndexOptions options, FoldedTexts texts);
    ~SearchIndex();  // stops within a batch, which is redone at the next start
    SearchIndex(const SearchIndex&) = delete;
    SearchIndex& operator=(const SearchIndex&) = delete;

    void start();

    // The targets that may match; all of them if the index cannot tell. `targets` must exist or have existed. A long
    // read.
    Query<UidSet> narrow(Access access, UidSet targets, TextQuery query) const;

    // Blocks until all present content of the store is indexed: for tests and the command line.
    void catch_up();

    struct Figures {
        std::uint64_t messages = 0;  // indexed since the start
        std::uint64_t skipped = 0;
        std::uint64_t look_ups = 0;
    };
    Figures figures() const;

  private:
    class Filler;
    struct Reader;
    void loop();
    bool fill(std::unique_ptr<Filler>& filler);
    void failed(const std::exception& error, bool damaged);
    void sleep(std::chrono::milliseconds time);
    void let_others_write();
    void round_done();

    Store& store_;
    const SearchIndexOptions options_;
    const FoldedTexts texts_;
    std::shared_ptr<Reader> reader_;  // shared with look-ups in progress

    locking::Mutex mutex_;
    locking::Condition changed_;
    std::uint64_t rounds_ GUARDED_BY(mutex_) = 0;         // rounds that had nothing to do
    std::uint64_t rounds_wanted_ GUARDED_BY(mutex_) = 0;  // by callers of catch_up
    std::atomic<bool> closing_{false};
    std::atomic<std::uint64_t> messages_{0};
    std::atomic<std::uint64_t> skipped_{0};
    std::thread thread_;
};

}  // namespace storage
