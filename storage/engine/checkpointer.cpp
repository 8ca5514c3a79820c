// Checkpoints: when, how much and by whom. SQLite's PASSIVE mode never waits for readers or for the writer.
#include "storage/engine/checkpointer.h"

#include <sqlite3.h>

#include <algorithm>

#include "storage/engine/thread_name.h"
#include "storage/store_options.h"

namespace storage::engine {

namespace {

constexpr std::uint64_t frame_header_octets = 24;

// If a stride leaves at most this, the writer copies the rest between two batches.
constexpr std::uint64_t short_rest_octets = 2u << 20;

// The writer's wal_hook: prevents SQLite's own checkpoints, and counts frames.
int count_frames(void* counter, sqlite3*, const char*, int frames) {
    static_cast<std::atomic<std::uint64_t>*>(counter)->store(static_cast<std::uint64_t>(frames));
    return SQLITE_OK;
}

std::uint64_t page_octets(Connection& connection) {
    Statement row = connection.statement("PRAGMA page_size");
    row.step();
    return row.column<std::uint64_t>(0);
}

}  // namespace

Checkpointer::Checkpointer(Connection& writer, const StoreOptions& options)
    : writer_(writer), options_(options), frame_octets_(page_octets(writer) + frame_header_octets) {
    sqlite3_wal_hook(writer_.handle(), count_frames, &frames_);
}

Checkpointer::~Checkpointer() {
    {
        const locking::Lock lock(mutex_);
        closing_ = true;
    }
    wanted_.notify_one();
    if (thread_.joinable()) thread_.join();
}

std::uint64_t Checkpointer::log_octets() const {
    const std::uint64_t frames = frames_.load();
    const std::uint64_t copied = copied_.load();
    return copied < frames ? (frames - copied) * frame_octets_ : 0;
}

std::uint64_t Checkpointer::log_end_octets() const { return frames_.load() * frame_octets_; }

void Checkpointer::under_load() {
    if (frames_.load() < copied_.load()) {  // the log has restarted from its beginning
        copied_ = 0;
        try_at_octets_ = 0;
    }
    if (log_end_octets() < std::max(options_.wal_limit_octets / 2, try_at_octets_)) return;
    const locking::Lock lock(mutex_);
    if (stride_) return;
    if (log_octets() > short_rest_octets && !thread_failed_) {
        stride_ = true;
        if (!thread_.joinable()) thread_ = std::thread([this] { run_strides(); });
        wanted_.notify_one();
        return;
    }
    // A reader with an old snapshot may block this: then do not retry at every commit.
    if (log_octets() > 0) checkpoint(writer_);
    try_at_octets_ = log_end_octets() + options_.wal_limit_octets / 16;
}

void Checkpointer::when_idle() {
    if (frames_.load() < copied_.load()) copied_ = 0;
    const locking::Lock lock(mutex_);
    if (!stride_ && log_octets() > 0) checkpoint(writer_);
}

bool Checkpointer::checkpoint(Connection& connection) {
    int frames = 0;
    int copied = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(connection.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
    if (code != SQLITE_OK || copied < 0) return false;
    copied_ = static_cast<std::uint64_t>(copied);
    return true;
}

void Checkpointer::run_strides() {
    name_thread("store checkpt");
    try {
        Connection connection({.path = options_.path, .read_only = false, .cache_octets = 64u << 10});
        connection.execute("PRAGMA synchronous = NORMAL; PRAGMA schema_version");  // the first read opens the log
        locking::Lock lock(mutex_);
        while (true) {
            while (!stride_ && !closing_) wanted_.wait(mutex_);
            if (closing_) return;
            lock.unlock();
            checkpoint(connection);
            lock.lock();
            stride_ = false;
        }
    } catch (const Error&) {  // no connection possible: the writer does all the work
        const locking::Lock lock(mutex_);
        stride_ = false;
        thread_failed_ = true;
    }
}

}  // namespace storage::engine
