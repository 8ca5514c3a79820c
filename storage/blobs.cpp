// Content on its way in, ranges of it on their way out, and what nothing names any more.
#include "storage/blobs.h"

#include <algorithm>
#include <utility>

#include "storage/sha256.h"
#include "storage/staging.h"
#include "storage/threads.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

// What one slice of the sweep frees at most: freeing walks all pages of the content.
constexpr std::uint64_t swept_octets = 4u << 20;

}  // namespace

// Keeps staged chunks until the last who might name them is gone; then gives them to the sweep, if the store still is.
struct StagingLease {
    std::shared_ptr<StoreLink> store;
    std::int64_t staging = 0;

    ~StagingLease() {
        Store::WriteJob job;
        job.durability = Durability::prompt;
        job.run = [id = staging](Batch& batch) {
            abandon_staging(batch, id);
            return Store::Step::done;
        };
        // What fails here is swept at the next start.
        job.finish = [](std::exception_ptr, std::optional<Refusal>) {};
        Store::submit_if_open(*store, std::move(job));
    }
};

struct BlobWriter::Implementation {
    Store* store;
    Sha256 digest{};
    std::string buffer;  // not yet written ahead
    std::uint64_t size_octets = 0;
    std::int64_t chunks = 0;
    std::shared_ptr<StagingLease> lease;  // from the first chunk on
};

BlobWriter::BlobWriter(Store& store) : implementation_(std::make_unique<Implementation>(&store)) {}
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
    Result<std::int64_t> staging = co_await self.store->write(std::move(operation));
    if (!staging) co_return std::unexpected(std::move(staging.error()));
    ++self.chunks;
    if (!self.lease) {
        self.lease = std::make_shared<StagingLease>();
        self.lease->store = self.store->link();
        self.lease->staging = *staging;
    }
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

namespace {

Result<std::string> read_chunks(Connection& connection, BlobId blob, std::uint64_t offset, std::uint64_t end,
                                std::uint64_t chunk_octets) {
    const std::int64_t base = blob.value * chunks_per_blob;
    const std::uint64_t first = offset / chunk_octets;
    auto chunks = connection.statement("SELECT encoding, content FROM blob_chunk WHERE id BETWEEN ? AND ? ORDER BY id");
    chunks.bind(base + static_cast<std::int64_t>(first), base + static_cast<std::int64_t>((end - 1) / chunk_octets));
    std::string range;
    range.reserve(end - offset);
    for (std::uint64_t start = first * chunk_octets; chunks.step(); start += chunk_octets) {
        const std::string chunk =
            decode_content(chunks.column<Encoding>(0), chunks.octets(1), static_cast<std::size_t>(chunk_octets));
        const std::uint64_t from = offset > start ? offset - start : 0;
        if (from >= chunk.size()) break;
        range.append(chunk, from, std::min<std::uint64_t>(chunk.size(), end - start) - from);
    }
    if (range.size() != end - offset) throw engine::Error(0, "chunks of content are missing");
    return range;
}

// Where the content of a blob begins, and how it lies there.
struct Start {
    std::uint64_t size_octets = 0;
    Encoding encoding = Encoding::plain;
    std::uint64_t chunk_octets = 0;  // 0: all of it is in the blob's row
};

// The first octets, if they can be had without the rest: header sections are asked for far more often than bodies.
std::optional<std::string> read_head(Connection& connection, BlobId blob, Start start) {
    if (start.chunk_octets == 0) {
        return decode_head(start.encoding, connection.blob_prefix("blob", "content", blob.value, head_stored_octets));
    }
    const std::int64_t first = blob.value * chunks_per_blob;
    auto chunk = connection.statement("SELECT encoding FROM blob_chunk WHERE id = ?");
    if (!chunk.bind(first).step()) return std::nullopt;
    return decode_head(chunk.column<Encoding>(0),
                       connection.blob_prefix("blob_chunk", "content", first, head_stored_octets));
}

Result<std::string> read_range(Connection& connection, BlobId blob, std::uint64_t offset, std::uint64_t length) {
    auto row = connection.statement("SELECT size_octets, encoding, chunk_octets FROM blob WHERE id = ?");
    if (!row.bind(blob).step()) return refuse(Reason::no_such_message, "the content is gone");
    const auto [size, encoding, chunk_octets] = row.row<std::uint64_t, Encoding, std::uint64_t>();
    if (offset >= size || length == 0) return std::string();
    const std::uint64_t end = offset + std::min(length, size - offset);
    if (end <= head_octets && end < size) {
        std::optional<std::string> head = read_head(connection, blob, {size, encoding, chunk_octets});
        if (head && head->size() >= end) return head->substr(offset, end - offset);
    }
    if (chunk_octets > 0) return read_chunks(connection, blob, offset, end, chunk_octets);
    auto content = connection.statement("SELECT content FROM blob WHERE id = ?");
    content.bind(blob).step();
    std::string octets = decode_content(encoding, content.octets(0), static_cast<std::size_t>(size));
    if (octets.size() != size) {
        throw engine::Error(0, "has " + std::to_string(octets.size()) + " octets, not " + std::to_string(size));
    }
    if (offset == 0 && end == size) return octets;
    return octets.substr(offset, end - offset);
}

}  // namespace

