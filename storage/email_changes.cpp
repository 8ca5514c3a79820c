// What has changed since a state, from the rows that are there and those that are no longer shown. RFC 8620 §5.2.
//
// Of each object the first change after `since` that is still known decides when it is told: an object that changes
// again is told again. So an intermediate state is where that order was cut, also in the middle of one MODSEQ, which a
// STORE of many messages gives to all of them: "12.M5b2a…" tells all changes before 12, and those of 12 up to that id.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "storage/email_rows.h"
#include "storage/object_id_text.h"

namespace storage {

namespace {

using engine::Connection;

struct State {
    ModSeq modseq;
    std::optional<std::string> reached;  // the changes of this MODSEQ were told up to this id; nullopt: all

    // What was told of this object includes all changes up to here.
    ModSeq since(const std::string& id) const { return reached && id > *reached ? ModSeq{modseq.value - 1} : modseq; }
    ModSeq since_any() const { return reached ? ModSeq{modseq.value - 1} : modseq; }
};

std::optional<State> parse_state(std::string_view text) {
    State state;
    const std::size_t dot = text.find('.');
    const std::string_view number = text.substr(0, dot);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), state.modseq.value);
    if (error != std::errc() || state_text(state.modseq) != number || state.modseq.value == 0) return std::nullopt;
    if (dot != text.npos) state.reached = std::string(text.substr(dot + 1));
    return state;
}

enum class ObjectKind { email, thread };

// What is told of one message, shown or not: since when, until when, which object it belongs to.
struct Seen {
    BlobId content;
    std::int64_t internal_date = 0;
    ThreadId thread;
    ContentIds ids = ContentIds::of_account;
    ModSeq modseq;
    ModSeq shown;
};

struct Candidate {
    BlobId content;
    std::int64_t internal_date = 0;
    ThreadId thread;
    bool was_shown = false;
    bool is_shown = false;
};

class Changes {
  public:
    Changes(Connection& connection, const EmailAccess& access, std::vector<MailboxId> mailboxes, ObjectKind kind,
            State since, std::size_t most)
        : connection_(connection),
          access_(access),
          mailboxes_(std::move(mailboxes)),
          kind_(kind),
          since_(std::move(since)),
          most_(most),
          sealer_(connection) {}

    ObjectChanges find(ModSeq highest) {
        for (const MailboxId mailbox : mailboxes_) look_at_shown(mailbox);
        look_at_hidden([this](const Seen& seen) { take(seen); });
        ObjectChanges changes;
        cut(changes, highest);
        judge();
        for (const auto& [place, candidate] : candidates_) {
            const bool was = candidate.was_shown;
            if (candidate.is_shown) (was ? changes.updated : changes.created).push_back(place.second);
            if (was && !candidate.is_shown) changes.destroyed.push_back(place.second);
        }
        return changes;
    }

  private:
    using Place = std::pair<ModSeq, std::string>;  // the first change, and the id

    std::string id_of(const Seen& seen) const {
        const ObjectIds ids = sealer_.ids(seen.ids, seen.thread, seen.content, seen.internal_date);
        return kind_ == ObjectKind::email ? email_id_text(ids.email, seen.internal_date) : thread_id_text(ids.thread);
    }

    // Flags are no property of a Thread.
    std::optional<ModSeq> first_change(const Seen& seen, ModSeq since, bool hidden) const {
        if (seen.shown > since) return seen.shown;
        if (seen.modseq > since && (hidden || kind_ == ObjectKind::email)) return seen.modseq;
        return std::nullopt;
    }

    void take(const Seen& seen, bool hidden = true) {
        const ModSeq earliest = first_change(seen, since_.since_any(), hidden).value_or(ModSeq());
        if (earliest.value == 0) return;
        // It is too late even if it counts from the earlier of both.
        if (candidates_.size() > most_ && earliest > std::prev(candidates_.end())->first.first) return;
        std::string id = id_of(seen);
        const std::optional<ModSeq> first = first_change(seen, since_.since(id), hidden);
        if (!first) return;
        if (const auto known = places_.find(id); known != places_.end()) {
            if (known->second <= *first) return;
            candidates_.erase({known->second, id});
        }
        places_[id] = *first;
        candidates_[{*first, std::move(id)}] = {.content = seen.content,
                                                .internal_date = seen.internal_date,
                                                .thread = seen.thread,
                                                .was_shown = false,
                                                .is_shown = false};
        if (candidates_.size() <= most_ + 1) return;
        const auto last = std::prev(candidates_.end());
        places_.erase(last->first.second);
        candidates_.erase(last);
    }

    void look_at_shown(MailboxId mailbox) {
        auto rows = connection_.statement(
            "SELECT message.blob_id, internal_date, thread_id, ids, message.modseq, shown_modseq"
            " FROM message_bucket CROSS JOIN message ON message.mailbox_id = message_bucket.mailbox_id"
            " JOIN account_content ON account_content.blob_id = message.blob_id AND account_id = ?"
            " WHERE message_bucket.mailbox_id = ? AND message_bucket.modseq > ?"
            "   AND uid BETWEEN bucket << 8 AND (bucket << 8) + 255 AND message.modseq > ? AND flags & 8 = 0"
            " ORDER BY bucket, uid");
        const ModSeq since = since_.since_any();
        for (rows.bind(access_.account, mailbox, since, since); rows.step();) take(seen_in(rows), false);
    }

