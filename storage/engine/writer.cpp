// Group commit. An operation is answered only after the sync of its commit, or, for the prompt class, at most
// options.prompt_sync_delay before that sync.
#include "storage/engine/writer.h"

#include <algorithm>
#include <stdexcept>

#include "storage/engine/savepoint.h"
#include "storage/engine/thread_name.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 1s;              // how often to check whether another process has written
constexpr auto idle_before_checkpoint = 100ms;  // long enough not to be a gap within a burst
constexpr auto checkpoint_interval = 1s;

// The log is extended in steps, shortly before SQLite would have to do it.
constexpr std::uint64_t wal_step_octets = 1u << 20;
constexpr std::uint64_t wal_margin_octets = 256u << 10;

// The reserve is at most this part of the disk.
constexpr std::uint64_t smallest_reserve = 32;

Refusal disk_full() { return {Reason::storage_full, "the disk is full"}; }

}  // namespace

Writer::Writer(const StoreOptions& options, Publish publish)
    : options_(options),
      connection_(
          {.path = options.path, .read_only = false, .cache_octets = options.cache_octets, .sharing = options.sharing}),
      wal_(options.path),
      checkpointer_(connection_, options),
      publish_(std::move(publish)) {
    // NORMAL syncs at checkpoints but not at commits: we do those syncs ourselves, depending on the batch.
    connection_.execute("PRAGMA synchronous = NORMAL");
    connection_.execute("PRAGMA secure_delete = FAST");
    // With spilling, pages of a transaction would go to the log early, and a full disk would break it in the middle.
    connection_.execute("PRAGMA cache_spill = OFF");
    connection_.execute("PRAGMA journal_size_limit = " + std::to_string(options.wal_limit_octets));
    seen_version_ = connection_.data_version();
    thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() { stop(); }

void Writer::stop() {
    {
        const locking::Lock lock(mutex_);
        closing_ = true;
    }
    arrived_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Writer::submit(Store::WriteJob job) {
    const locking::Lock lock(mutex_);
    // With the lock: once the job is done, another thread may destroy the writer.
    if (waiting_.empty()) arrived_.notify_one();
    const AccountId account = job.account;
    waiting_.push(account, {std::move(job)});
}

Store::Figures Writer::figures() const {
    return {commits_.load(), operations_.load(), synced_commits_.load(), late_syncs_.load(),
            checkpointer_.log_end_octets()};
}

void Writer::loop() {
    name_thread("store writer");
    while (true) {
        Items items = wait_for_items();
        if (!items.empty()) {
            last_work_ = Clock::now();
            run_batch(std::move(items));
            checkpointer_.under_load();
        } else if (ended_) {
            break;
        } else {
            checkpoint_if_idle();
        }
        sync_if_due();
        look_for_others();
    }
    for (Item& item : sliced_) {
        item.job.finish(std::make_exception_ptr(std::runtime_error("the store is closing")), std::nullopt);
    }
    sliced_.clear();
    if (unsynced_) wal_.sync();
}

Writer::Items Writer::wait_for_items() {
    const Clock::time_point deadline = next_deadline();
    const locking::Lock lock(mutex_);
    while (waiting_.empty() && sliced_.empty() && !closing_) {
        if (!arrived_.wait_until(mutex_, deadline)) break;
    }
    Items items = take_items();
    ended_ = closing_ && items.empty();
    return items;
}

// As many as fit one commit, in turn among accounts, with only one slice of sliced operations, so that others do not
// wait for a series of slices.
Writer::Items Writer::take_items() {
    Items items;
    std::size_t octets = 0;
    while (!waiting_.empty() && items.size() < options_.batch_operations && octets < options_.batch_octets) {
        if (waiting_.next().solo && !items.empty()) return items;
        Queue::Taken next = waiting_.take();
        waiting_.done(next.party);  // there is one thread: who comes next does not depend on what runs
        items.push_back(std::move(next.work));
        octets += items.back().job.octets;
        if (items.back().solo) return items;
    }
    if (!sliced_.empty() && !closing_) {
        items.push_back(std::move(sliced_.front()));
        sliced_.pop_front();
    }
    return items;
}

Writer::Clock::time_point Writer::next_deadline() const {
    Clock::time_point next = look_at_;
    if (unsynced_) next = std::min(next, sync_at_);
    if (checkpointer_.log_octets() > 0)
        next = std::min(next, std::max(checkpoint_at_, last_work_ + idle_before_checkpoint));
    return next;
}

void Writer::run_batch(Items items) {
    Endings endings(items.size());
    Batch batch(connection_, options_);
    try {
        if (broken_) std::rethrow_exception(broken_);
        connection_.statement("BEGIN IMMEDIATE").run();
        const std::uint64_t log_end = checkpointer_.log_end_octets();
        if (log_end + wal_margin_octets > wal_.size()) wal_.extend(log_end + wal_margin_octets + wal_step_octets);
        run_items(batch, items, endings);
        if (connection_.in_transaction()) commit(batch, endings);
        ++commits_;
        operations_ += items.size();
        make_durable(items, endings);
        publish_(batch.take_announcements());
    } catch (const DiskFull&) {
        roll_back();
        endings.assign(items.size(), Ending{.failure = {}, .refusal = disk_full()});
    } catch (...) {
        roll_back();
        endings.assign(items.size(), Ending{.failure = std::current_exception(), .refusal = {}});
    }
    finish(std::move(items), std::move(endings));
}

// True if this batch's content would use the reserve, counting free disk space and free pages. The log's content needs
// the same space again when a checkpoint copies it to the database; without it deleting would be impossible.
bool Writer::lacks_room(const Items& items) {
    std::uint64_t octets = 0;
    for (const Item& item : items) octets += item.job.octets;
    if (octets == 0) return false;
    const DiskSpace disk = wal_.disk_space();
    const std::uint64_t reserve = std::min(options_.reserve_octets, disk.total_octets / smallest_reserve);
    if (disk.free_octets >= reserve + checkpointer_.log_octets() + 2 * octets) return false;
    Statement pages = connection_.statement("PRAGMA freelist_count");
    pages.step();
    return pages.column<std::uint64_t>(0) * options_.page_octets < reserve + octets;
}

void Writer::run_items(Batch& batch, Items& items, Endings& endings) {
    const bool refuse_content = lacks_room(items);
    const Clock::time_point end = Clock::now() + options_.batch_time;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0 && Clock::now() >= end) put_off(items, endings, i);
        if (i == items.size()) return;
        if (refuse_content && items[i].job.octets > 0) {
            endings[i].refusal = disk_full();
            continue;
        }
        endings[i] = run_item(batch, items[i], items.size() == 1);
        if (connection_.in_transaction() || items.size() == 1) continue;
        // SQLite has rolled back the whole transaction: the other operations' work is lost too.
        const Ending cause = endings[i];
        lose(endings, cause);
        endings[i] = cause;
        return;
    }
}

