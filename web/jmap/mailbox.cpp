// Mailbox/get and Mailbox/changes. RFC 8621 §2.1, §2.2.
#include "web/jmap/mailbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "web/jmap/mailbox_list.h"
#include "web/jmap/wire/changes.h"
#include "web/jmap/wire/get.h"

namespace jmap {
namespace {

constexpr std::string_view count_properties[] = {"totalEmails", "unreadEmails", "totalThreads", "unreadThreads"};
constexpr std::string_view other_properties[] = {"id",        "name",     "parentId",    "role",
                                                 "sortOrder", "myRights", "isSubscribed"};

bool is_mailbox_property(std::string_view name) {
    const auto is_name = [&](std::string_view each) { return each == name; };
    return std::ranges::any_of(count_properties, is_name) || std::ranges::any_of(other_properties, is_name);
}

bool asks_counts(const GetArguments& get) {
    return std::ranges::any_of(count_properties, [&](std::string_view name) { return get.asks(name); });
}

asio::awaitable<Json> object_of(Call& call, const MailboxList& list, const storage::Mailbox& mailbox,
                                const GetArguments& get) {
    Json object = mailbox_object(list, mailbox);
    if (asks_counts(get)) {
        const storage::EmailCounts counts = co_await counts_of(call, mailbox);
        add_counts(object, counts);
    }
    co_return with_properties(std::move(object), get);
}

std::vector<RecordChange> record_changes(const MailboxList& list) {
    std::vector<RecordChange> records;
    for (const storage::Mailbox& mailbox : list.mailboxes()) {
        records.push_back({.id = storage::mailbox_id_text(mailbox.id),
                           .number = static_cast<std::uint64_t>(mailbox.id.value),
                           .created = mailbox.created_modseq.value,
                           .updated = std::max(mailbox.highest_modseq, mailbox.changed_modseq).value});
    }
    for (const storage::RemovedMailbox& mailbox : list.removed().mailboxes) {
        records.push_back({.id = storage::mailbox_id_text(mailbox.id),
                           .number = static_cast<std::uint64_t>(mailbox.id.value),
                           .created = mailbox.created_modseq.value,
                           .updated = 0,
                           .destroyed = mailbox.removed_modseq.value});
    }
    return records;
}

// Whether nothing but counts of these has changed since.
bool only_counts_changed(const MailboxList& list, const std::vector<std::string>& updated, const State& since) {
    return !updated.empty() && std::ranges::all_of(updated, [&](const std::string& id) {
        const storage::Mailbox* mailbox = list.find(id);
        return mailbox != nullptr && mailbox->changed_modseq.value <= since.modseq;
    });
}

}  // namespace

asio::awaitable<Json> mailbox_get(Call& call) {
    const CallAccount account = call.account();
    const std::size_t most = call.context.limits.objects_in_get;
    const GetArguments get = read_get(call.arguments, most, is_mailbox_property);
    call.arguments.end();
    const MailboxList list = co_await read_mailboxes(call, account);
    Json found = Json::array();
    std::vector<std::string> not_found;
    if (!get.ids) {
        if (list.mailboxes().size() > most) throw MethodError("requestTooLarge", "too many mailboxes: ask by ids");
        for (const storage::Mailbox& mailbox : list.mailboxes()) {
            Json object = co_await object_of(call, list, mailbox, get);
            found.push_back(std::move(object));
        }
    } else {
        for (const std::string& id : *get.ids) {
            const std::optional<std::string> meant = call.creation_ids.resolve(id);
            const storage::Mailbox* mailbox = meant ? list.find(*meant) : nullptr;
            if (mailbox == nullptr) {
                not_found.push_back(id);
                continue;
            }
            Json object = co_await object_of(call, list, *mailbox, get);
            found.push_back(std::move(object));
        }
    }
    co_return get_response(account.id_text, to_text(list.state()), std::move(found), std::move(not_found));
}

asio::awaitable<Json> mailbox_changes(Call& call) {
    const CallAccount account = call.account();
    const MailboxList list = co_await read_mailboxes(call, account);
    const ChangesArguments arguments = read_changes(call.arguments, list.state());
    call.arguments.end();
    if (arguments.since.modseq < list.removed().complete_from.value) {
        throw MethodError("cannotCalculateChanges", "the state is too old");
    }
    const Changes changes = changes_since(arguments, record_changes(list), list.state());
    Json response = changes_response(account.id_text, arguments, changes);
    const bool only_counts = only_counts_changed(list, changes.updated, arguments.since);
    response["updatedProperties"] = only_counts ? Json(count_properties) : Json(nullptr);
    co_return response;
}

}  // namespace jmap
