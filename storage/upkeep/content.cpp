// Reads blobs in pieces: memory does not grow with the message. The caller parses MIME (Summarise).
#include "storage/upkeep/content.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "storage/contents.h"
#include "storage/engine/error.h"
#include "storage/sha256.h"
#include "storage/staging.h"

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
    TextSizes text_sizes;  // as stored
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

// What is derived from a message's content. Without `summarise`, only whether there is a summary.
void check_derived(Connection& connection, const Row& row, const CheckOptions& options, ContentFindings& found) {
    const Summarise& summarise = options.summarise;
    bool fits = row.summary.has_value();
    bool sizes_fit = true;
    bool older = false;
    if (summarise) {
        const ReadContent read = reader_of(connection, row.id);
        const Summarised due = summarise(row.size_octets, read);
        const bool implied = are_implied(due.text_sizes, row.size_octets);
        fits = row.summary == due.summary || (row.summary && options.fits_other_limits &&
                                              options.fits_other_limits(*row.summary, row.size_octets, read));
        sizes_fit = row.text_sizes == (implied ? TextSizes{} : due.text_sizes);
        older = row.summary && is_older(*row.summary, due.summary);
    }
    if (fits && sizes_fit) return;
    found.stale_summaries.push_back(row.id);
    if (older) return;
    const auto tell = [&](const char* table, const char* what) {
        found.findings.push_back(
            {.table = table, .row = key_of(row.id), .what = what, .repairable = summarise != nullptr});
    };
    constexpr const char* differs = "is not what a fresh parse makes";
    if (!fits) tell("message_summary", row.summary ? differs : "is missing");
    if (!sizes_fit) tell("text_size", differs);
}

// " (bob@example.org "INBOX" UID 3 and 2 more)": the messages with this content, so that their owner can be told;
// empty: none.
std::string places_of(Connection& connection, BlobId blob) {
    auto rows = connection.statement(
        "SELECT account.name, mailbox.name, uid, count(*) OVER ()"
        " FROM message JOIN mailbox ON mailbox.id = message.mailbox_id JOIN account ON account.id = mailbox.account_id"
        " WHERE message.blob_id = ? ORDER BY message.mailbox_id, uid LIMIT 1");
    if (!rows.bind(blob).step()) return {};
    const auto [account, mailbox, uid, count] = rows.row<std::string, std::string, std::uint64_t, std::uint64_t>();
    const std::string more = count > 1 ? " and " + std::to_string(count - 1) + " more" : "";
    return " (" + account + " \"" + mailbox + "\" UID " + std::to_string(uid) + more + ")";
}

void check_one(Connection& connection, const Row& row, const CheckOptions& options, ContentFindings& found) {
    try {
        const std::string wrong = options.content ? judge_content(connection, row, found.octets) : std::string();
        if (!wrong.empty()) {
            found.findings.push_back(
                {.table = "blob", .row = key_of(row.id), .what = wrong + places_of(connection, row.id)});
            return;
        }
        if (row.is_message) check_derived(connection, row, options, found);
    } catch (const engine::Error& error) {
        found.findings.push_back(
            {.table = "blob", .row = key_of(row.id), .what = error.what() + places_of(connection, row.id)});
    }
}

}  // namespace

ContentFindings check_content(Connection& connection, const CheckOptions& options) {
    ContentFindings found;
    auto rows = connection.statement(
        "SELECT id, sha256, size_octets, EXISTS (SELECT 1 FROM message WHERE message.blob_id = blob.id), summary,"
        "   octets, ascii_octets"
        " FROM blob LEFT JOIN message_summary ON message_summary.blob_id = blob.id"
        "   LEFT JOIN text_size ON text_size.blob_id = blob.id ORDER BY id");
    while (rows.step()) {
        const Row row{.id = rows.column<BlobId>(0),
                      .sha256 = rows.column<std::string>(1),
                      .size_octets = rows.column<std::uint64_t>(2),
                      .is_message = rows.column<bool>(3),
                      .summary = rows.column<std::optional<std::string>>(4),
                      .text_sizes = {.octets = rows.column<std::optional<std::uint64_t>>(5).value_or(0),
                                     .ascii_octets = rows.column<std::optional<std::uint64_t>>(6)}};
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
