// Reads ranges of stored content: one statement finds the rows of several contents, one reads the small ones; of larger
// ones the beginning, which has most header sections, is read without the rest.
#include "storage/contents.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "storage/access.h"
#include "storage/encoding.h"
#include "storage/engine/connection.h"
#include "storage/staging.h"

namespace storage {

// A content as fetched, still in its stored form.
struct ContentReader::Fetched {
    BlobId blob;
    std::uint64_t size_octets = 0;
    Encoding encoding = Encoding::plain;
    std::uint64_t chunk_octets = 0;
    std::string stored;
};

namespace {

using engine::Connection;

// How many contents one statement asks for; unused parameters are set to no_content.
constexpr std::size_t contents_at_once = 16;
constexpr BlobId no_content{0};

// `columns` of these blobs, in any order. For one of them no list is made, which costs as much as finding it.
engine::Statement select_blobs(Connection& connection, std::string_view columns, std::span<const BlobId> blobs) {
    std::string sql = "SELECT ";
    sql.append(columns).append(" FROM blob WHERE id ");
    const bool is_one = blobs.size() == 1;
    sql.append(is_one ? "= ?" : "IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    engine::Statement rows = connection.statement(sql);
    if (is_one) {
        rows.bind(blobs.front());
        return rows;
    }
    const auto id = [&](std::size_t i) { return i < blobs.size() ? blobs[i] : no_content; };
    rows.bind(id(0), id(1), id(2), id(3), id(4), id(5), id(6), id(7), id(8), id(9), id(10), id(11), id(12), id(13),
              id(14), id(15));
    return rows;
}

// How a content is stored.
struct Place {
    std::uint64_t size_octets = 0;
    Encoding encoding = Encoding::plain;
    std::uint64_t chunk_octets = 0;  // 0: all of it is in the blob's row
};

// The part of a range that exists.
struct Wanted {
    ContentRange range;
    std::optional<Place> place;  // empty: it is gone
    std::uint64_t end = 0;
    std::optional<std::string> octets;
};

std::string read_chunks(Connection& connection, BlobId blob, std::uint64_t offset, std::uint64_t end,
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

// The beginning, if it can be read without the rest: clients ask for header sections far more often than for bodies.
std::optional<std::string> read_head(Connection& connection, BlobId blob, const Place& place) {
    if (place.chunk_octets == 0) {
        return decode_head(place.encoding, connection.blob_prefix("blob", "content", blob.value, head_stored_octets));
    }
    const std::int64_t first = blob.value * chunks_per_blob;
    auto chunk = connection.statement("SELECT encoding FROM blob_chunk WHERE id = ?");
    if (!chunk.bind(first).step()) return std::nullopt;
    return decode_head(chunk.column<Encoding>(0),
                       connection.blob_prefix("blob_chunk", "content", first, head_stored_octets));
}

std::vector<BlobId> blobs_of(std::span<const Wanted> wanted) {
    std::vector<BlobId> blobs;
    for (const Wanted& one : wanted) blobs.push_back(one.range.blob);
    return blobs;
}

void find_places(Connection& connection, std::span<Wanted> wanted) {
    auto rows = select_blobs(connection, "id, size_octets, encoding, chunk_octets", blobs_of(wanted));
    while (rows.step()) {
        const auto [blob, size, encoding, chunk_octets] = rows.row<BlobId, std::uint64_t, Encoding, std::uint64_t>();
        for (Wanted& one : wanted) {
            if (one.range.blob != blob) continue;
            one.place = Place{size, encoding, chunk_octets};
            if (one.range.offset >= size || one.range.length == 0) {
                one.octets.emplace();
            } else {
                one.end = one.range.offset + std::min(one.range.length, size - one.range.offset);
            }
        }
    }
}

// Reads what is stored in the contents' own rows; only rows that are needed are read to their end.
void read_rows(Connection& connection, std::span<Wanted* const> wanted) {
    std::vector<BlobId> blobs;
    for (const Wanted* one : wanted) blobs.push_back(one->range.blob);
    auto rows = select_blobs(connection, "id, content", blobs);
    while (rows.step()) {
        const auto blob = rows.column<BlobId>(0);
        std::optional<std::string> octets;
        for (Wanted* one : wanted) {
            if (one->range.blob != blob) continue;
            const std::uint64_t size = one->place->size_octets;
            if (!octets) octets = decode_content(one->place->encoding, rows.octets(1), static_cast<std::size_t>(size));
            if (octets->size() != size) {
                throw engine::Error(0,
                                    "has " + std::to_string(octets->size()) + " octets, not " + std::to_string(size));
            }
            const bool is_whole = one->range.offset == 0 && one->end == size;
            if (is_whole && wanted.size() == 1) {
                one->octets = std::move(octets);
                break;
            }
            one->octets = octets->substr(one->range.offset, one->end - one->range.offset);
        }
    }
}

void read_some(Connection& connection, std::span<Wanted> wanted) {
    find_places(connection, wanted);
    std::vector<Wanted*> in_rows;
    for (Wanted& one : wanted) {
        if (!one.place || one.octets) continue;
        if (one.end <= head_octets && one.end < one.place->size_octets) {
            const std::optional<std::string> head = read_head(connection, one.range.blob, *one.place);
            if (head && head->size() >= one.end) {
                one.octets = head->substr(one.range.offset, one.end - one.range.offset);
                continue;
            }
        }
        if (one.place->chunk_octets == 0) {
            in_rows.push_back(&one);
        } else {
            one.octets = read_chunks(connection, one.range.blob, one.range.offset, one.end, one.place->chunk_octets);
        }
    }
    if (!in_rows.empty()) read_rows(connection, in_rows);
}

}  // namespace

std::vector<std::optional<std::string>> Snapshot::read_contents(std::span<const ContentRange> ranges) {
    Connection& connection = engine::connection_of(*this);
    std::vector<std::optional<std::string>> contents;
    contents.reserve(ranges.size());
    std::vector<Wanted> wanted;
    for (; !ranges.empty(); ranges = ranges.subspan(wanted.size())) {
        give_way();
        wanted.clear();
        for (const ContentRange& range : ranges.first(std::min(ranges.size(), contents_at_once))) {
            wanted.push_back({.range = range, .place = {}, .octets = {}});
        }
        read_some(connection, wanted);
        for (Wanted& one : wanted) contents.push_back(std::move(one.octets));
    }
    return contents;
}

Query<std::string> read_blob(BlobId blob, std::uint64_t offset, std::uint64_t length) {
    return [=](Snapshot& snapshot) -> Result<std::string> {
        const ContentRange range{blob, offset, length};
        std::optional<std::string> octets = std::move(snapshot.read_contents(std::span(&range, 1)).front());
        if (!octets) return refuse(Reason::no_such_message, "the content is gone");
        return *std::move(octets);
    };
}

Query<std::string> read_content(Access access, BlobId blob, std::uint64_t offset, std::uint64_t length) {
    return [=](Snapshot& snapshot) -> Result<std::string> {
        Connection& connection = engine::connection_of(snapshot);

        auto mailbox = connection.statement("SELECT 1 FROM mailbox WHERE id = ?");
        if (mailbox.bind(access.mailbox).step()) {
            Result<std::monostate> readable = check_reading(connection, access);
            if (!readable) return std::unexpected(std::move(readable.error()));
        }
        return read_blob(blob, offset, length)(snapshot);
    };
}

ContentReader::ContentReader(Snapshot& snapshot, std::vector<BlobId> blobs)
    : snapshot_(snapshot), blobs_(std::move(blobs)) {}

ContentReader::~ContentReader() = default;

// Fetches the next few announced contents. Of content in chunks no octets are read yet.
void ContentReader::fetch() {
    const std::size_t count = std::min(contents_at_once, blobs_.size() - next_);
    const std::span<const BlobId> some = std::span(blobs_).subspan(next_, count);
    next_ += count;
    auto rows =
        select_blobs(engine::connection_of(snapshot_), "id, size_octets, encoding, chunk_octets, content", some);
    while (rows.step()) {
        const auto [blob, size, encoding, chunk_octets] = rows.row<BlobId, std::uint64_t, Encoding, std::uint64_t>();
        fetched_.push_back({blob, size, encoding, chunk_octets, chunk_octets == 0 ? rows.column<std::string>(4) : ""});
    }
}

void ContentReader::open(BlobId blob) {
    snapshot_.give_way();
    const auto has_it = [&] { return std::ranges::find(fetched_, blob, &Fetched::blob); };
    auto found = has_it();
    while (found == fetched_.end() && next_ < blobs_.size()) {
        fetched_.clear();
        fetch();
        found = has_it();
    }
    if (found == fetched_.end()) throw engine::Error(0, "content that a message names is gone");
    blob_ = blob;
    size_octets_ = found->size_octets;
    chunk_octets_ = found->chunk_octets;
    start_ = 0;
    octets_.clear();
    if (chunk_octets_ == 0) {
        decode_content(found->encoding, found->stored, static_cast<std::size_t>(size_octets_), octets_);
    }
}

std::string_view ContentReader::read(std::uint64_t offset, std::uint64_t length) {
    snapshot_.give_way();
    if (offset >= size_octets_) return {};
    if (chunk_octets_ > 0 && (octets_.empty() || offset < start_ || offset >= start_ + octets_.size())) load(offset);
    const auto from = static_cast<std::size_t>(offset - start_);
    if (from >= octets_.size()) throw engine::Error(0, "content is shorter than it should be");
    return std::string_view(octets_).substr(from, static_cast<std::size_t>(std::min(length, size_octets_ - offset)));
}

void ContentReader::load(std::uint64_t offset) {
    const std::uint64_t number = offset / chunk_octets_;
    auto chunk = engine::connection_of(snapshot_).statement("SELECT encoding, content FROM blob_chunk WHERE id = ?");
    if (!chunk.bind(blob_.value * chunks_per_blob + static_cast<std::int64_t>(number)).step()) {
        throw engine::Error(0, "chunks of content are missing");
    }
    decode_content(chunk.column<Encoding>(0), chunk.octets(1), static_cast<std::size_t>(chunk_octets_), octets_);
    start_ = number * chunk_octets_;
}

}  // namespace storage
