// Made of the operations on messages, each on few rows.
#include "storage/email_edits.h"

#include <algorithm>
#include <map>
#include <utility>

#include "storage/email_rows.h"
#include "storage/engine/batch.h"
#include "storage/object_id_text.h"
#include "storage/staging.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Places = std::map<MailboxId, UidSet>;

// Runs an operation that has but one slice.
template <class T>
Result<T> run_whole(Batch& batch, Operation<T> operation) {
    std::optional<Result<T>> done = operation.run(batch);
    if (!done) return refuse(Reason::too_many, "the email has too many messages");
    return *std::move(done);
}

Result<Email> find_email(Batch& batch, const EmailAccess& access, const std::string& id) {
    Result<std::vector<std::optional<Email>>> found = get_emails(access, {id}, false)(batch.connection());
    if (!found) return std::unexpected(std::move(found.error()));
    if (!found->front()) return refuse(Reason::no_such_message, "there is no such email");
    return *std::move(found->front());
}

Places places_of(const Email& email) {
    Places places;
    for (const EmailPlace& place : email.places) places[place.mailbox].insert(place.uid);
    return places;
}

Result<std::monostate> check_owner(Batch& batch, AccountId account, MailboxId mailbox) {
    const engine::MailboxCounters* counters = batch.mailbox(mailbox);
    if (counters == nullptr || counters->account != account) {
        return refuse(Reason::no_such_mailbox, "there is no such mailbox");
    }
    return std::monostate();
}

bool is_empty(const NamedFlags& flags) { return flags.system == 0 && flags.keywords.empty(); }

Result<std::monostate> change_all(Batch& batch, const EmailAccess& access, const Places& places, FlagEdit edit,
                                  const NamedFlags& flags) {
    if (is_empty(flags)) return std::monostate();
    for (const auto& [mailbox, uids] : places) {
        Result<FlagChange> changed = run_whole(batch, change_flags({mailbox, access.actor}, uids, edit, flags));
        if (!changed) return std::unexpected(std::move(changed.error()));
    }
    return std::monostate();
}

Result<std::monostate> expunge_all(Batch& batch, const EmailAccess& access, const Places& places) {
    for (const auto& [mailbox, uids] : places) {
        Result<Expunged> expunged =
            run_whole(batch, expunge_messages({mailbox, access.actor}, uids, Durability::prompt));
        if (!expunged) return std::unexpected(std::move(expunged.error()));
    }
    return std::monostate();
}

// Moves and copies; what is left in `leaving` is to be expunged.
Result<std::monostate> fill(Batch& batch, const EmailAccess& access, const std::vector<MailboxId>& into,
                            const Places& staying, Places& leaving, std::int64_t now) {
    for (const MailboxId to : into) {
        const bool moves = !leaving.empty();
        const auto& [from, uids] = moves ? *leaving.begin() : *staying.begin();
        const UidSet one{uids.ranges().front().first};
        const Access source(from, access.actor);
        Result<Copied> copied =
            run_whole(batch, moves ? move_messages(source, one, to, now) : copy_messages(source, one, to, now));
        if (!copied) return std::unexpected(std::move(copied.error()));
        if (!moves) continue;
        leaving.begin()->second.erase(one.ranges().front().first);
        if (leaving.begin()->second.empty()) leaving.erase(leaving.begin());
    }
    return std::monostate();
}

Result<std::monostate> edit_one(Batch& batch, const EmailAccess& access, const std::string& id, const EmailEdit& edit,
                                std::int64_t now) {
    const Result<Email> email = find_email(batch, access, id);
    if (!email) return std::unexpected(email.error());
    Places staying = places_of(*email);
    std::vector<MailboxId> into;
    for (const MailboxId mailbox : edit.into) {
        Result<std::monostate> owned = check_owner(batch, access.account, mailbox);
        if (!owned) return owned;
        if (!staying.contains(mailbox)) into.push_back(mailbox);
    }
    Result<std::monostate> changed = change_all(batch, access, staying, FlagEdit::remove, edit.remove);
    if (changed) changed = change_all(batch, access, staying, FlagEdit::add, edit.add);
    if (!changed) return changed;
    Places leaving;
    for (const MailboxId mailbox : edit.out_of) {
        const auto place = staying.find(mailbox);
        if (place != staying.end()) leaving.insert(staying.extract(place));
    }
    if (staying.empty() && into.empty()) return refuse(Reason::conflict, "an email must be in a mailbox");
    Result<std::monostate> filled = fill(batch, access, into, staying, leaving, now);
    if (!filled) return filled;
    return expunge_all(batch, access, leaving);
}

