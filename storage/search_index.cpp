// The thread that follows the store, and look-ups. The index and the snapshot in use need not be from the same moment:
// a content never changes, its id is never reused, an account that gets it later takes a new number, and everything
// that the index has not reached is a candidate.
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
// Of SQLite's virtual machine while it looks something up: each page of the index takes some.
constexpr int steps_between_looks = 16;

void set_policy(pthread_t thread, int policy) {
    const sched_param none{};
    (void)pthread_setschedparam(thread, policy, &none);  // if refused, it runs at normal priority
}

// What is looked up, and for whom: the account that the mailbox belongs to.
struct Wanted {
    std::string expression;
    AccountId owner;
    std::size_t most = 0;  // with more matches the index is of no use
};

// The index's answer.
struct Found {
    BlobId reached;
    std::vector<BlobId> blobs;    // that match
    std::vector<BlobId> skipped;  // without an entry in the index
};

bool lacks_room(const SearchIndexOptions& options) {
    const std::filesystem::space_info disk = std::filesystem::space(options.path.parent_path());
    return disk.available < options.room_octets + (options.room_octets == 0 ? 0 : disk.capacity / 16);
}

// Messages among the targets whose content is one of these blobs, or that the index has not reached.
UidSet messages_of(Connection& connection, MailboxId mailbox, AccountId owner, const UidSet& targets,
                   const Found& found) {
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
    engine::Statement late =
        connection.statement("SELECT blob_id FROM account_content WHERE late > ? AND account_id = ?");
    late.bind(found.reached, owner);
    while (late.step()) collect(of_blob.bind(late.column<BlobId>(0), mailbox));
    std::ranges::sort(uids);
    UidSet result;
    for (const Uid uid : uids) result.insert(uid);
    return result;
}

void append(std::vector<BlobId>& blobs, const std::vector<BlobId>& more) {
    blobs.insert(blobs.end(), more.begin(), more.end());
}

}  // namespace

// The connections for look-ups, as many as work at the same time; closed when unused for a while.
struct SearchIndex::Reader {
    explicit Reader(const SearchIndexOptions& given) : options(given) {}

    // A connection, and to which index: to one that was begun anew since then it is not used any more.
    struct Opened {
        std::unique_ptr<SearchFile> file;  // nullptr: there is no index
        std::uint64_t index = 0;           // `made` then
    };

    const SearchIndexOptions options;
    locking::Mutex mutex;
    std::vector<Opened> unused GUARDED_BY(mutex);
    std::uint64_t look_ups GUARDED_BY(mutex) = 0;
    std::uint64_t look_ups_then GUARDED_BY(mutex) = 0;
    bool sound GUARDED_BY(mutex) = false;      // it belongs to this state of the store, as far as we can tell
    bool damaged GUARDED_BY(mutex) = false;    // found by a look-up
    std::uint64_t made GUARDED_BY(mutex) = 0;  // how often it was begun anew

    // nullopt if there are too many matches, or no index. Others have their turn meanwhile.
    std::optional<Found> look_up(const Wanted& wanted, Snapshot& snapshot) {
        std::exception_ptr ended;  // by give_way
        try {
            Opened opened = take();
            if (!opened.file) return std::nullopt;
            opened.file->connection().set_give_way(
                [&] {
                    try {
                        snapshot.give_way();
                    } catch (...) {
                        ended = std::current_exception();
                    }
                    return ended == nullptr;
                },
                steps_between_looks);
            std::optional<Found> found = find(*opened.file, wanted);
            opened.file->connection().set_give_way({});
            // What was begun anew meanwhile was not sound.
            if (!give_back(std::move(opened))) return std::nullopt;
            return found;
        } catch (const engine::Error& error) {
            if (ended) std::rethrow_exception(ended);
            {
                const locking::Lock lock(mutex);
                damaged |= error.damaged();
            }
            options.tell(error.what());
            return std::nullopt;
        }
    }

    static std::optional<Found> find(SearchFile& file, const Wanted& wanted) {
        const AccountId owner = entry_owner(wanted.owner);
        std::optional<Found> found(std::in_place);
        file.in_transaction([&] {
            const SearchProgress progress = file.progress();
            found->reached = progress.reached;
            const auto look_up = [&](AccountId whose) {
                append(found->skipped, file.skipped(whose));
                append(found->blobs, file.match(whose, wanted.expression, wanted.most + 1 - found->blobs.size()));
                return found->blobs.size() <= wanted.most;
            };
            if (progress.reached.value == 0 || !look_up(owner) ||
                (owner != of_many && progress.last_of_many.value > 0 && !look_up(of_many))) {
                found.reset();
            }
        });
        return found;
    }

    Opened take() {
        const locking::Lock lock(mutex);
        ++look_ups;
        if (!sound) return {};
        if (unused.empty()) return {.file = SearchFile::open_to_read(options.path), .index = made};
        Opened opened = std::move(unused.back());
        unused.pop_back();
        return opened;
    }

    // False if it is not the same index any more.
    bool give_back(Opened opened) {
        const locking::Lock lock(mutex);
        if (opened.index != made) return false;
        unused.push_back(std::move(opened));
        return true;
    }

    void close_if_unused() {
        const locking::Lock lock(mutex);
        if (std::exchange(look_ups_then, look_ups) == look_ups) unused.clear();
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
        unused.clear();
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
        std::optional<std::string> expression = match_expression(query);
        if (!expression) return targets;
        engine::Statement owner = connection.statement("SELECT account_id FROM mailbox WHERE id = ?");
        if (!owner.bind(access.mailbox).step()) return targets;
        const Wanted wanted{.expression = *std::move(expression),
                            .owner = owner.column<AccountId>(0),
                            .most = static_cast<std::size_t>(count)};
        owner.reset();
        const std::optional<Found> found = reader->look_up(wanted, snapshot);
        if (!found) return targets;
        return messages_of(connection, access.mailbox, wanted.owner, targets, *found);
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