// From the first on, they wait for the next batch, each in its place; but not a slice at the end, which has its turn in
// every batch.
void Writer::put_off(Items& items, Endings& endings, std::size_t first) {
    const std::size_t last = items.back().sliced ? items.size() - 1 : items.size();
    {
        const locking::Lock lock(mutex_);
        for (std::size_t i = last; i-- > first;) {
            const AccountId account = items[i].job.account;
            waiting_.put_back(account, std::move(items[i]));
        }
    }
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(first), items.begin() + static_cast<std::ptrdiff_t>(last));
    endings.resize(items.size());
}

// Runs one operation: all its effects remain, or none.
Writer::Ending Writer::run_item(Batch& batch, Item& item, bool alone) {
    batch.begin_operation();
    Ending ending;
    if (alone) {
        ending = call(batch, item);
        if (!ending.kept()) roll_back();
    } else {
        Savepoint savepoint(connection_);
        ending = call(batch, item);
        if (ending.kept()) savepoint.keep();
    }
    ending.kept() ? batch.keep_operation() : batch.undo_operation();
    return ending;
}

Writer::Ending Writer::call(Batch& batch, Item& item) {
    Ending ending;
    try {
        ending.step = item.job.run(batch);
    } catch (const DiskFull&) {
        ending.refusal = disk_full();
    } catch (...) {
        ending.failure = std::current_exception();
    }
    return ending;
}

