// Counters and announcements of the writer's open transaction. The writer handles savepoints and the commit.
#include "storage/engine/batch.h"

#include <string_view>

namespace storage::engine {

namespace {

constexpr std::string_view select_mailbox =
    "SELECT account_id, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, size_octets, deleted_octets "
    "FROM mailbox WHERE id = ?";
constexpr std::string_view update_mailbox =
    "UPDATE mailbox SET uid_next = ?, highest_modseq = ?, messages = ?, unseen = ?, deleted = ?, size_octets = ?, "
    "deleted_octets = ? WHERE id = ?";
constexpr std::string_view select_account =
    "SELECT quota_octets, quota_messages, used_octets, messages, highest_modseq FROM account WHERE id = ?";
constexpr std::string_view update_account =
    "UPDATE account SET used_octets = ?, messages = ?, highest_modseq = ? WHERE id = ?";

}  // namespace

template <class Id, class Counters>
void Batch::Table<Id, Counters>::restore() {
    for (auto& [id, before] : undo) {
        if (before) {
            rows[id] = *before;
        } else {
            rows.erase(id);
        }
    }
    undo.clear();
}

template <class Id, class Counters>
Counters* Batch::touch(Table<Id, Counters>& table, Id id, std::optional<Counters> (Batch::*read)(Id)) {
    auto found = table.rows.find(id);
    if (found == table.rows.end()) {
        std::optional<Counters> counters = (this->*read)(id);
        if (!counters) return nullptr;
        found = table.rows.emplace(id, Cached<Counters>{*counters}).first;
        table.undo.emplace_back(id, std::nullopt);
    } else if (found->second.operation != operation_number_) {
        table.undo.emplace_back(id, found->second);
    }
    found->second.touched = true;
    found->second.operation = operation_number_;
    return &found->second.counters;
}

MailboxCounters* Batch::mailbox(MailboxId id) { return touch(tables_.mailboxes, id, &Batch::read_mailbox); }

AccountCounters* Batch::account(AccountId id) { return touch(tables_.accounts, id, &Batch::read_account); }

std::optional<MailboxCounters> Batch::read_mailbox(MailboxId id) {
    Statement row = connection_.statement(select_mailbox);
    if (!row.bind(id).step()) return std::nullopt;
    return MailboxCounters{.account = row.column<AccountId>(0),
                           .uid_validity = row.column<std::uint32_t>(1),
                           .uid_next = row.column<Uid>(2),
                           .highest_modseq = row.column<ModSeq>(3),
                           .messages = row.column<std::uint32_t>(4),
                           .unseen = row.column<std::uint32_t>(5),
                           .deleted = row.column<std::uint32_t>(6),
                           .size_octets = row.column<std::uint64_t>(7),
                           .deleted_octets = row.column<std::uint64_t>(8),
                           .newest_bucket_modseq = {}};
}

std::optional<AccountCounters> Batch::read_account(AccountId id) {
    Statement row = connection_.statement(select_account);
    if (!row.bind(id).step()) return std::nullopt;
    return AccountCounters{row.column<std::optional<std::uint64_t>>(0), row.column<std::optional<std::uint64_t>>(1),
                           row.column<std::uint64_t>(2), row.column<std::uint64_t>(3), row.column<ModSeq>(4)};
}

ModSeq Batch::change_mailbox(MailboxId id) {
    MailboxCounters* counters = mailbox(id);
    AccountCounters* owner = counters ? account(counters->account) : nullptr;
    if (!owner) throw Error(0, "change in a mailbox that is not there");
    const ModSeq next{owner->highest_modseq.value + 1};
    owner->highest_modseq = next;
    counters->highest_modseq = next;
    changed(counters->account, id, next);
    return next;
}

ModSeq Batch::change_account(AccountId id) {
    AccountCounters* owner = account(id);
    if (!owner) throw Error(0, "change in an account that is not there");
    owner->highest_modseq.value += 1;
    changed(id, MailboxId{}, owner->highest_modseq);
    return owner->highest_modseq;
}

void Batch::changed(AccountId account, MailboxId mailbox, ModSeq modseq) {
    operation_.changes.push_back({account, mailbox, modseq});
}

BlobId Batch::next_blob_id() {
    if (!next_blob_id_) {
        Statement row = connection_.statement("SELECT value FROM state WHERE name = 'next_blob_id'");
        next_blob_id_ = row.step() ? row.integer(0) : 1;
        first_blob_id_ = BlobId{*next_blob_id_};
    }
    return BlobId{(*next_blob_id_)++};
}

void Batch::flush() {
    if (!before_flush_) {
        before_flush_ = tables_;
        before_flush_->mailboxes.restore();
        before_flush_->accounts.restore();
    }
    write_tables();
    tables_ = {};
}

void Batch::write_tables() {
    for (auto& [id, cached] : tables_.mailboxes.rows) {
        if (!cached.touched) continue;
        const MailboxCounters& now = cached.counters;
        connection_.run(update_mailbox, now.uid_next, now.highest_modseq, now.messages, now.unseen, now.deleted,
                        now.size_octets, now.deleted_octets, id);
        cached.touched = false;
    }
    for (auto& [id, cached] : tables_.accounts.rows) {
        if (!cached.touched) continue;
        const AccountCounters& now = cached.counters;
        connection_.run(update_account, now.used_octets, now.messages, now.highest_modseq, id);
        cached.touched = false;
    }
}

void Batch::write_counters() {
    write_tables();
    if (!next_blob_id_) return;
    connection_.run(
        "INSERT INTO state (name, value) VALUES ('next_blob_id', ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        *next_blob_id_);
}

void Batch::begin_operation() { ++operation_number_; }

void Batch::keep_operation() {
    tables_.mailboxes.undo.clear();
    tables_.accounts.undo.clear();
    before_flush_.reset();
    announcements_.changes.insert(announcements_.changes.end(), operation_.changes.begin(), operation_.changes.end());
    announcements_.queue_changed |= operation_.queue_changed;
    operation_ = {};
}

void Batch::undo_operation() {
    if (before_flush_) {
        tables_ = std::move(*before_flush_);
        before_flush_.reset();
    } else {
        tables_.mailboxes.restore();
        tables_.accounts.restore();
    }
    operation_ = {};
}

}  // namespace storage::engine
