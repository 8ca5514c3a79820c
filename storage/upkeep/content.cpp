// Reads blobs in pieces: memory does not grow with the message. The caller parses MIME (Summarise).
#include "storage/upkeep/content.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "storage/contents.h"
#include "storage/engine/error.h"
#include "storage/sha256.h"

namespace storage {

namespace {

using engine::Connection;

constexpr std::uint64_t piece_octets = 1 << 20;

// A row of the walk over blobs.
struct Row {
    BlobId id;
    std::string sha256;
    std::uint64_t size_octets = 0;
    bool is_message = false;
    std::optional<std::string> summary;
};

std::string key_of(BlobId blob) { return std::to_string(blob.value); }

std::string read_piece(Connection& connection, BlobId blob, std::uint64_t offset, std::uint64_t length) {
    Result<std::string> octets = read_blob(blob, offset, length)(connection);
    if (!octets) throw engine::Error(0, octets.error().text);
    return *std::move(octets);
}

ReadContent reader_of(Connection& connection, BlobId blob) {
    return [&connection, blob](std::uint64_t offset, std::uint64_t length) {
        return read_piece(connection, blob, offset, length);
    };
}

// The fault of the content; empty: none.
std::string judge_content(Connection& connection, const Row& row, std::uint64_t& octets_read) {
    Sha256 digest;
    std::uint64_t size = 0;
    while (size <= row.size_octets) {  // one read more than the size says, to detect a longer one
        const std::string piece = read_piece(connection, row.id, size, piece_octets);
        if (piece.empty()) break;
        digest.update(piece);
        size += piece.size();
    }
    octets_read += size;
    if (size != row.size_octets) {
        return "has " + std::to_string(size) + " octets, not " + std::to_string(row.size_octets);
    }
    const std::array<std::uint8_t, 32> hash = digest.finish();
    const std::string_view found(reinterpret_cast<const char*>(hash.data()), hash.size());
    return found == row.sha256 ? "" : "its octets do not hash to its SHA-256";
}

// A summary that an upgrade has yet to make again (renewal.h): the first octet is its version.
bool is_older(std::string_view summary, std::string_view due) {
    return summary.size() > 1 && !due.empty() && summary.front() < due.front();
}

void check_one(Connection& connection, const Row& row, const CheckOptions& options, ContentFindings& found) {
    try {
        const std::string wrong = options.content ? judge_content(connection, row, found.octets) : std::string();
        if (!wrong.empty()) {
            found.findings.push_back({.table = "blob", .row = key_of(row.id), .what = wrong});
            return;
        }
        if (!row.is_message) return;
        const std::string due = options.summarise
                                    ? options.summarise(row.size_octets, reader_of(connection, row.id)).summary
                                    : row.summary.value_or("");
        if (row.summary && *row.summary == due) return;
        found.stale_summaries.push_back(row.id);
        if (row.summary && is_older(*row.summary, due)) return;
        found.findings.push_back({.table = "message_summary",
                                  .row = key_of(row.id),
                                  .what = row.summary ? "is not what a fresh parse makes" : "is missing",
                                  .repairable = options.summarise != nullptr});
    } catch (const engine::Error& error) {
        found.findings.push_back({.table = "blob", .row = key_of(row.id), .what = error.what()});
    }
}

}  // namespace

ContentFindings check_content(Connection& connection, const CheckOptions& options) {
    ContentFindings found;
    auto rows = connection.statement(
        "SELECT id, sha256, size_octets, EXISTS (SELECT 1 FROM message WHERE message.blob_id = blob.id), summary"
        " FROM blob LEFT JOIN message_summary ON message_summary.blob_id = blob.id ORDER BY id");
    while (rows.step()) {
        const Row row{.id = rows.column<BlobId>(0),
                      .sha256 = rows.column<std::string>(1),
                      .size_octets = rows.column<std::uint64_t>(2),
                      .is_message = rows.column<bool>(3),
                      .summary = rows.column<std::optional<std::string>>(4)};
        check_one(connection, row, options, found);
        ++found.blobs;
    }
    return found;
}

Query<Summarised> fresh_summary(BlobId blob, Summarise summarise) {
    return [=](Snapshot& snapshot) -> Result<Summarised> {
        Connection& connection = engine::connection_of(snapshot);

        auto found = connection.statement("SELECT size_octets FROM blob WHERE id = ?");
        if (!found.bind(blob).step()) return refuse(Reason::no_such_message, "the content is gone");
        return summarise(found.column<std::uint64_t>(0), reader_of(connection, blob));
    };
}

}  // namespace storage