void Writer::commit(Batch& batch, Endings& endings) {
    Ending cause;
    try {
        batch.write_counters();
        connection_.statement("COMMIT").run();
        return;
    } catch (const DiskFull&) {
        cause.refusal = disk_full();
    } catch (...) {
        cause.failure = std::current_exception();
    }
    roll_back();
    (void)batch.take_announcements();
    lose(endings, cause);
}

// Operations that had an effect have lost it. Each is retried alone; one that was already alone, or continues from a
// committed slice, ends with the cause.
void Writer::lose(Endings& endings, const Ending& cause) {
    for (Ending& ending : endings) {
        if (!ending.kept()) continue;
        const Store::Step step = ending.step;
        ending = cause;
        ending.step = step;
        ending.lost = true;
    }
}

void Writer::make_durable(const Items& items, Endings& endings) {
    bool synced = options_.everything_synced;
    bool any = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!endings[i].kept()) continue;
        any = true;
        synced |= items[i].job.durability == Durability::synced;
    }
    if (!any) return;
    if (!synced) {
        if (!unsynced_) sync_at_ = Clock::now() + options_.prompt_sync_delay;
        unsynced_ = true;
        return;
    }
    try {
        wal_.sync();
    } catch (...) {
        broken_ = std::current_exception();
        throw;
    }
    unsynced_ = false;
    ++synced_commits_;
}

void Writer::finish(Items items, Endings endings) {
    const bool alone = items.size() == 1;
    for (std::size_t i = items.size(); i-- > 0;) {
        Item& item = items[i];
        Ending& ending = endings[i];
        if (ending.lost && !alone && !item.sliced && ending.step != Store::Step::again) {
            item.solo = true;
            const locking::Lock lock(mutex_);
            const AccountId account = item.job.account;
            waiting_.push_begun(account, std::move(item));
            item = {};
        } else if (ending.kept() && ending.step == Store::Step::again) {
            item.sliced = true;
            sliced_.push_back(std::move(item));
            item = {};
        } else if (!ending.kept() && item.sliced && item.job.take_back) {
            take_back(std::move(item), std::move(ending));
            item = {};
        }
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].job.finish) items[i].job.finish(endings[i].failure, std::move(endings[i].refusal));
    }
}

// From its next turn on the operation undoes what it has committed. If that fails too, or the store is closed
// meanwhile, the rest is the next start's.
void Writer::take_back(Item item, Ending ending) {
    item.job.run = [undo = std::move(item.job.take_back)](Batch& batch) mutable {
        return undo(batch) ? Store::Step::done : Store::Step::again;
    };
    item.job.take_back = {};
    item.job.finish = [tell = std::move(item.job.finish), ending = std::move(ending)](std::exception_ptr,
                                                                                      std::optional<Refusal>) mutable {
        if (tell) tell(std::move(ending.failure), std::move(ending.refusal));
    };
    sliced_.push_back(std::move(item));
}

void Writer::roll_back() {
    try {
        if (connection_.in_transaction()) connection_.statement("ROLLBACK").run();
    } catch (const Error&) {
        // Then the next BEGIN fails, and its operations report it.
    }
}

void Writer::checkpoint_if_idle() {
    const Clock::time_point now = Clock::now();
    if (checkpointer_.log_octets() == 0 || now < checkpoint_at_ || now - last_work_ < idle_before_checkpoint) return;
    checkpointer_.when_idle();
    checkpoint_at_ = now + checkpoint_interval;
}

void Writer::sync_if_due() {
    if (!unsynced_ || Clock::now() < sync_at_) return;
    try {
        wal_.sync();
        ++late_syncs_;
    } catch (...) {
        broken_ = std::current_exception();
    }
    unsynced_ = false;
}

// Another process, such as the command line, may have changed anything: all subscribers are notified.
void Writer::look_for_others() {
    const Clock::time_point now = Clock::now();
    if (now < look_at_) return;
    look_at_ = now + look_interval;
    try {
        const std::int64_t version = connection_.data_version();
        if (version == seen_version_) return;
        seen_version_ = version;
        Batch::Announcements announcements;
        announcements.changes.push_back(Change{});
        announcements.queue_changed = true;
        publish_(announcements);
    } catch (const Error&) {
        // Tried again in a second.
    }
}

}  // namespace storage::engine
