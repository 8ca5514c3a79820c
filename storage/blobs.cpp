// Writing content, and deleting content without references.
#include "storage/blobs.h"

#include <algorithm>
#include <utility>

#include "storage/sha256.h"
#include "storage/staging.h"
#include "storage/store_await.h"
#include "storage/store_options.h"
#include "storage/threads.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

// The most that one slice of the sweep frees: freeing visits all pages of the content.
constexpr std::uint64_t swept_octets = 4u << 20;

}  // namespace

// Keeps staged chunks until the last possible user is gone; then gives them to the sweep, if the store still exists.
struct StagingLease {
    std::shared_ptr<StoreLink> store;
    std::int64_t staging = 0;
    AccountId account{};

    static std::shared_ptr<StagingLease> of(const Store& store, std::int64_t staging, AccountId account) {
        return std::make_shared<StagingLease>(store.link(), staging, account);
    }
    StagingLease(std::shared_ptr<StoreLink> link, std::int64_t id, AccountId owner)
        : store(std::move(link)), staging(id), account(owner) {}
    StagingLease(const StagingLease&) = delete;
    StagingLease& operator=(const StagingLease&) = delete;
    ~StagingLease() {
        Store::WriteJob job;
        job.account = account;
        job.durability = Durability::prompt;
        job.run = [id = staging](Batch& batch) {
            abandon_staging(batch, id);
            return Store::Step::done;
        };
        // After a failure here the next start sweeps them.
        job.finish = [](std::exception_ptr, std::optional<Refusal>) {};
        Store::submit_if_open(*store, std::move(job));
    }
};

struct BlobWriter::Implementation {
    Store* store;
    AccountId account;
    Sha256 digest{};
    std::string buffer;  // not yet written to the store
    std::uint64_t size_octets = 0;
    std::int64_t chunks = 0;
    std::shared_ptr<StagingLease> lease;  // from the first chunk on
};

BlobWriter::BlobWriter(Store& store, AccountId account)
    : implementation_(std::make_unique<Implementation>(&store, account)) {}
BlobWriter::BlobWriter(BlobWriter&&) noexcept = default;
BlobWriter& BlobWriter::operator=(BlobWriter&&) noexcept = default;
BlobWriter::~BlobWriter() = default;

bool BlobWriter::fits(std::size_t octets) const {
    return implementation_->buffer.size() + octets <= implementation_->store->options().chunk_octets;
}

void BlobWriter::append(std::string_view octets) {
    implementation_->digest.update(octets);
    implementation_->buffer.append(octets);
    implementation_->size_octets += octets.size();
}

std::uint64_t BlobWriter::size_octets() const { return implementation_->size_octets; }

std::size_t BlobWriter::held_octets() const { return implementation_->buffer.capacity(); }

asio::awaitable<Result<std::monostate>> BlobWriter::write(std::string_view octets) {
    const std::size_t chunk_octets = implementation_->store->options().chunk_octets;
    while (!octets.empty()) {
        if (implementation_->buffer.size() == chunk_octets) {
            Result<std::monostate> written = co_await flush();
            if (!written) co_return written;
        }
        const std::string_view piece = octets.substr(0, chunk_octets - implementation_->buffer.size());
        append(piece);
        octets.remove_prefix(piece.size());
    }
    co_return std::monostate();
}

asio::awaitable<Result<std::monostate>> BlobWriter::flush() {
    Implementation& self = *implementation_;
    auto chunk = std::make_shared<EncodedChunk>();
    chunk->encoding = encode_content(self.buffer, chunk->stored);
    if (chunk->encoding == Encoding::plain) chunk->stored = std::move(self.buffer);
    self.buffer.clear();
    Operation<std::int64_t> operation =
        write_chunk(self.lease ? self.lease->staging : 0, self.chunks, std::move(chunk));
    operation.account = self.account;
    Result<std::int64_t> staging = co_await self.store->write(std::move(operation));
    if (!staging) co_return std::unexpected(std::move(staging.error()));
    ++self.chunks;
    if (!self.lease) self.lease = StagingLease::of(*self.store, *staging, self.account);
    co_return std::monostate();
}

asio::awaitable<Result<StagedBlob>> BlobWriter::finish() {
    Implementation& self = *implementation_;
    StagedBlob blob;
    blob.sha256 = self.digest.finish();
    blob.size_octets = self.size_octets;
    if (!self.lease && self.buffer.size() <= self.store->options().inline_octets) {
        std::string packed;
        if (encode_content(self.buffer, packed) == Encoding::zstd) {
            blob.packed = std::make_shared<const std::string>(std::move(packed));
        }
        blob.octets = std::make_shared<const std::string>(std::move(self.buffer));
        co_return blob;
    }
    if (!self.buffer.empty()) {
        Result<std::monostate> written = co_await flush();
        if (!written) co_return std::unexpected(std::move(written.error()));
    }
    blob.staging_id = self.lease->staging;
    blob.chunk_octets = self.store->options().chunk_octets;
    blob.lease = std::move(self.lease);
    co_return blob;
}

struct Spool::Implementation {
    Store* store;
    AccountId account;
    std::string buffer;  // not yet written to the store
    std::int64_t chunks = 0;
    std::int64_t read = 0;                // of these
    std::shared_ptr<StagingLease> lease;  // from the first chunk on
};

