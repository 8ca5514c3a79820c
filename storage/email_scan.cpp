// Showing many emails to a search, the newest first without reading the rest. A bucket of 256 UIDs knows the internal
// date of its newest message, so that buckets are read only once their messages may come next. The messages of one
// email have one date, so they come together.
#include <algorithm>
#include <memory>
#include <tuple>
#include <unordered_set>
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

bool is_older(const Held& a, const Held& b) { return a.order() < b.order(); }

struct Bucket {
    std::int64_t newest = 0;
    MailboxId mailbox;
    std::int64_t bucket = 0;
};

// Looks up what is asked for of one email after the other.
class LookUp : public EmailLookUp {
  public:
    LookUp(Connection& connection, AccountId account, const std::vector<MailboxId>& readable_ones)
        : connection_(connection),
          account_(account),
          readable_(readable_ones),
          thread_rows_(
              connection.statement("SELECT thread_id FROM account_content WHERE blob_id = ? AND account_id = ?")),
          summary_rows_(connection.statement("SELECT summary FROM message_summary WHERE blob_id = ?")) {}
    virtual ~LookUp() = default;

    void begin(const Held& message) {
        message_ = &message;
        knows_thread_ = knows_places_ = false;
    }

    ThreadId thread() override {
        if (!knows_thread_) {
            thread_ =
                thread_rows_.bind(message_->content, account_).step() ? thread_rows_.column<ThreadId>(0) : ThreadId();
            thread_rows_.reset();
        }
        knows_thread_ = true;
        return thread_;
    }

    std::string_view summary() override {
        if (!summary_rows_.bind(message_->content).step()) return {};
        return summary_rows_.column<std::string_view>(0);
    }

    const std::vector<EmailPlace>& places() override {
        if (knows_places_) return places_;
        knows_places_ = true;
        places_.clear();
        for (EmailRow& row : rows_with(connection_, account_, readable_, {message_->content}, false)) {
            if (row.internal_date != message_->internal_date) continue;
            places_.push_back(
                {.mailbox = row.mailbox, .uid = row.uid, .flags = std::move(row.flags), .modseq = row.modseq});
        }
        return places_;
    }

    void see_thread(const std::function<bool(const Flags&)>& see) override {
        std::vector<BlobId> contents{message_->content};
        if (thread().value != 0) {
            auto rows = connection_.statement(
                "SELECT blob_id FROM account_content WHERE thread_id = ? AND account_id = ? ORDER BY blob_id");
            for (rows.bind(thread(), account_); rows.step();) contents.push_back(rows.column<BlobId>(0));
        }
        std::optional<EmailKey> email;
        Flags flags;
        for (const EmailRow& row : rows_with(connection_, account_, readable_, std::move(contents), false)) {
            const EmailKey key{row.content, row.internal_date};
            if (email && *email != key) {
                if (!see(flags)) return;
                flags = {};
            }
            email = key;
            flags.system |= row.flags.system;
            flags.keywords.merge(row.flags.keywords);
        }
        if (email) see(flags);
    }

  private:
    Connection& connection_;
    AccountId account_;
    const std::vector<MailboxId>& readable_;
    Statement thread_rows_;
    Statement summary_rows_;
    const Held* message_ = nullptr;
    bool knows_thread_ = false;
    ThreadId thread_;
    bool knows_places_ = false;
    std::vector<EmailPlace> places_;
};

class Scan {
  public:
    Scan(Connection& connection, const EmailAccess& access, const std::vector<MailboxId>& readable_ones,
         const EmailScan& what, const SeeEmail& see)
        : what_(what),
          see_(see),
          look_up_(connection, access.account, readable_ones),
          rows_(connection.statement(
              "SELECT internal_date, mailbox_id, uid, flags, size_octets, blob_id, keywords FROM message"
              " WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND flags & 8 = 0 ORDER BY uid")) {}

    void run(std::vector<Bucket> buckets) {
        std::ranges::sort(buckets, [](const Bucket& a, const Bucket& b) { return a.newest > b.newest; });
        auto next = buckets.begin();
        while (next != buckets.end() || !held_.empty()) {
            for (; next != buckets.end() && (held_.empty() || next->newest >= held_.front().internal_date); ++next) {
                read(*next);
            }
            if (held_.empty()) continue;
            std::ranges::pop_heap(held_, is_older);
            const Held message = std::move(held_.back());
            held_.pop_back();
            if (!was_shown(message) && !show(message)) return;
        }
    }

  private:
    void read(const Bucket& bucket) {
        const auto only = what_.only.find(bucket.mailbox);
        for (rows_.bind(bucket.mailbox, bucket.bucket << 8, (bucket.bucket << 8) + 255); rows_.step();) {
            const auto uid = rows_.column<Uid>(2);
            if (only != what_.only.end() && !only->second.contains(uid)) continue;
            held_.push_back({.internal_date = rows_.column<std::int64_t>(0),
                             .mailbox = rows_.column<MailboxId>(1),
                             .uid = uid,
                             .flags = rows_.column<std::uint8_t>(3),
                             .size_octets = rows_.column<std::uint64_t>(4),
                             .content = rows_.column<BlobId>(5),
                             .keywords = nullptr});
            if (!rows_.is_null(6)) held_.back().keywords = std::make_unique<const std::string>(rows_.octets(6));
            std::ranges::push_heap(held_, is_older);
        }
    }

    bool was_shown(const Held& message) {
        if (date_ != message.internal_date) shown_.clear();
        date_ = message.internal_date;
        return !shown_.insert(message.content).second;
    }

    bool show(const Held& message) {
        look_up_.begin(message);
        return see_({.mailbox = message.mailbox,
                     .uid = message.uid,
                     .system_flags = message.flags,
                     .keywords = message.keywords ? std::string_view(*message.keywords) : std::string_view(),
                     .received_at = message.internal_date,
                     .size_octets = message.size_octets,
                     .content = message.content,
                     .more = look_up_});
    }

    const EmailScan& what_;
    const SeeEmail& see_;
    LookUp look_up_;
    Statement rows_;
    std::vector<Held> held_;            // a heap: the newest on top
    std::optional<std::int64_t> date_;  // of the last one
    std::unordered_set<BlobId> shown_;  // with this date
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

        const Result<std::vector<MailboxId>> may = readable(connection, access);
        if (!may) return std::unexpected(may.error());
        std::vector<MailboxId> mailboxes;
        for (const MailboxId mailbox : scan.mailboxes) {
            if (std::ranges::binary_search(*may, mailbox)) mailboxes.push_back(mailbox);
        }
        std::ranges::sort(mailboxes);
        mailboxes.erase(std::ranges::unique(mailboxes).begin(), mailboxes.end());
        Scan(connection, access, *may, scan, see).run(buckets_of(connection, mailboxes));
        return std::monostate();
    };
}

}  // namespace storage
