// The thread that follows the store, and look-ups. The index and the snapshot in use need not be from the same moment:
// a content never changes, its id is never reused, and everything that the index has not reached is a candidate.
#include "storage/search_index.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/locking/mutex.h"
#include "storage/access.h"
#include "storage/engine/connection.h"
#include "storage/engine/error.h"
#include "storage/engine/thread_name.h"
#include "storage/search_file.h"
#include "storage/search_filler.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage {

namespace {

using engine::Connection;
using Clock = std::chrono::steady_clock;

// After this time without work the files are closed to free their memory.
constexpr std::chrono::seconds idle_before_closing{30};
// Other processes write too: our store's figures do not show that.
constexpr std::chrono::seconds look_anyway{30};
constexpr std::chrono::seconds wait_after_failure{10};
// Looked up in one piece: a few milliseconds. Of these ids half are contents, the others threads.
constexpr std::int64_t ids_at_once = 100'000;

void set_policy(pthread_t thread, int policy) {
    const sched_param none{};
    (void)pthread_setschedparam(thread, policy, &none);  // if refused, it runs at normal priority
}

// The index's answer to a query.
struct Found {
    BlobId reached;
    std::vector<BlobId> blobs;    // that match
    std::vector<BlobId> skipped;  // without an entry in the index
};

bool lacks_room(const SearchIndexOptions& options) {
    const std::filesystem::space_info disk = std::filesystem::space(options.path.parent_path());
    return disk.available < options.room_octets + (options.room_octets == 0 ? 0 : disk.capacity / 16);
}

// Messages among the targets whose content is one of these blobs, or one after `reached`.
UidSet messages_of(Connection& connection, MailboxId mailbox, const UidSet& targets, const Found& found) {
    std::vector<Uid> uids;
    const auto collect = [&](engine::Statement& rows) {
        while (rows.step()) {
            const Uid uid = rows.column<Uid>(0);
            if (targets.contains(uid)) uids.push_back(uid);
        }
    };
    engine::Statement of_blob =
        connection.statement("SELECT uid FROM message INDEXED BY message_blob WHERE blob_id = ? AND mailbox_id = ?");
    for (const BlobId blob : found.blobs) collect(of_blob.bind(blob, mailbox));
    for (const BlobId blob : found.skipped) collect(of_blob.bind(blob, mailbox));
    engine::Statement behind =
        connection.statement("SELECT uid FROM message INDEXED BY message_blob WHERE blob_id > ? AND mailbox_id = ?");
    collect(behind.bind(found.reached, mailbox));
    std::ranges::sort(uids);
    UidSet result;
    for (const Uid uid : uids) result.insert(uid);
    return result;
}

}  // namespace

// One connection for all look-ups, closed when unused for a while.
struct SearchIndex::Reader {
    explicit Reader(const SearchIndexOptions& given) : options(given) {}

    const SearchIndexOptions options;
    locking::Mutex mutex;
    std::unique_ptr<SearchFile> file GUARDED_BY(mutex);
    std::uint64_t look_ups GUARDED_BY(mutex) = 0;
    std::uint64_t look_ups_then GUARDED_BY(mutex) = 0;
    bool sound GUARDED_BY(mutex) = false;      // it belongs to this state of the store, as far as we can tell
    bool damaged GUARDED_BY(mutex) = false;    // found by a look-up
    std::uint64_t made GUARDED_BY(mutex) = 0;  // how often it was begun anew

    // nullopt if there are too many matches, or no index. In pieces: others have their turn in between.
    std::optional<Found> look_up(const std::string& expression, std::size_t most, Snapshot& snapshot) {
        Found found;
        std::uint64_t made_then = 0;
        if (!begin(found, made_then)) return std::nullopt;
        for (std::int64_t first = 1; first <= found.reached.value; first += ids_at_once) {
            snapshot.give_way();
            const BlobId last{std::min(first + ids_at_once - 1, found.reached.value)};
            if (!match(expression, BlobId{first}, last, most + 1 - found.blobs.size(), made_then, found.blobs)) {
                return std::nullopt;
            }
            if (found.blobs.size() > most) return std::nullopt;
        }
        return found;
    }

    // What the index lacks, and which index it is.
    bool begin(Found& found, std::uint64_t& made_then) {
        const locking::Lock lock(mutex);
        ++look_ups;
        made_then = made;
        return with_file([&](SearchFile& index) {
            index.in_transaction([&] {
                found.reached = index.progress().reached;
                for (const auto& skipped : index.skipped()) found.skipped.push_back(skipped.blob);
            });
            return found.reached.value > 0;
        });
    }

    // False: it is not the same index any more.
    bool match(const std::string& expression, BlobId first, BlobId last, std::size_t most, std::uint64_t made_then,
               std::vector<BlobId>& blobs) {
        const locking::Lock lock(mutex);
        if (made != made_then) return false;
        return with_file([&](SearchFile& index) {
            const std::vector<BlobId> some = index.match(expression, first, last, most);
            blobs.insert(blobs.end(), some.begin(), some.end());
            return true;
        });
    }

    // False also if there is no index, or it cannot be read.
    template <class F>
    bool with_file(F&& use) REQUIRES(mutex) {
        try {
            if (sound && !file) file = SearchFile::open_to_read(options.path);
            return file && use(*file);
        } catch (const engine::Error& error) {
            file.reset();
            damaged |= error.damaged();
            options.tell(error.what());
            return false;
        }
    }

    void close_if_unused() {
        const locking::Lock lock(mutex);
        if (std::exchange(look_ups_then, look_ups) == look_ups) file.reset();
    }

