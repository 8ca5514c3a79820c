// The search index at work: says which messages may hold a text, and follows the store at idle priority on a thread of
// its own (storage/README.md). Its answers are candidates: who asks reads them, so that answers are exact whatever
// the index knows. Leaves what text is to who makes it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "storage/query.h"
#include "storage/trigrams.h"

namespace storage {

// Octets of content from offset on: at most length, perhaps fewer, none only at the end.
using ReadPiece = std::function<std::string_view(std::uint64_t offset, std::uint64_t length)>;
// Takes folded text, piece by piece; an empty piece ends a text. True: enough.
using TakeText = std::function<bool(std::string_view folded)>;
// All texts of a message that a search may look for, as a search compares them. Any thread.
using FoldedTexts = std::function<void(std::string_view summary, const ReadPiece& read, const TakeText& take)>;

struct SearchIndexOptions {
    std::filesystem::path path;             // search.db
    std::size_t cache_octets = 2u << 20;    // SQLite page cache while it is filled
    std::size_t batch_messages = 200;       // in one commit
    std::size_t batch_octets = 2u << 20;    // of content in one commit, unless one message has more
    std::size_t trigrams = 100'000;         // of one message; one that has more is read at each search
    std::size_t least_messages = 50;        // fewer are read faster than looked up
    std::uint64_t room_octets = 64u << 20;  // left free of the disk besides a 16th of it; 0: none need be
    std::chrono::milliseconds look{1'000};  // how often it looks for new content
    std::chrono::milliseconds pause{100};   // between two batches while others write
    unsigned most_pauses = 10;
    // Something is wrong with the file, which is made anew, or with a message. In words for the log. Any thread.
    std::function<void(const std::string&)> tell = [](const std::string&) {};
};

class SearchIndex {
  public:
    // The store outlives it.
    SearchIndex(Store& store, SearchIndexOptions options, FoldedTexts texts);
    ~SearchIndex();  // ends amid a batch, which is done again at the next start
    SearchIndex(const SearchIndex&) = delete;
    SearchIndex& operator=(const SearchIndex&) = delete;

    void start();

    // Those of the targets that may match; all of them where the index has nothing to say. `targets` exist, or did. For
    // the long lane.
    Query<UidSet> narrow(MailboxId mailbox, UidSet targets, TextQuery query) const;

    // Blocks until all that the store holds now is indexed: for tests and the command line.
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
    std::shared_ptr<Reader> reader_;  // shared with look-ups under way

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t rounds_ = 0;  // that left nothing to do
    unsigned waiting_ = 0;      // in catch_up
    std::atomic<bool> closing_{false};
    std::atomic<std::uint64_t> messages_{0};
    std::atomic<std::uint64_t> skipped_{0};
    std::thread thread_;
};

}  // namespace storage
