// New content: what the store has given a number since the index looked last (search_file.h, SearchProgress). The
// content is read later than the snapshot that names it, so that none keeps the log from being checkpointed: it never
// changes.
#include "storage/search_filler.h"

#include <algorithm>
#include <map>
#include <utility>

#include "storage/contents.h"

namespace storage {

namespace {

constexpr std::size_t source_cache_octets = 256u << 10;

struct Closing {};  // thrown within a batch to stop

// Each has an entry of its own; a content that more accounts have gets one for all of them.
constexpr std::size_t most_owners = 8;

void put_among_many(std::vector<AccountId>& owners) {
    if (owners.size() > most_owners) owners = {of_many};
    for (AccountId& owner : owners) owner = entry_owner(owner);
    std::ranges::sort(owners);
    owners.erase(std::ranges::unique(owners).begin(), owners.end());
}

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
    const SearchProgress progress = file_->progress();
    engine::Statement next = store_.statement("SELECT value FROM state WHERE name = 'next_blob_id'");
    const std::int64_t next_id = next.step() ? next.integer(0) : 1;
    const std::optional<Waiting> marked = find(progress.marked);
    if (progress.reached.value >= next_id || (marked && !progress.mark.empty() && marked->sha256 != progress.mark)) {
        throw engine::Error(engine::code_damaged, "the search index belongs to another state of the store");
    }
}

SearchIndex::Filler::Progress SearchIndex::Filler::fill() {
    Progress progress;
    const SearchProgress before = file_->progress();
    Batch batch = next_batch(before);
    progress.more = batch.more;
    if (batch.after.reached == before.reached) return progress;
    std::vector<std::pair<SearchEntry, Waiting*>> entries;
    for (Waiting& content : batch.contents) {
        content.entries = content.owners.size();
        for (const AccountId owner : content.owners) entries.emplace_back(SearchEntry{owner, content.blob}, &content);
    }
    // FTS5 writes what it has gathered whenever an entry comes before the last one.
    std::ranges::sort(entries);
    try {
        file_->in_transaction([&] {
            for (const auto& [entry, content] : entries) index(entry, *content, progress);
            file_->set_progress(batch.after);
        });
    } catch (const Closing&) {
        progress = {};
    }
    return progress;
}

SearchIndex::Filler::Batch SearchIndex::Filler::next_batch(const SearchProgress& before) {
    Batch batch{.contents = {}, .after = before, .more = false};
    store_.execute("BEGIN");  // contents and who has them in one snapshot
    bool more_contents = false;
    bool more_late = false;
    batch.contents = new_contents(before.reached, more_contents);
    std::vector<Late> late = late_owners(before.reached, more_late);
    batch.more = more_contents || more_late;
    BlobId last{INT64_MAX};
    if (more_contents) last = batch.contents.back().blob;
    if (more_late) last = std::min(last, late.back().number);
    std::erase_if(batch.contents, [&](const Waiting& content) { return content.blob > last; });
    std::erase_if(late, [&](const Late& one) { return one.number > last; });
    if (!batch.contents.empty()) {
        const Waiting& newest = batch.contents.back();
        batch.after.reached = batch.after.marked = newest.blob;
        batch.after.mark = newest.sha256;
    }
    if (!late.empty()) batch.after.reached = std::max(batch.after.reached, late.back().number);
    for (Waiting& content : batch.contents) content.owners = owners_of(content.blob);
    add_late(late, before.reached, batch.contents);
    store_.execute("COMMIT");
    for (Waiting& content : batch.contents) {
        put_among_many(content.owners);
        if (content.owners.empty() || content.owners.front() != of_many) continue;
        batch.after.last_of_many = std::max(batch.after.last_of_many, content.blob);
    }
    return batch;
}

std::vector<SearchIndex::Filler::Waiting> SearchIndex::Filler::new_contents(BlobId behind, bool& more) {
    std::vector<Waiting> contents;
    engine::Statement rows = store_.statement(
        "SELECT id, size_octets, sha256, summary FROM blob LEFT JOIN message_summary ON blob_id = id"
        " WHERE id > ? ORDER BY id LIMIT ?");
    rows.bind(behind, options_.batch_messages);
    std::uint64_t octets = 0;
    while (!more && rows.step()) {
        Waiting& content = contents.emplace_back();
        content.blob = rows.column<BlobId>(0);
        content.size_octets = rows.column<std::uint64_t>(1);
        content.sha256 = rows.column<std::string>(2);
        content.summary = rows.column<std::optional<std::string>>(3);
        octets += content.size_octets;
        more = octets >= options_.batch_octets || contents.size() == options_.batch_messages;
    }
    return contents;
}

std::vector<SearchIndex::Filler::Late> SearchIndex::Filler::late_owners(BlobId behind, bool& more) {
    std::vector<Late> late;
    engine::Statement rows = store_.statement(
        "SELECT late, blob_id, account_id, size_octets FROM account_content JOIN blob ON id = blob_id"
        " WHERE late > ? ORDER BY late LIMIT ?");
    rows.bind(behind, options_.batch_messages);
    std::uint64_t octets = 0;
    while (!more && rows.step()) {
        late.push_back({rows.column<BlobId>(0), rows.column<BlobId>(1), rows.column<AccountId>(2)});
        octets += rows.column<std::uint64_t>(3);
        more = octets >= options_.batch_octets || late.size() == options_.batch_messages;
    }
    return late;
}

// New contents have all their owners already; those of a content that was indexed before get further entries.
void SearchIndex::Filler::add_late(const std::vector<Late>& late, BlobId before, std::vector<Waiting>& contents) {
    std::map<BlobId, std::vector<AccountId>> owners;
    for (const auto& [number, blob, owner] : late) {
        if (blob <= before) owners[blob].push_back(owner);
    }
    for (auto& [blob, accounts] : owners) {
        std::optional<Waiting> content = find(blob);
        if (!content) continue;
        content->owners = std::move(accounts);
        contents.push_back(*std::move(content));
    }
}

// One more than are told apart, at most.
std::vector<AccountId> SearchIndex::Filler::owners_of(BlobId blob) {
    std::vector<AccountId> owners;
    engine::Statement rows =
        store_.statement("SELECT account_id FROM account_content WHERE blob_id = ? ORDER BY account_id LIMIT ?");
    rows.bind(blob, most_owners + 1);
    while (rows.step()) owners.push_back(rows.column<AccountId>(0));
    return owners;
}

void SearchIndex::Filler::index(SearchEntry entry, Waiting& content, Progress& progress) {
    if (!content.is_read) read(content, progress);
    --content.entries;
    if (content.gone) return;
    if (content.skipped) return file_->skip(entry, *content.skipped);
    file_->add(entry, content.words);
    if (content.entries == 0) content.words = {};
}

// Its words, or why it has none.
void SearchIndex::Filler::read(Waiting& content, Progress& progress) {
    content.is_read = true;
    if (!content.summary) {
        content.skipped = Skipped::no_summary;
    } else if (const std::optional<std::string> trouble = read_trigrams(content)) {
        content.gone = !find(content.blob);  // deleted meanwhile
        if (content.gone) return;
        options_.tell("content " + std::to_string(content.blob.value) + " cannot be read: " + *trouble);
        content.skipped = Skipped::unreadable;
    } else if (trigrams_.too_many()) {
        content.skipped = Skipped::too_much;
    } else {
        content.words = trigrams_.take_words();
    }
    content.skipped ? ++progress.skipped : ++progress.messages;
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
    Waiting content;
    content.blob = blob;
    content.size_octets = row.column<std::uint64_t>(0);
    content.sha256 = row.column<std::string>(1);
    content.summary = row.column<std::optional<std::string>>(2);
    return content;
}

}  // namespace storage
