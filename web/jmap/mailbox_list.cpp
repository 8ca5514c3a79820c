// From the store's mailboxes to JMAP's. RFC 8621 §2; rights: RFC 4314.
#include "web/jmap/mailbox_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "storage/emails.h"

namespace jmap {
namespace {

using storage::SpecialUse;
namespace right = storage::right;

// RFC 6154 §2, RFC 8457 §2. INBOX's is no special use.
constexpr std::pair<std::string_view, SpecialUse> roles[] = {
    {"all", SpecialUse::all},         {"archive", SpecialUse::archive},    {"drafts", SpecialUse::drafts},
    {"flagged", SpecialUse::flagged}, {"junk", SpecialUse::junk},          {"sent", SpecialUse::sent},
    {"trash", SpecialUse::trash},     {"important", SpecialUse::important}};

bool is_inbox(const storage::Mailbox& mailbox) { return mailbox.name == "INBOX"; }

Json rights_object(const storage::Mailbox& mailbox) {
    const auto has = [&](storage::Rights rights) { return (mailbox.rights & rights) == rights; };
    // INBOX stays as it is: a RENAME of it by IMAP moves its messages (RFC 9051 §6.3.6).
    const bool movable = has(right::delete_mailbox) && !is_inbox(mailbox);
    return {{"mayReadItems", has(right::lookup | right::read)},
            {"mayAddItems", has(right::insert)},
            {"mayRemoveItems", has(right::delete_messages | right::expunge)},
            {"maySetSeen", has(right::keep_seen)},
            {"maySetKeywords", has(right::write)},
            {"mayCreateChild", has(right::create_mailboxes)},
            {"mayRename", movable},
            {"mayDelete", movable},
            {"maySubmit", has(right::post)}};
}

// What of a list is read at one moment.
storage::Query<MailboxList> mailbox_list(storage::AccountId account) {
    return [account](storage::Snapshot& snapshot) -> storage::Result<MailboxList> {
        auto mailboxes = storage::list_mailboxes(account)(snapshot);
        if (!mailboxes) return std::unexpected(std::move(mailboxes.error()));
        auto removed = storage::list_removed_mailboxes(account)(snapshot);
        if (!removed) return std::unexpected(std::move(removed.error()));
        const auto state = storage::email_state({.account = account, .actor = account})(snapshot);
        if (!state) return std::unexpected(state.error());
        return MailboxList(*std::move(mailboxes), *std::move(removed), {.modseq = state->modseq.value});
    };
}

}  // namespace

std::string_view role_of(const storage::Mailbox& mailbox) {
    if (is_inbox(mailbox)) return "inbox";
    const auto* found = std::ranges::find(roles, mailbox.special_use, &std::pair<std::string_view, SpecialUse>::second);
    return found == std::end(roles) ? std::string_view() : found->first;
}

std::optional<SpecialUse> use_of(std::string_view role) {
    const auto* found = std::ranges::find(roles, role, &std::pair<std::string_view, SpecialUse>::first);
    if (found == std::end(roles)) return std::nullopt;
    return found->second;
}

MailboxList::MailboxList(std::vector<storage::Mailbox> mailboxes, storage::RemovedMailboxes removed, State state)
    : mailboxes_(std::move(mailboxes)), removed_(std::move(removed)), state_(state) {
    for (const storage::Mailbox& mailbox : mailboxes_) by_name_[mailbox.name] = &mailbox;
}

const storage::Mailbox* MailboxList::find(std::string_view id_text) const {
    const std::optional<storage::MailboxId> id = storage::parse_mailbox_id(id_text);
    if (!id) return nullptr;
    const auto found = std::ranges::find(mailboxes_, *id, &storage::Mailbox::id);
    return found == mailboxes_.end() ? nullptr : &*found;
}

const storage::Mailbox* MailboxList::parent_of(const storage::Mailbox& mailbox) const {
    const std::size_t end = mailbox.name.rfind(storage::hierarchy_delimiter);
    if (end == std::string::npos) return nullptr;
    const auto found = by_name_.find(std::string_view(mailbox.name).substr(0, end));
    return found == by_name_.end() ? nullptr : found->second;
}

std::string MailboxList::name_of(const storage::Mailbox& mailbox) {
    if (is_inbox(mailbox)) return "Inbox";
    const std::size_t end = mailbox.name.rfind(storage::hierarchy_delimiter);
    return end == std::string::npos ? mailbox.name : mailbox.name.substr(end + 1);
}

bool MailboxList::is_within(const storage::Mailbox& mailbox, const storage::Mailbox& above) {
    return mailbox.name == above.name || mailbox.name.starts_with(above.name + storage::hierarchy_delimiter);
}

asio::awaitable<MailboxList> read_mailboxes(Call& call, const CallAccount& account) {
    storage::Query<MailboxList> query = mailbox_list(account.id);
    MailboxList list = co_await call.read(std::move(query));
    co_return list;
}

Json mailbox_object(const MailboxList& list, const storage::Mailbox& mailbox) {
    const storage::Mailbox* parent = list.parent_of(mailbox);
    const std::string_view role = role_of(mailbox);
    return {{"id", storage::mailbox_id_text(mailbox.id)},
            {"name", MailboxList::name_of(mailbox)},
            {"parentId", parent == nullptr ? Json(nullptr) : Json(storage::mailbox_id_text(parent->id))},
            {"role", role.empty() ? Json(nullptr) : Json(role)},
            {"sortOrder", mailbox.sort_order},
            {"myRights", rights_object(mailbox)},
            {"isSubscribed", mailbox.subscribed}};
}

void add_counts(Json& object, const storage::EmailCounts& counts) {
    object["totalEmails"] = counts.emails;
    object["unreadEmails"] = counts.unread_emails;
    object["totalThreads"] = counts.threads;
    object["unreadThreads"] = counts.unread_threads;
}

asio::awaitable<storage::EmailCounts> counts_of(Call& call, const storage::Mailbox& mailbox) {
    EmailCounts& counted = call.context.services.email_counts;
    if (mailbox.messages == mailbox.deleted) co_return storage::EmailCounts{};
    if (const auto known = counted.find(mailbox)) co_return *known;
    storage::Query<storage::EmailCounts> query = storage::count_emails({mailbox.id, call.context.identity.account});
    const storage::EmailCounts counts = co_await call.read_long(std::move(query));
    counted.put(mailbox, counts);
    co_return counts;
}

}  // namespace jmap
