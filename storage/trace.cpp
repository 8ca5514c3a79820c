// A story is stored as lines of a name, a space and a value: text that is quickly searched as a whole.
#include "storage/trace.h"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/store_options.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t longest_value = 1'000;  // octets
constexpr std::int64_t disorder = 86'400;     // seconds by which a row's time may be before an older row's
constexpr std::string_view filed_name = "filed";
constexpr std::string_view queue_name = "queue";

bool is_plain(char c) { return c >= ' ' && c < 0x7f; }

// What a peer gave may be any octets: what is no UTF-8, and what is no printable ASCII, becomes "?".
void append_clean(std::string& out, std::string_view text) {
    const std::size_t most = out.size() + longest_value;
    while (!text.empty() && out.size() < most) {
        std::size_t octets = 1;
        bool good = is_plain(text.front());
        if (static_cast<unsigned char>(text.front()) >= 0x80) {
            utf8proc_int32_t point = 0;
            const auto* here = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
            const utf8proc_ssize_t length = utf8proc_iterate(here, static_cast<utf8proc_ssize_t>(text.size()), &point);
            good = length > 0 && point >= 0xa0;  // below are control characters
            if (good) octets = static_cast<std::size_t>(length);
        }
        out += good ? text.substr(0, octets) : "?";
        text.remove_prefix(octets);
    }
}