    template <class Take>
    void look_at_hidden(Take take) {
        auto rows = connection_.statement(
            "SELECT blob_id, internal_date, thread_id, ids, modseq, shown_modseq, mailbox_id FROM hidden_message"
            " WHERE account_id = ? AND modseq > ? ORDER BY modseq, mailbox_id, uid");
        for (rows.bind(access_.account, since_.since_any()); rows.step();) {
            const bool own = access_.actor == access_.account;
            if (own || std::ranges::binary_search(mailboxes_, rows.column<MailboxId>(6))) take(seen_in(rows));
        }
    }

    static Seen seen_in(const engine::Statement& rows) {
        return {.content = rows.column<BlobId>(0),
                .internal_date = rows.column<std::int64_t>(1),
                .thread = rows.column<ThreadId>(2),
                .ids = rows.column<ContentIds>(3),
                .modseq = rows.column<ModSeq>(4),
                .shown = rows.column<ModSeq>(5)};
    }

    void cut(ObjectChanges& changes, ModSeq highest) {
        changes.has_more = candidates_.size() > most_;
        changes.new_state = state_text(highest);
        if (!changes.has_more) return;
        const Place beyond = std::prev(candidates_.end())->first;
        places_.erase(beyond.second);
        candidates_.erase(beyond);
        const Place& last = std::prev(candidates_.end())->first;
        changes.new_state = state_text(last.first);
        if (last.first == beyond.first) changes.new_state += "." + last.second;
    }

    void note(const std::string& id, ModSeq shown, bool is_shown) {
        const auto place = places_.find(id);
        if (place == places_.end()) return;
        Candidate& candidate = candidates_.at({place->second, id});
        if (is_shown) candidate.is_shown = true;
        if (shown <= since_.since(id)) candidate.was_shown = true;
    }

    void judge() {
        std::vector<BlobId> contents;
        std::set<ThreadId> threads;
        for (const auto& [place, candidate] : candidates_) {
            contents.push_back(candidate.content);
            threads.insert(candidate.thread);
        }
        if (kind_ == ObjectKind::thread) add_members(threads, contents);
        for (const EmailRow& row : rows_with(connection_, access_.account, mailboxes_, std::move(contents), false)) {
            note(id_of({row.content, row.internal_date, row.thread, row.ids, row.modseq, row.shown}), row.shown, true);
        }
        look_at_hidden([this](const Seen& seen) {
            const std::string id = id_of(seen);
            if (seen.modseq > since_.since(id)) note(id, seen.shown, false);
        });
    }

    void add_members(const std::set<ThreadId>& threads, std::vector<BlobId>& contents) {
        auto rows = connection_.statement(
            "SELECT blob_id FROM account_content WHERE thread_id = ? AND account_id = ? ORDER BY blob_id");
        for (const ThreadId thread : threads) {
            for (rows.bind(thread, access_.account); rows.step();) contents.push_back(rows.column<BlobId>(0));
        }
    }

    Connection& connection_;
    EmailAccess access_;
    std::vector<MailboxId> mailboxes_;
    ObjectKind kind_;
    State since_;
    std::size_t most_;
    ObjectIdSealer sealer_;
    std::map<Place, Candidate> candidates_;  // the first ones: one more than are told
    std::map<std::string, ModSeq> places_;   // the first change of each of them
};

Query<ObjectChanges> changes(EmailAccess access, ObjectKind kind, std::string since, std::size_t most) {
    return [=, since = std::move(since)](Snapshot& snapshot) -> Result<ObjectChanges> {
        Connection& connection = engine::connection_of(snapshot);

        Result<std::vector<MailboxId>> mailboxes = readable(connection, access);
        if (!mailboxes) return std::unexpected(std::move(mailboxes.error()));
        auto row = connection.statement("SELECT highest_modseq, hidden_floor FROM account WHERE id = ?");
        row.bind(access.account).step();
        const auto [highest, floor] = row.row<ModSeq, ModSeq>();
        row.reset();
        const std::optional<State> state = parse_state(since);
        if (!state || state->modseq > highest || state->since_any() < floor) {
            return refuse(Reason::conflict, "the changes since that state are not known");
        }
        return Changes(connection, access, *std::move(mailboxes), kind, *state, most).find(highest);
    };
}

}  // namespace

std::string state_text(ModSeq modseq) { return std::to_string(modseq.value); }

Query<ObjectChanges> email_changes(EmailAccess access, std::string since, std::size_t most) {
    return changes(access, ObjectKind::email, std::move(since), most);
}

Query<ObjectChanges> thread_changes(EmailAccess access, std::string since, std::size_t most) {
    return changes(access, ObjectKind::thread, std::move(since), most);
}

}  // namespace storage