    bool take_damaged() {
        const locking::Lock lock(mutex);
        return std::exchange(damaged, false);
    }

    void trust() {
        const locking::Lock lock(mutex);
        sound = true;
    }

    void discard() {
        const locking::Lock lock(mutex);
        sound = false;
        ++made;
        file.reset();
        SearchFile::discard(options.path);
    }

    std::uint64_t count() {
        const locking::Lock lock(mutex);
        return look_ups;
    }
};

SearchIndex::SearchIndex(Store& store, SearchIndexOptions options, FoldedTexts texts)
    : store_(store),
      options_(std::move(options)),
      texts_(std::move(texts)),
      reader_(std::make_shared<Reader>(options_)) {}

SearchIndex::~SearchIndex() {
    {
        const locking::Lock lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    if (!thread_.joinable()) return;
    set_policy(thread_.native_handle(), SCHED_OTHER);
    thread_.join();
}

void SearchIndex::start() {
    thread_ = std::thread([this] { loop(); });
}

SearchIndex::Figures SearchIndex::figures() const { return {messages_, skipped_, reader_->count()}; }

Query<UidSet> SearchIndex::narrow(Access access, UidSet targets, TextQuery query) const {
    return [reader = reader_, access, targets = std::move(targets),
            query = std::move(query)](Snapshot& snapshot) -> Result<UidSet> {
        Connection& connection = engine::connection_of(snapshot);

        Result<std::monostate> readable = check_reading(connection, access);
        if (!readable) return std::unexpected(std::move(readable.error()));
        const std::uint64_t count = targets.count();
        if (count < reader->options.least_messages) return targets;
        const std::optional<std::string> expression = match_expression(query);
        if (!expression) return targets;
        const std::optional<Found> found = reader->look_up(*expression, static_cast<std::size_t>(count), snapshot);
        if (!found) return targets;
        return messages_of(connection, access.mailbox, targets, *found);
    };
}

void SearchIndex::catch_up() {
    const locking::Lock lock(mutex_);
    // The current round may have begun before the caller's content was written, so wait for one more.
    const std::uint64_t until = rounds_ + 2;
    rounds_wanted_ = std::max(rounds_wanted_, until);
    changed_.notify_all();
    while (rounds_ < until && !closing_) changed_.wait(mutex_);
}

void SearchIndex::round_done() {
    {
        const locking::Lock lock(mutex_);
        ++rounds_;
    }
    changed_.notify_all();
}

// Sleeps, unless a caller waits in catch_up() or we are closing.
void SearchIndex::sleep(std::chrono::milliseconds time) {
    const Clock::time_point until = Clock::now() + time;
    const locking::Lock lock(mutex_);
    while (!closing_ && rounds_ >= rounds_wanted_ && changed_.wait_until(mutex_, until)) continue;
}

// Deliveries come first: while others write, one batch at a time, but always some progress.
void SearchIndex::let_others_write() {
    for (unsigned i = 0; i < options_.most_pauses && !closing_; ++i) {
        const std::uint64_t before = store_.figures().operations;
        sleep(options_.pause);
        if (store_.figures().operations == before) return;
    }
}

void SearchIndex::failed(const std::exception& error, bool damaged) {
    options_.tell(std::string(damaged ? "it is made anew: " : "it waits: ") + error.what());
    try {
        if (damaged) reader_->discard();
    } catch (const std::exception& second) {
        options_.tell(second.what());
    }
    const Clock::time_point until = Clock::now() + (damaged ? std::chrono::seconds(1) : wait_after_failure);
    const locking::Lock lock(mutex_);
    while (!closing_ && changed_.wait_until(mutex_, until)) continue;
}

// Indexes a batch; true if there is more to do.
bool SearchIndex::fill(std::unique_ptr<Filler>& filler) {
    try {
        if (reader_->take_damaged()) throw engine::Error(engine::code_damaged, "a search found it damaged");
        const std::uint64_t operations = store_.figures().operations;
        if (!filler) filler = std::make_unique<Filler>(store_.options().path, options_, texts_, closing_);
        reader_->trust();
        if (lacks_room(options_)) return false;
        const Filler::Progress progress = filler->fill();
        messages_ += progress.messages;
        skipped_ += progress.skipped;
        if (progress.more && store_.figures().operations != operations) let_others_write();
        return progress.more;
    } catch (const engine::Error& error) {
        filler.reset();
        failed(error, error.damaged());
    } catch (const std::exception& error) {
        filler.reset();
        failed(error, false);
    }
    return true;
}

void SearchIndex::loop() {
    engine::name_thread("store index");
    set_policy(pthread_self(), SCHED_IDLE);
    std::unique_ptr<Filler> filler;
    std::uint64_t commits_then = UINT64_MAX;
    std::uint64_t messages_then = 0;
    Clock::time_point looked_at;
    Clock::time_point worked_at = Clock::now();
    while (!closing_) {
        const std::uint64_t commits = store_.figures().commits;
        bool wanted = commits != commits_then || Clock::now() - looked_at >= look_anyway;
        {
            const locking::Lock lock(mutex_);
            wanted |= rounds_ < rounds_wanted_;
        }
        if (wanted) {
            if (fill(filler)) continue;
            commits_then = commits;
            looked_at = Clock::now();
            round_done();
        }
        if (std::exchange(messages_then, messages_) != messages_) worked_at = Clock::now();
        if (Clock::now() - worked_at >= idle_before_closing) filler.reset();
        reader_->close_if_unused();
        sleep(options_.look);
    }
}

}  // namespace storage