void append_lower(std::string& out, std::string_view text) {
    for (const char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

template <class Number>
Number number_at(std::string_view text) {
    Number number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// The next line of a stored story, which is removed from `text`.
std::pair<std::string_view, std::string_view> next_fact(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t space = std::min(line.find(' '), line.size());
    return {line.substr(0, space), line.substr(std::min(line.size(), space + 1))};
}

// The names of mailboxes, each looked up once.
class MailboxNames {
  public:
    explicit MailboxNames(Connection& connection)
        : found_(connection.statement("SELECT account.name, mailbox.name FROM mailbox JOIN account ON account.id = "
                                      "mailbox.account_id WHERE mailbox.id = ?")) {}

    const std::pair<std::string, std::string>& of(MailboxId mailbox) {
        const auto [place, fresh] = names_.try_emplace(mailbox.value);
        if (fresh && found_.bind(mailbox).step()) {
            auto [account, name] = found_.row<std::string, std::string>();
            place->second = {std::move(account), std::move(name)};
        }
        return place->second;
    }

  private:
    engine::Statement found_;
    std::unordered_map<std::int64_t, std::pair<std::string, std::string>> names_;
};

// "mailbox uid"
TraceEntry::Filed filed_of(std::string_view value, MailboxNames& names) {
    const std::size_t space = std::min(value.find(' '), value.size());
    const auto& [account, name] = names.of(MailboxId{number_at<std::int64_t>(value.substr(0, space))});
    return {.account = account,
            .mailbox = name,
            .uid = Uid{number_at<std::uint32_t>(value.substr(std::min(value.size(), space + 1)))}};
}

TraceEntry entry_of(std::int64_t at, std::string_view text, MailboxNames& names) {
    TraceEntry entry{.at = at, .story = {}, .filed = {}, .queued = {}};
    while (!text.empty()) {
        const auto [name, value] = next_fact(text);
        if (name == filed_name) {
            entry.filed.push_back(filed_of(value, names));
        } else if (name == queue_name) {
            entry.queued.push_back(QueueMessageId{number_at<std::int64_t>(value)});
        } else {
            entry.story.push_back({.name = std::string(name), .value = std::string(value)});
        }
    }
    return entry;
}

// Whether a fact has this value. A number is that of a message in the queue, or a session.
class Sought {
  public:
    explicit Sought(std::string_view word) {
        append_lower(word_, word);
        is_number_ = !word_.empty() && std::ranges::all_of(word_, [](char c) { return c >= '0' && c <= '9'; });
        line_ = " " + word_ + "\n";
    }

    bool is_in(std::string_view stored) {
        lower_.clear();
        append_lower(lower_, stored);
        if (lower_.find(line_) == std::string::npos) return false;
        for (std::string_view rest = lower_; !rest.empty();) {
            const auto [name, value] = next_fact(rest);
            if (value == word_ && (!is_number_ || name == queue_name || name == "session")) return true;
        }
        return false;
    }

  private:
    std::string word_;
    std::string line_;
    bool is_number_ = false;
    std::string lower_;
};

// True if all of the slice were too old.
bool forget_old(Connection& connection, std::int64_t before, std::size_t slice) {
    auto oldest = connection.statement(
        "SELECT max(id), count(*) FROM (SELECT id, at FROM trace ORDER BY id LIMIT ?) AS oldest WHERE at < ?");
    oldest.bind(slice, before).step();
    if (oldest.is_null(0)) return false;
    const auto [last, count] = oldest.row<std::int64_t, std::size_t>();
    connection.run("DELETE FROM trace WHERE id <= ? AND at < ?", last, before);
    return count == slice;
}

// Ids have no gaps: rows leave at the beginning alone, but for a clock that was set back. True if there is more.
bool forget_most(Connection& connection, std::uint64_t rows, std::size_t slice) {
    auto ends = connection.statement("SELECT (SELECT min(id) FROM trace), (SELECT max(id) FROM trace)");
    ends.step();
    if (ends.is_null(0)) return false;
    const auto [first, last] = ends.row<std::int64_t, std::int64_t>();
    const auto there = static_cast<std::uint64_t>(last - first) + 1;
    if (there <= rows) return false;
    const std::uint64_t surplus = std::min<std::uint64_t>(there - rows, slice);
    connection.run("DELETE FROM trace WHERE id < ?", first + static_cast<std::int64_t>(surplus));
    return there - rows > slice;
}

}  // namespace

void TraceText::add(std::string_view name, std::string_view value) {
    text_ += name;
    text_ += ' ';
    append_clean(text_, value);
    text_ += '\n';
}

void TraceText::add_filed(MailboxId mailbox, Uid uid) {
    add(filed_name, std::to_string(mailbox.value) + " " + std::to_string(uid.value));
}

void TraceText::add_queued(QueueMessageId message) { add(queue_name, std::to_string(message.value)); }

void note_in_trace(Batch& batch, std::int64_t at, const TraceText& story) {
    if (story.empty() || batch.options().trace.keep.count() == 0) return;
    batch.connection().run("INSERT INTO trace (at, story) VALUES (?, ?)", at, story.text());
}

Operation<std::monostate> note_in_trace(std::int64_t at, TraceText story) {
    return {Durability::prompt, [at, story = std::move(story)](Batch& batch) -> std::optional<Result<std::monostate>> {
                note_in_trace(batch, at, story);
                return std::monostate();
            }};
}

Query<std::vector<TraceEntry>> find_in_trace(TraceFilter filter) {
    return [filter = std::move(filter)](Snapshot& snapshot) -> Result<std::vector<TraceEntry>> {
        Connection& connection = engine::connection_of(snapshot);
        MailboxNames names(connection);
        Sought sought(filter.word);
        std::vector<TraceEntry> entries;
        auto rows = connection.statement("SELECT at, story FROM trace ORDER BY id DESC");
        while (entries.size() < filter.most && rows.step()) {
            const auto at = rows.column<std::int64_t>(0);
            if (at < filter.since - disorder) break;
            const auto story = rows.column<std::string_view>(1);
            if (at >= filter.since && sought.is_in(story)) entries.push_back(entry_of(at, story, names));
        }
        std::ranges::reverse(entries);
        return entries;
    };
}

Operation<bool> trim_trace(std::int64_t now, std::size_t slice) {
    return {Durability::prompt, [=](Batch& batch) -> std::optional<Result<bool>> {
                const TraceOptions& options = batch.options().trace;
                Connection& connection = batch.connection();
                const bool more = forget_most(connection, options.rows, slice);
                return forget_old(connection, now - options.keep.count(), slice) || more;
            }};
}

}  // namespace storage