Query<std::string> read_blob(BlobId blob, std::uint64_t offset, std::uint64_t length) {
    return [=](Connection& connection) { return read_range(connection, blob, offset, length); };
}

BlobReader::BlobReader(Connection& connection, BlobId blob) : connection_(connection), blob_(blob) {
    auto row = connection.statement("SELECT size_octets, encoding, chunk_octets, content FROM blob WHERE id = ?");
    if (!row.bind(blob).step()) throw engine::Error(0, "content that a message names is gone");
    const auto [size, encoding, chunk_octets] = row.row<std::uint64_t, Encoding, std::uint64_t>();
    size_octets_ = size;
    chunk_octets_ = chunk_octets;
    if (chunk_octets == 0) decode_content(encoding, row.octets(3), static_cast<std::size_t>(size), octets_);
}

std::string_view BlobReader::read(std::uint64_t offset, std::uint64_t length) {
    if (offset >= size_octets_) return {};
    if (chunk_octets_ > 0 && (octets_.empty() || offset < start_ || offset >= start_ + octets_.size())) load(offset);
    const auto from = static_cast<std::size_t>(offset - start_);
    if (from >= octets_.size()) throw engine::Error(0, "content is shorter than it should be");
    return std::string_view(octets_).substr(from, static_cast<std::size_t>(std::min(length, size_octets_ - offset)));
}

void BlobReader::load(std::uint64_t offset) {
    const std::uint64_t number = offset / chunk_octets_;
    auto chunk = connection_.statement("SELECT encoding, content FROM blob_chunk WHERE id = ?");
    if (!chunk.bind(blob_.value * chunks_per_blob + static_cast<std::int64_t>(number)).step()) {
        throw engine::Error(0, "chunks of content are missing");
    }
    decode_content(chunk.column<Encoding>(0), chunk.octets(1), static_cast<std::size_t>(chunk_octets_), octets_);
    start_ = number * chunk_octets_;
}

namespace {

// True when no row names it: then no row can, from here on, since only name_content() gives its id away.
bool is_unreferenced(Connection& connection, BlobId blob) {
    auto named = connection.statement(
        "SELECT EXISTS (SELECT 1 FROM message WHERE blob_id = ?1) OR EXISTS (SELECT 1 FROM queue_message WHERE blob_id "
        "= ?1)");
    named.bind(blob).step();
    return !named.column<bool>(0);
}

// Frees chunks, as many as `budget` octets hold; takes them from the budget. True when none is left.
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

// True when it is done with.
bool free_blob(Connection& connection, BlobId blob, std::uint64_t& budget) {
    if (!is_unreferenced(connection, blob)) return true;
    // The row first: half-freed content must not be found again by its hash.
    auto removed = connection.statement("DELETE FROM blob WHERE id = ? RETURNING size_octets, chunk_octets");
    if (removed.bind(blob).step()) {
        const auto [size, chunk_octets] = removed.row<std::uint64_t, std::uint64_t>();
        removed.reset();
        auto summary = connection.statement("DELETE FROM message_summary WHERE blob_id = ? RETURNING thread_id");
        const auto thread =
            summary.bind(blob).step() ? summary.column<std::optional<ThreadId>>(0) : std::optional<ThreadId>();
        summary.reset();
        if (thread) forget_empty_thread(connection, *thread);
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
