// Showing many messages to a search: by mailbox, or the newest first without reading the rest. A bucket of 256 UIDs
// knows the internal date of its newest message, so that buckets are read only once their messages may come next.
#include <algorithm>
#include <memory>
#include <queue>
#include <utility>

#include "storage/email_rows.h"

namespace storage {

namespace {

using engine::Connection;
using engine::Statement;

// A message that was read but not shown yet.
struct Held {
    std::int64_t internal_date = 0;
    MailboxId mailbox;
    Uid uid;
    std::uint8_t flags = 0;
    std::uint64_t size_octets = 0;
    BlobId content;
    std::unique_ptr<const std::string> keywords;  // nullptr: none

    std::tuple<std::int64_t, MailboxId, Uid> order() const { return {internal_date, mailbox, uid}; }
};

struct Bucket {
    std::int64_t newest = 0;
    MailboxId mailbox;
    std::int64_t bucket = 0;
};

constexpr const char* select_messages =
    "SELECT internal_date, mailbox_id, uid, flags, size_octets, blob_id, keywords FROM message"
    " WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND flags & 8 = 0 ORDER BY uid";

class Scan {
  public:
    Scan(Connection& connection, const EmailAccess& access, const EmailScan& what, const SeeEmail& see)
        : account_(access.account),
          what_(what),
          see_(see),
          rows_(connection.statement(select_messages)),
          thread_(connection.statement("SELECT thread_id FROM account_content WHERE blob_id = ? AND account_id = ?")),
          summary_(connection.statement("SELECT summary FROM message_summary WHERE blob_id = ?")) {}

    void by_mailbox(const std::vector<MailboxId>& mailboxes) {
        for (const MailboxId mailbox : mailboxes) {
            for (rows_.bind(mailbox, 1, 0xffffffff); rows_.step();) {
                if (!show(row(), rows_.column<std::string_view>(6))) return;
            }
        }
    }

    void newest_first(std::vector<Bucket> buckets) {
        std::ranges::sort(buckets, [](const Bucket& a, const Bucket& b) { return a.newest > b.newest; });
        auto next = buckets.begin();
        const auto is_older = [](const Held& a, const Held& b) { return a.order() < b.order(); };
        while (next != buckets.end() || !held_.empty()) {
            for (; next != buckets.end() && (held_.empty() || next->newest >= held_.front().internal_date); ++next) {
                read(*next, is_older);
            }
            if (held_.empty()) continue;
            std::ranges::pop_heap(held_, is_older);
            const Held message = std::move(held_.back());
            held_.pop_back();
            if (!show(message, message.keywords ? std::string_view(*message.keywords) : std::string_view())) return;
        }
    }

  private:
    Held row() const {
        return {.internal_date = rows_.column<std::int64_t>(0),
                .mailbox = rows_.column<MailboxId>(1),
                .uid = rows_.column<Uid>(2),
                .flags = rows_.column<std::uint8_t>(3),
                .size_octets = rows_.column<std::uint64_t>(4),
                .content = rows_.column<BlobId>(5),
                .keywords = nullptr};
    }

    template <class IsOlder>
    void read(const Bucket& bucket, IsOlder is_older) {
        for (rows_.bind(bucket.mailbox, bucket.bucket << 8, (bucket.bucket << 8) + 255); rows_.step();) {
            held_.push_back(row());
            if (!rows_.is_null(6)) held_.back().keywords = std::make_unique<const std::string>(rows_.octets(6));
            std::ranges::push_heap(held_, is_older);
        }
    }

    bool show(const Held& message, std::string_view keywords) {
        ScannedEmail scanned{.mailbox = message.mailbox,
                             .uid = message.uid,
                             .system_flags = message.flags,
                             .keywords = keywords,
                             .received_at = message.internal_date,
                             .size_octets = message.size_octets,
                             .content = message.content,
                             .thread = {},
                             .summary = {}};
        if (what_.threads && thread_.bind(message.content, account_).step()) {
            scanned.thread = thread_.column<ThreadId>(0);
        }
        if (what_.summaries && summary_.bind(message.content).step()) {
            scanned.summary = summary_.column<std::string_view>(0);
        }
        return see_(scanned);
    }

    AccountId account_;
    const EmailScan& what_;
    const SeeEmail& see_;
    Statement rows_;
    Statement thread_;
    Statement summary_;
    std::vector<Held> held_;  // a heap: the newest on top
};

std::vector<Bucket> buckets_of(Connection& connection, const std::vector<MailboxId>& mailboxes) {
    std::vector<Bucket> buckets;
    auto rows =
        connection.statement("SELECT newest, bucket FROM message_bucket WHERE mailbox_id = ? ORDER BY bucket DESC");
    for (const MailboxId mailbox : mailboxes) {
        for (rows.bind(mailbox); rows.step();) {
            buckets.push_back({rows.column<std::int64_t>(0), mailbox, rows.column<std::int64_t>(1)});
        }
    }
    return buckets;
}

}  // namespace

Query<std::monostate> scan_emails(EmailAccess access, EmailScan scan, SeeEmail see) {
    return [=, scan = std::move(scan), see = std::move(see)](Snapshot& snapshot) -> Result<std::monostate> {
        Connection& connection = engine::connection_of(snapshot);

        Result<std::vector<MailboxId>> may = readable(connection, access);
        if (!may) return std::unexpected(std::move(may.error()));
        std::vector<MailboxId> mailboxes;
        for (const MailboxId mailbox : scan.mailboxes) {
            if (std::ranges::binary_search(*may, mailbox)) mailboxes.push_back(mailbox);
        }
        Scan work(connection, access, scan, see);
        if (scan.newest_first) {
            work.newest_first(buckets_of(connection, mailboxes));
        } else {
            work.by_mailbox(mailboxes);
        }
        return std::monostate();
    };
}

}  // namespace storage
