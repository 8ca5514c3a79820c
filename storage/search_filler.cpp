// New content: blobs after the mark, and those skipped earlier because they were still arriving. Each statement on the
// store is a snapshot of its own, so that none keeps the log from being checkpointed: content never changes.
#include "storage/search_filler.h"

#include <utility>

#include "storage/contents.h"

namespace storage {

namespace {

constexpr std::size_t source_cache_octets = 256u << 10;

// Mail for other servers is skipped while queued. If there are many such, they are not checked in every round.
constexpr std::size_t few_skipped = 100;
constexpr unsigned rounds_between = 30;

struct Closing {};  // thrown within a batch to stop

}  // namespace

SearchIndex::Filler::Filler(const std::filesystem::path& store, const SearchIndexOptions& options,
                            const FoldedTexts& texts, const std::atomic<bool>& closing)
    : options_(options),
      texts_(texts),
      closing_(closing),
      store_({.path = store, .read_only = true, .cache_octets = source_cache_octets}),
      file_(SearchFile::open_to_write(options.path, options.cache_octets)),
      trigrams_(options.trigrams) {
    check_mark();
}

// After a restore, ids are used again: then the index's entries may belong to other content.
void SearchIndex::Filler::check_mark() {
    const auto [reached, mark] = file_->progress();
    engine::Statement next = store_.statement("SELECT value FROM state WHERE name = 'next_blob_id'");
    const std::int64_t next_id = next.step() ? next.integer(0) : 1;
    const std::optional<Waiting> marked = find(reached);
    if (reached.value >= next_id || (marked && !mark.empty() && marked->sha256 != mark)) {
        throw engine::Error(engine::code_damaged, "the search index belongs to another state of the store");
    }
}

SearchIndex::Filler::Progress SearchIndex::Filler::fill() {
    Progress progress;
    const SearchProgress before = file_->progress();
    const Batch batch = next_batch(before.reached);
    const std::vector<Waiting> late = arrived_since();
    progress.more = batch.more;
    if (batch.blobs.empty() && batch.arriving.empty() && late.empty()) return progress;
    try {
        file_->in_transaction([&] {
            for (const Waiting& content : late) {
                file_->forget_skipped(content.blob);
                index(content, progress);
            }
            for (const Waiting& content : batch.blobs) index(content, progress);
            for (const BlobId blob : batch.arriving) file_->skip(blob, Skipped::arriving);
            SearchProgress after = before;
            if (!batch.blobs.empty()) after = {batch.blobs.back().blob, batch.blobs.back().sha256};
            if (!batch.arriving.empty() && batch.arriving.back() > after.reached) after = {batch.arriving.back(), {}};
            file_->set_progress(after);
        });
    } catch (const Closing&) {
        progress = {};
    }
    return progress;
}

SearchIndex::Filler::Batch SearchIndex::Filler::next_batch(BlobId behind) {
    Batch batch;
    store_.execute("BEGIN");  // present and arriving content in one snapshot
    {
        engine::Statement rows = store_.statement(
            "SELECT id, size_octets, sha256, summary FROM blob LEFT JOIN message_summary ON blob_id = id"
            " WHERE id > ? ORDER BY id LIMIT ?");
        rows.bind(behind, options_.batch_messages);
        std::uint64_t octets = 0;
        while (!batch.more && rows.step()) {
            batch.blobs.push_back({rows.column<BlobId>(0), rows.column<std::uint64_t>(1), rows.column<std::string>(2),
                                   rows.column<std::optional<std::string>>(3)});
            octets += batch.blobs.back().size_octets;
            batch.more = octets >= options_.batch_octets || batch.blobs.size() == options_.batch_messages;
        }
        engine::Statement arriving =
            store_.statement("SELECT blob_id FROM staging WHERE blob_id > ? AND blob_id <= ? ORDER BY blob_id");
        arriving.bind(behind, batch.more ? batch.blobs.back().blob : BlobId{INT64_MAX});
        while (arriving.step()) batch.arriving.push_back(arriving.column<BlobId>(0));
    }
    store_.execute("COMMIT");
    return batch;
}

// Content skipped earlier that can be indexed now. Forgets content that is gone.
std::vector<SearchIndex::Filler::Waiting> SearchIndex::Filler::arrived_since() {
    std::vector<Waiting> late;
    const std::vector<SearchFile::SkippedBlob> skipped = file_->skipped();
    if (skipped.size() > few_skipped && ++rounds_ % rounds_between != 0) return late;
    for (const auto& [blob, reason] : skipped) {
        if (late.size() >= options_.batch_messages) break;
        if (reason == Skipped::arriving && is_arriving(blob)) continue;
        std::optional<Waiting> content = find(blob);
        if (!content) {
            file_->forget_skipped(blob);  // gone: its id is never reused
        } else if (reason == Skipped::arriving || (reason == Skipped::no_message && content->summary)) {
            late.push_back(*std::move(content));
        }
    }
    return late;
}

void SearchIndex::Filler::index(const Waiting& content, Progress& progress) {
    if (!content.summary) return file_->skip(content.blob, Skipped::no_message);
    if (const std::optional<std::string> trouble = read_trigrams(content)) {
        if (!find(content.blob)) return;  // deleted meanwhile
        options_.tell("content " + std::to_string(content.blob.value) + " cannot be read: " + *trouble);
        file_->skip(content.blob, Skipped::unreadable);
    } else if (trigrams_.too_many()) {
        file_->skip(content.blob, Skipped::too_much);
    } else {
        file_->add(content.blob, trigrams_.take_words());
        ++progress.messages;
        return;
    }
    ++progress.skipped;
}

// The reason why the content cannot be read; nullopt if it can.
std::optional<std::string> SearchIndex::Filler::read_trigrams(const Waiting& content) {
    (void)trigrams_.take_words();
    try {
        ContentReader reader(store_, {content.blob});
        reader.open(content.blob);
        const auto read = [&](std::uint64_t offset, std::uint64_t length) { return reader.read(offset, length); };
        const auto take = [&](std::string_view folded) {
            if (closing_) throw Closing();
            folded.empty() ? trigrams_.end_text() : trigrams_.add(folded);
            return trigrams_.too_many();
        };
        texts_(*content.summary, read, take);
        return std::nullopt;
    } catch (const std::exception& error) {
        return error.what();
    }
}

std::optional<SearchIndex::Filler::Waiting> SearchIndex::Filler::find(BlobId blob) {
    engine::Statement row = store_.statement(
        "SELECT size_octets, sha256, summary FROM blob LEFT JOIN message_summary ON blob_id = id WHERE id = ?");
    if (!row.bind(blob).step()) return std::nullopt;
    return Waiting{blob, row.column<std::uint64_t>(0), row.column<std::string>(1),
                   row.column<std::optional<std::string>>(2)};
}

bool SearchIndex::Filler::is_arriving(BlobId blob) {
    return store_.statement("SELECT 1 FROM staging WHERE blob_id = ?").bind(blob).step();
}

}  // namespace storage