Spool::Spool(Store& store, AccountId account) : implementation_(std::make_unique<Implementation>(&store, account)) {}
Spool::Spool(Spool&&) noexcept = default;
Spool& Spool::operator=(Spool&&) noexcept = default;
Spool::~Spool() = default;

bool Spool::fits(std::size_t octets) const {
    return implementation_->buffer.size() + octets <= implementation_->store->options().chunk_octets;
}

void Spool::append(std::string_view octets) { implementation_->buffer.append(octets); }

std::size_t Spool::held_octets() const { return implementation_->buffer.capacity(); }

bool Spool::has_chunks() const { return implementation_->chunks > 0; }

asio::awaitable<Result<std::monostate>> Spool::write(std::string_view octets) {
    const std::size_t chunk_octets = implementation_->store->options().chunk_octets;
    while (!octets.empty()) {
        if (implementation_->buffer.size() == chunk_octets) {
            Result<std::monostate> written = co_await flush();
            if (!written) co_return written;
        }
        const std::string_view piece = octets.substr(0, chunk_octets - implementation_->buffer.size());
        append(piece);
        octets.remove_prefix(piece.size());
    }
    co_return std::monostate();
}

// Not compressed: it is read once, and soon.
asio::awaitable<Result<std::monostate>> Spool::flush() {
    Implementation& self = *implementation_;
    auto chunk = std::make_shared<EncodedChunk>();
    chunk->stored = std::exchange(self.buffer, {});
    Operation<std::int64_t> operation =
        write_chunk(self.lease ? self.lease->staging : 0, self.chunks, std::move(chunk));
    operation.account = self.account;
    Result<std::int64_t> staging = co_await self.store->write(std::move(operation));
    if (!staging) co_return std::unexpected(std::move(staging.error()));
    ++self.chunks;
    if (!self.lease) self.lease = StagingLease::of(*self.store, *staging, self.account);
    co_return std::monostate();
}

asio::awaitable<Result<std::string>> Spool::read() {
    Implementation& self = *implementation_;
    if (self.read == self.chunks) co_return std::exchange(self.buffer, {});
    Query<std::string> query = read_staged_chunk(self.lease->staging, self.read++);
    Result<std::string> octets = co_await self.store->read(std::move(query));
    co_return octets;
}

namespace {

// True if no row refers to it. Then no row ever will, since only name_content() gives out its id.
bool is_unreferenced(Connection& connection, BlobId blob) {
    auto named = connection.statement(
        "SELECT EXISTS (SELECT 1 FROM message WHERE blob_id = ?1) OR EXISTS (SELECT 1 FROM queue_message WHERE blob_id "
        "= ?1) OR EXISTS (SELECT 1 FROM upload WHERE blob_id = ?1)");
    named.bind(blob).step();
    return !named.column<bool>(0);
}

// Frees chunks, up to `budget` octets, which it reduces. True if none is left.
bool free_chunks(Connection& connection, BlobId blob, std::uint64_t& budget) {
    auto chunks =
        connection.statement("SELECT id, length(content) FROM blob_chunk WHERE id BETWEEN ? AND ? ORDER BY id");
    const std::int64_t base = blob.value * chunks_per_blob;
    chunks.bind(base, base + chunks_per_blob - 1);
    std::int64_t last = base - 1;
    bool all = true;
    while (chunks.step()) {
        if (budget == 0) {
            all = false;
            break;
        }
        last = chunks.integer(0);
        budget -= std::min(budget, chunks.column<std::uint64_t>(1));
    }
    chunks.reset();
    if (last >= base) connection.run("DELETE FROM blob_chunk WHERE id BETWEEN ? AND ?", base, last);
    return all;
}

// True if it is completely freed, or still needed.
bool free_blob(Connection& connection, BlobId blob, std::uint64_t& budget) {
    disown_content(connection, blob);
    if (!is_unreferenced(connection, blob)) return true;
    // The row first: half-freed content must not be found by its hash.
    auto removed = connection.statement("DELETE FROM blob WHERE id = ? RETURNING size_octets, chunk_octets");
    if (removed.bind(blob).step()) {
        const auto [size, chunk_octets] = removed.row<std::uint64_t, std::uint64_t>();
        removed.reset();
        connection.run("DELETE FROM message_summary WHERE blob_id = ?", blob);
        connection.run("DELETE FROM text_size WHERE blob_id = ?", blob);
        connection.run("DELETE FROM list_mail WHERE blob_id = ?", blob);
        if (chunk_octets == 0) {
            budget -= std::min(budget, size);
            return true;
        }
    }
    return free_chunks(connection, blob, budget);
}

Result<bool> sweep_slice(Connection& connection, std::size_t most) {
    std::vector<BlobId> blobs;
    {
        auto rows = connection.statement("SELECT blob_id FROM unreferenced ORDER BY blob_id LIMIT ?");
        rows.bind(most);
        while (rows.step()) blobs.push_back(rows.column<BlobId>(0));
    }
    std::uint64_t budget = swept_octets;
    for (const BlobId blob : blobs) {
        if (budget == 0 || !free_blob(connection, blob, budget)) return true;
        connection.run("DELETE FROM unreferenced WHERE blob_id = ?", blob);
    }
    return blobs.size() == most;
}

}  // namespace

Operation<bool> sweep_blobs(std::size_t most) {
    return {Durability::prompt,
            [=](Batch& batch) -> std::optional<Result<bool>> { return sweep_slice(batch.connection(), most); }};
}

}  // namespace storage
