// The store assembled from file, writer, readers and feed.
#include "storage/store.h"

#include <semaphore>
#include <stdexcept>
#include <utility>

#include "protocols/locking/mutex.h"
#include "storage/copies.h"
#include "storage/engine/database.h"
#include "storage/engine/readers.h"
#include "storage/engine/resume.h"
#include "storage/engine/upgrade.h"
#include "storage/engine/writer.h"
#include "storage/feed.h"
#include "storage/object_id_sealer.h"
#include "storage/staging.h"
#include "storage/store_options.h"

namespace storage {

struct StoreLink {
    locking::Mutex mutex;
    engine::Writer* writer GUARDED_BY(mutex) = nullptr;  // nullptr: closed
};

struct Store::Implementation {
    explicit Implementation(const StoreOptions& given)
        : options(given), presence(options.path), feed(std::make_shared<Feed>()) {
        if (options.read_only) {
            anchor = engine::open_to_read(options, presence);
            schema.found = engine::schema_version(*anchor);
        } else {
            open_file();
        }
        readers = std::make_unique<engine::Readers>(options);
        if (options.read_only) {
            presence.settle();
            return;
        }
        writer = std::make_unique<engine::Writer>(
            options, [this](const engine::Batch::Announcements& announcements) { feed->publish(announcements); });
        link->writer = writer.get();
        presence.settle();
    }

    ~Implementation() {
        {
            const locking::Lock lock(link->mutex);
            link->writer = nullptr;
        }
        readers.reset();
        if (!writer) return;
        writer->stop();
        try {
            if (presence.try_alone()) engine::mark_clean(writer->connection());
        } catch (const std::exception&) {
            // Then the next start takes this for an unclean end, which costs only a jump of the MODSEQs.
        }
    }

    void open_file() {
        engine::prepare_database(options, presence);
        if (!presence.alone()) return;
        engine::Connection connection({.path = options.path});
        const bool clean = engine::recover_database(connection);
        sweep_staging(connection);
        take_back_copies(connection, options);
        make_object_id_key(connection);
        engine::mark_log(connection, presence);
        if (!clean && options.on_unclean_start) options.on_unclean_start();
    }

    engine::Writer& must_write() {
        if (!writer) throw std::logic_error("the store was opened to be read");
        return *writer;
    }

    const StoreOptions options;
    engine::Presence presence;
    SchemaVersions schema{.found = engine::newest_schema(), .known = engine::newest_schema()};
    std::unique_ptr<engine::Connection> anchor;  // read-only: the last connection to close removes the log
    std::shared_ptr<Feed> feed;
    std::unique_ptr<engine::Readers> readers;
    std::unique_ptr<engine::Writer> writer;  // nullptr: read-only
    std::shared_ptr<StoreLink> link = std::make_shared<StoreLink>();
};

Store::Store(const StoreOptions& options) : implementation_(std::make_unique<Implementation>(options)) {}

Store::~Store() = default;

const StoreOptions& Store::options() const { return implementation_->options; }

SchemaVersions Store::schema() const { return implementation_->schema; }

asio::awaitable<void> Store::run_read(AccountId account, ReadJob job) {
    engine::Readers& readers = *implementation_->readers;
    Function<void(engine::Resumption)> start = [&readers, &job, account](engine::Resumption wake) {
        job.finish = std::move(wake);
        readers.submit(account, std::move(job));
    };
    co_await engine::suspend(std::move(start));
}

asio::awaitable<void> Store::run_long_read(AccountId account, ReadJob job) {
    engine::LongReads& readers = implementation_->readers->long_reads();
    Function<void(engine::Resumption)> start = [&readers, &job, account](engine::Resumption wake) {
        job.finish = std::move(wake);
        readers.submit(account, std::move(job));
    };
    co_await engine::suspend(std::move(start));
}

asio::awaitable<void> Store::run_write(WriteJob job) {
    engine::Writer& writer = implementation_->must_write();
    Function<void(engine::Resumption)> start = [&writer, &job](engine::Resumption wake) {
        job.finish = [tell = std::move(job.finish), wake = std::move(wake)](std::exception_ptr failure,
                                                                            std::optional<Refusal> refusal) mutable {
            tell(std::move(failure), std::move(refusal));
            wake();
        };
        writer.submit(std::move(job));
    };
    co_await engine::suspend(std::move(start));
}

void Store::run_read_now(ReadJob job) {
    std::binary_semaphore finished(0);
    job.finish = [&finished] { finished.release(); };
    implementation_->readers->submit(AccountId{}, std::move(job));
    finished.acquire();
}

void Store::run_write_now(WriteJob job) {
    std::binary_semaphore finished(0);
    job.finish = [tell = std::move(job.finish), &finished](std::exception_ptr failure,
                                                           std::optional<Refusal> refusal) mutable {
        tell(std::move(failure), std::move(refusal));
        finished.release();
    };
    implementation_->must_write().submit(std::move(job));
    finished.acquire();
}

std::shared_ptr<StoreLink> Store::link() const { return implementation_->link; }

void Store::submit_if_open(StoreLink& link, WriteJob job) {
    const locking::Lock lock(link.mutex);
    if (link.writer) link.writer->submit(std::move(job));
}

Subscription Store::subscribe(AccountId account, std::function<void(const Change&)> callback) {
    return implementation_->feed->subscribe(account, std::move(callback));
}

Subscription Store::subscribe_accounts(std::function<void(AccountId)> callback) {
    return implementation_->feed->subscribe_accounts(std::move(callback));
}

Subscription Store::subscribe_queue(std::function<void()> callback) {
    return implementation_->feed->subscribe_queue(std::move(callback));
}

Store::Figures Store::figures() const {
    return implementation_->writer ? implementation_->writer->figures() : Figures{};
}

}  // namespace storage
