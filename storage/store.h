// The store: one SQLite file, one group-committing writer, a pool of snapshot readers, one feed of changes. No SQLite
// type is named here. Operations and queries come from the nouns (accounts.h, mailboxes.h, messages.h, ...), which need
// only query.h. Code that awaits read() or write() includes store_await.h, which needs Asio.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "storage/awaitable.h"
#include "storage/query.h"

namespace storage {

namespace engine {
class Writer;
class Readers;
class LongReads;
class Reader;
}  // namespace engine

struct StoreOptions;  // store_options.h

// The schema of the file, and that of this program.
struct SchemaVersions {
    int found = 0;
    int known = 0;
};

// Something in an account has changed; the subscriber must read what.
struct Change {
    AccountId account;
    MailboxId mailbox;  // 0: the list of mailboxes itself, or something outside mailboxes
    ModSeq modseq;
};

class Feed;
struct StoreLink;

// Calls back after each commit that changed what it watches, until destroyed. The callback runs on the writer's thread:
// it must only post to the subscriber's executor. Notices may be merged, but none is lost.
class Subscription {
  public:
    Subscription() = default;
    Subscription(Subscription&&) noexcept;
    Subscription& operator=(Subscription&&) noexcept;
    ~Subscription();  // after this no callback runs or is running

  private:
    friend class Feed;
    struct Entry;
    std::shared_ptr<Entry> entry_;
};

// Thread-safe. Opened once; operations may be awaited on any executor and resume there.
class Store {
  public:
    // Opens or creates the file, upgrades an older one after a snapshot, and sweeps what a crash has left. Throws
    // std::runtime_error with a text for the administrator (not a database, newer than this program, no permission,
    // older and in use, an upgrade that failed).
    explicit Store(const StoreOptions& options);
    ~Store();  // finishes the current batch, checkpoints, marks the shutdown as clean
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    const StoreOptions& options() const;
    SchemaVersions schema() const;  // they differ only in an older store opened read-only

    // Runs a query on a snapshot and resumes the caller on its own executor. Exceptions of the query are thrown here.
    // Accounts take turns, a query each: `account` is who asked. For sessions, session_store.h says so.
    template <class T>
    Awaitable<Result<T>> read_for(AccountId account, Query<T> query);
    // The same for the server itself.
    template <class T>
    Awaitable<Result<T>> read(Query<T> query);

    // The same for long reads (searches, sorts, exports), which have their own threads, so that they cannot delay the
    // short ones. Turns are a few milliseconds, wherever a query is by then (engine/long_reads.h). The server itself is
    // AccountId{}.
    template <class T>
    Awaitable<Result<T>> read_long(AccountId account, Query<T> query);

    // Queues an operation, and resumes the caller with its result once its commit is as durable as requested.
    template <class T>
    Awaitable<Result<T>> write(Operation<T> operation);

    // The same, blocking: for the command line, tests and start-up; never on a network thread.
    template <class T>
    Result<T> read_now(Query<T> query);
    template <class T>
    Result<T> write_now(Operation<T> operation);

    // Changes of one account (all of its mailboxes); see Subscription for the callback.
    Subscription subscribe(AccountId account, std::function<void(const Change&)> callback);
    // Changes of any account outside mailboxes' messages, such as its credentials; 0: perhaps of every account.
    Subscription subscribe_accounts(std::function<void(AccountId)> callback);
    // When something is queued or made due (mailbox and account are 0).
    Subscription subscribe_queue(std::function<void()> callback);

    // Numbers for metrics and tests.
    struct Figures {
        std::uint64_t commits = 0;
        std::uint64_t operations = 0;
        std::uint64_t synced_commits = 0;
        std::uint64_t late_syncs = 0;  // syncs of prompt commits by the timer
        std::uint64_t wal_octets = 0;
    };
    Figures figures() const;

  private:
    // A query without its type. run does not throw: the caller keeps its result. failed: it could not be run.
    struct ReadJob {
        Function<void(Snapshot&)> run;
        Function<void(std::exception_ptr)> failed;
        Function<void()> finish;
    };
    // An operation without its type. Exceptions and refusals roll its savepoint back.
    enum class Step { again, done, refused };
    struct WriteJob {
        Durability durability = Durability::synced;
        std::size_t octets = 0;
        AccountId account{};
        Function<Step(engine::Batch&)> run;
        Function<bool(engine::Batch&)> take_back;  // as in Operation
        // Called after the commit, or with the reason why the operation failed.
        Function<void(std::exception_ptr, std::optional<Refusal>)> finish;
    };
    template <class T>
    struct Outcome;
    template <class T>
    static ReadJob make_read_job(Query<T> query, std::shared_ptr<Outcome<T>> outcome);
    template <class T>
    static WriteJob make_write_job(Operation<T> operation, std::shared_ptr<Outcome<T>> outcome);

    Awaitable<void> run_read(AccountId account, ReadJob job);
    Awaitable<void> run_long_read(AccountId account, ReadJob job);
    Awaitable<void> run_write(WriteJob job);
    void run_read_now(ReadJob job);
    void run_write_now(WriteJob job);

    friend class engine::Writer;
    friend class engine::Readers;
    friend class engine::LongReads;
    friend class engine::Reader;
    friend class BlobWriter;
    friend struct StagingLease;
    friend struct StoreLink;

    // For objects that may outlive the store, but must tell it something if it still exists.
    std::shared_ptr<StoreLink> link() const;
    static void submit_if_open(StoreLink& link, WriteJob job);

    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// Where a job leaves its result for the caller, who may be gone by then.
template <class T>
struct Store::Outcome {
    std::optional<Result<T>> result;
    std::exception_ptr failure;

    Result<T> take() {
        if (failure) std::rethrow_exception(failure);
        if (!result) throw std::runtime_error("the store is closing");
        return std::move(*result);
    }
};

template <class T>
Store::ReadJob Store::make_read_job(Query<T> query, std::shared_ptr<Outcome<T>> outcome) {
    ReadJob job;
    job.failed = [outcome](std::exception_ptr failure) { outcome->failure = std::move(failure); };
    job.run = [query = std::move(query), outcome](Snapshot& snapshot) mutable {
        try {
            outcome->result = query(snapshot);
        } catch (...) {
            outcome->failure = std::current_exception();
        }
    };
    return job;
}

template <class T>
Store::WriteJob Store::make_write_job(Operation<T> operation, std::shared_ptr<Outcome<T>> outcome) {
    WriteJob job{operation.durability, operation.octets, operation.account, {}, std::move(operation.take_back), {}};
    job.run = [run = std::move(operation.run), outcome](engine::Batch& batch) mutable {
        outcome->result.reset();
        outcome->result = run(batch);
        if (!outcome->result) return Step::again;
        return *outcome->result ? Step::done : Step::refused;
    };
    job.finish = [outcome](std::exception_ptr failure, std::optional<Refusal> refusal) {
        outcome->failure = std::move(failure);
        if (refusal) outcome->result = std::unexpected(std::move(*refusal));
    };
    return job;
}

template <class T>
Result<T> Store::read_now(Query<T> query) {
    auto outcome = std::make_shared<Outcome<T>>();
    run_read_now(make_read_job(std::move(query), outcome));
    return outcome->take();
}

template <class T>
Result<T> Store::write_now(Operation<T> operation) {
    auto outcome = std::make_shared<Outcome<T>>();
    run_write_now(make_write_job(std::move(operation), outcome));
    return outcome->take();
}

}  // namespace storage