std::optional<BlobId> known_content(Connection& connection, AccountId account, const StagedBlob& content) {
    const std::string_view sha256(reinterpret_cast<const char*>(content.sha256.data()), content.sha256.size());
    auto found = connection.statement(
        "SELECT id FROM blob JOIN account_content ON blob_id = id AND account_id = ? WHERE sha256 = ?"
        " AND size_octets = ? ORDER BY id LIMIT 1");
    if (!found.bind(account, engine::Octets{sha256}, content.size_octets).step()) return std::nullopt;
    return found.column<BlobId>(0);
}

// The email with this content and date, if there is one.
Result<std::optional<std::string>> existing_email(Connection& connection, const EmailAccess& access,
                                                  const NewMessage& message) {
    const std::optional<BlobId> content = known_content(connection, access.account, message.content);
    if (!content) return std::nullopt;
    const EmailKey key{*content, message.internal_date};
    const Result<std::vector<std::string>> id = name_emails(access, {key})(connection);
    if (!id) return std::unexpected(id.error());
    const Result<std::vector<std::optional<Email>>> email = get_emails(access, *id, false)(connection);
    if (!email) return std::unexpected(email.error());
    if (!email->front()) return std::nullopt;
    return email->front()->id;
}

Result<Email> add_one(Batch& batch, const EmailAccess& access, const std::vector<MailboxId>& mailboxes,
                      const NewMessage& message, std::int64_t now) {
    for (const MailboxId mailbox : mailboxes) {
        const Result<std::monostate> owned = check_owner(batch, access.account, mailbox);
        if (!owned) return std::unexpected(owned.error());
    }
    const Result<std::optional<std::string>> existing = existing_email(batch.connection(), access, message);
    if (!existing) return std::unexpected(existing.error());
    if (*existing) return refuse(Reason::already_exists, **existing);
    for (const MailboxId mailbox : mailboxes) {
        const Result<Appended> appended = run_whole(batch, append_messages(mailbox, {message}, now, access.actor));
        if (!appended) return std::unexpected(appended.error());
    }
    const Result<std::optional<std::string>> id = existing_email(batch.connection(), access, message);
    if (!id) return std::unexpected(id.error());
    if (!*id) return refuse(Reason::not_permitted, "you may not read what you have put there");
    return find_email(batch, access, **id);
}

}  // namespace

Operation<std::monostate> edit_email(EmailAccess access, std::string id, EmailEdit edit, std::int64_t now) {
    const bool moves = !edit.into.empty();
    auto run = [=, id = std::move(id), edit = std::move(edit)](Batch& batch) -> std::optional<Result<std::monostate>> {
        return edit_one(batch, access, id, edit, now);
    };
    return {moves ? Durability::synced : Durability::prompt, std::move(run)};
}

Operation<std::monostate> destroy_email(EmailAccess access, std::string id) {
    auto run = [=, id = std::move(id)](Batch& batch) -> std::optional<Result<std::monostate>> {
        const Result<Email> email = find_email(batch, access, id);
        if (!email) return std::unexpected(email.error());
        return expunge_all(batch, access, places_of(*email));
    };
    return {Durability::prompt, std::move(run)};
}

Operation<Email> add_email(EmailAccess access, std::vector<MailboxId> mailboxes, NewMessage message, std::int64_t now) {
    const std::size_t octets = octets_to_write(message.content);
    auto run = [=, mailboxes = std::move(mailboxes),
                message = std::move(message)](Batch& batch) -> std::optional<Result<Email>> {
        return add_one(batch, access, mailboxes, message, now);
    };
    return {Durability::synced, std::move(run), octets};
}

}  // namespace storage
