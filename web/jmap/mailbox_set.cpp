// Mailbox/set. RFC 8621 §2.5. Records are changed one after the other, each in an operation of its own; what fails only
// since another one of the same call has to come first is tried again after that (RFC 8620 §5.3).
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "storage/normal_names.h"
#include "web/jmap/mailbox.h"
#include "web/jmap/mailbox_list.h"
#include "web/jmap/wire/patch.h"
#include "web/jmap/wire/set.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

using storage::Reason;
using storage::SpecialUse;

constexpr std::string_view settable[] = {"name", "parentId", "role", "sortOrder", "isSubscribed"};

const Json& property_defaults() {
    static const Json defaults = {{"parentId", nullptr}, {"role", nullptr}, {"sortOrder", 0}, {"isSubscribed", false}};
    return defaults;
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_level(const Json& name) {
    if (!name.is_string()) return false;
    const auto& text = name.get_ref<const std::string&>();
    return !text.empty() && text.size() <= mailbox_name_octets && !text.contains(storage::hierarchy_delimiter) &&
           !has_control_character(text);
}

// What of an object may be set, read from it; what is invalid is noted by name.
struct ReadObject {
    storage::MailboxPlace place;
    SpecialUse use = SpecialUse::none;
    std::uint32_t sort_order = 0;
    bool subscribed = true;
    std::vector<std::string> invalid;
};

class ObjectReader {
  public:
    ObjectReader(const MailboxList& list, const CreationIds& created) : list_(list), created_(created) {}

    // Of a whole object. INBOX has a role that nobody can give, and keeps it.
    ReadObject read(const Json& object, const storage::Mailbox* present) const {
        ReadObject read;
        if (object.contains("name") && is_level(object["name"])) {
            read.place.name = object["name"].get<std::string>();
        } else {
            read.invalid.emplace_back("name");
        }
        read_parent(object.value("parentId", Json()), present, read);
        read_role(object.value("role", Json()), present, read);
        const std::optional<std::uint64_t> order = unsigned_int_of(object.value("sortOrder", Json(0)));
        if (!order || *order >= std::uint64_t{1} << 31) read.invalid.emplace_back("sortOrder");
        read.sort_order = static_cast<std::uint32_t>(order.value_or(0));
        const Json subscribed = object.value("isSubscribed", Json(true));
        if (!subscribed.is_boolean()) read.invalid.emplace_back("isSubscribed");
        read.subscribed = subscribed.is_boolean() && subscribed.get<bool>();
        return read;
    }

  private:
    void read_parent(const Json& parent, const storage::Mailbox* present, ReadObject& read) const {
        if (parent.is_null()) return;
        const std::optional<std::string> id =
            parent.is_string() ? created_.resolve(parent.get_ref<const std::string&>()) : std::nullopt;
        const storage::Mailbox* found = id ? list_.find(*id) : nullptr;
        if (found == nullptr || (present != nullptr && MailboxList::is_within(*found, *present))) {
            read.invalid.emplace_back("parentId");
            return;
        }
        read.place.parent = found->id;
    }
    static void read_role(const Json& role, const storage::Mailbox* present, ReadObject& read) {
        if (role.is_null()) return;
        const std::string word = role.is_string() ? role.get<std::string>() : "";
        const std::optional<SpecialUse> use = use_of(word);
        const bool stays = present != nullptr && !word.empty() && role_of(*present) == word;
        if (!use && !stays) read.invalid.emplace_back("role");
        read.use = use.value_or(SpecialUse::none);
    }

    const MailboxList& list_;
    const CreationIds& created_;
};

bool names_counts(const Json& patch) {
    Json counts;
    add_counts(counts, {});
    return std::ranges::any_of(patch.items(), [&](const auto& item) { return counts.contains(item.key()); });
}

// Another mailbox where this one was to be (RFC 8620 §5.4); if it has gone meanwhile, the name was invalid then.
SetError already_exists(const MailboxList& list, const storage::MailboxPlace& place, const std::string& text) {
    for (const storage::Mailbox& mailbox : list.mailboxes()) {
        const storage::Mailbox* parent = list.parent_of(mailbox);
        const std::optional<storage::MailboxId> lies_in = parent ? std::optional(parent->id) : std::nullopt;
        const std::string wanted = (parent ? parent->name + storage::hierarchy_delimiter : "") + place.name;
        if (lies_in != place.parent || storage::normal_mailbox_name(wanted) != mailbox.name) continue;
        return {.type = "alreadyExists",
                .description = text,
                .properties = {},
                .extra = {{"existingId", storage::mailbox_id_text(mailbox.id)}}};
    }
    return invalid_properties({"name"}, text);
}

// The store's refusal of a creation or an update.
SetError error_of(const storage::Refusal& refusal, const MailboxList& list, const storage::MailboxPlace& place) {
    switch (refusal.reason) {
        case Reason::already_exists:
            return already_exists(list, place, refusal.text);
        case Reason::invalid_name:
            return invalid_properties({"name"}, refusal.text);
        case Reason::no_such_mailbox:
            return invalid_properties({"parentId"}, refusal.text);
        case Reason::conflict:
            return invalid_properties({"role"}, refusal.text);
        case Reason::too_many:
            return {.type = "overQuota", .description = refusal.text};
        case Reason::not_permitted:
            return {.type = "forbidden", .description = refusal.text};
        default:
            return {.type = "serverFail", .description = refusal.text};
    }
}

// Whether another change of the same call may make it possible.
bool may_come_right(const storage::Refusal& refusal) {
    return refusal.reason == Reason::already_exists || refusal.reason == Reason::conflict;
}

SetError destroy_error_of(const storage::Refusal& refusal) {
    switch (refusal.reason) {
        case Reason::no_such_mailbox:
            return {.type = "notFound"};
        case Reason::has_children:
            return {.type = "mailboxHasChild"};
        case Reason::conflict:
            return {.type = "mailboxHasEmail"};
        case Reason::not_permitted:
            return {.type = "forbidden", .description = refusal.text};
        default:
            return {.type = "serverFail", .description = refusal.text};
    }
}

// One call of Mailbox/set under way.
class MailboxSet {
  public:
    MailboxSet(Call& call, CallAccount account, MailboxList list)
        : call_(call), account_(std::move(account)), before_(std::move(list)) {}

    asio::awaitable<Json> run() {
        const bool with_emails = call_.arguments.boolean("onDestroyRemoveEmails", false);
        const std::string old_state = to_text(before_.state());
        SetArguments arguments = read_set(call_.arguments, call_.context.limits.objects_in_set, old_state);
        call_.arguments.end();
        co_await create_all(std::move(arguments.create));
        co_await update_all(std::move(arguments.update), arguments.destroy);
        co_await destroy_all(std::move(arguments.destroy), with_emails);
        const MailboxList after = co_await read_mailboxes(call_, account_);
        co_return set_response(account_.id_text, old_state, to_text(after.state()), outcome_);
    }

  private:
    using Records = std::vector<std::pair<std::string, Json>>;

    // Parents before their children, whatever their order in the call.
    asio::awaitable<void> create_all(Records waiting) {
        for (bool progress = true; progress && !waiting.empty();) {
            Records later;
            std::set<std::string> missing;
            for (const auto& [id, object] : waiting) missing.insert("#" + id);
            for (auto& record : waiting) {
                const Json parent = record.second.value("parentId", Json());
                const bool waits = parent.is_string() && missing.contains(parent.get<std::string>()) &&
                                   !call_.creation_ids.resolve(parent.get_ref<const std::string&>());
                if (waits) {
                    later.push_back(std::move(record));
                } else {
                    co_await create(record.first, record.second);
                    missing.erase("#" + record.first);
                }
            }
            progress = later.size() < waiting.size();
            waiting = std::move(later);
        }
        for (const auto& [id, object] : waiting) outcome_.not_created[id] = invalid_properties({"parentId"});
    }

    asio::awaitable<void> create(const std::string& id, const Json& object) {
        const MailboxList list = co_await read_mailboxes(call_, account_);
        ReadObject read = ObjectReader(list, call_.creation_ids).read(object, nullptr);
        for (const auto& [name, value] : object.items()) {
            if (std::ranges::find(settable, name) == std::end(settable)) read.invalid.push_back(name);
        }
        if (!read.invalid.empty()) {
            outcome_.not_created[id] = invalid_properties(std::move(read.invalid));
            co_return;
        }
        storage::MailboxEdit edit{.place = read.place, .use = {}, .sort_order = read.sort_order, .subscribed = {}};
        if (read.use != SpecialUse::none) edit.use = read.use;
        if (read.subscribed) edit.subscribed = true;
        storage::Operation<storage::Mailbox> operation =
            storage::make_mailbox(call_.context.identity.account, account_.id, std::move(edit));
        const storage::Result<storage::Mailbox> made = co_await call_.write(std::move(operation));
        if (!made) {
            outcome_.not_created[id] = error_of(made.error(), list, read.place);
            co_return;
        }
        call_.creation_ids.add(id, storage::mailbox_id_text(made->id));
        const MailboxList now = co_await read_mailboxes(call_, account_);
        outcome_.created[id] = told_of_created(now, *made, object);
    }

    // Only what the client has not sent.
    static Json told_of_created(const MailboxList& list, const storage::Mailbox& made, const Json& object) {
        const std::string id = storage::mailbox_id_text(made.id);
        const storage::Mailbox* mailbox = list.find(id);
        if (mailbox == nullptr) return {{"id", id}};  // somebody has destroyed it already
        Json told = mailbox_object(list, *mailbox);
        add_counts(told, {});
        for (const std::string_view name : settable) {
            const std::string property(name);
            // A parent by its creation id is told by its own.
            if (object.contains(property) && object[property] == told[property]) told.erase(property);
        }
        return told;
    }

    asio::awaitable<void> update_all(Records waiting, const std::vector<std::string>& destroyed) {
        Records resolved;
        for (auto& [reference, patch] : waiting) {
            const std::optional<std::string> id = call_.creation_ids.resolve(reference);
            if (!id) {
                outcome_.not_updated[reference] = {.type = "notFound"};
            } else if (std::ranges::find(destroyed, reference) != destroyed.end()) {
                outcome_.not_updated[reference] = {.type = "willDestroy"};
            } else {
                resolved.emplace_back(*id, std::move(patch));
            }
        }
        for (bool progress = true; progress && !resolved.empty();) {
            Records later;
            for (auto& record : resolved) {
                const bool again = co_await update(record.first, record.second);
                if (again) later.push_back(std::move(record));
            }
            progress = later.size() < resolved.size();
            resolved = std::move(later);
        }
    }

    // True: it failed, and may come right.
    asio::awaitable<bool> update(const std::string& id, const Json& patch) {
        const MailboxList list = co_await read_mailboxes(call_, account_);
        const storage::Mailbox* mailbox = list.find(id);
        if (mailbox == nullptr) {
            outcome_.not_updated[id] = {.type = "notFound"};
            co_return false;
        }
        Json present = mailbox_object(list, *mailbox);
        if (names_counts(patch)) {
            const storage::EmailCounts counts = co_await counts_of(call_, *mailbox);
            add_counts(present, counts);
        }
        Json wanted = present;
        if (const auto patched = apply_patch(wanted, patch, property_defaults()); !patched) {
            outcome_.not_updated[id] = {.type = "invalidPatch", .description = patched.error()};
            co_return false;
        }
        ReadObject read = ObjectReader(list, call_.creation_ids).read(wanted, mailbox);
        for (std::string& name : wrongly_changed(present, wanted, settable)) {
            if (std::ranges::find(read.invalid, name) == read.invalid.end()) read.invalid.push_back(std::move(name));
        }
        if (!read.invalid.empty()) {
            outcome_.not_updated[id] = invalid_properties(std::move(read.invalid));
            co_return false;
        }
        const storage::MailboxEdit edit = edit_of(list, *mailbox, present, wanted, read);
        storage::Operation<std::monostate> operation =
            storage::edit_mailbox({mailbox->id, call_.context.identity.account}, edit);
        const storage::Result<std::monostate> done = co_await call_.write(std::move(operation));
        if (!done) {
            outcome_.not_updated[id] = error_of(done.error(), list, read.place);
            co_return may_come_right(done.error());
        }
        outcome_.not_updated.erase(id);
        const MailboxList now = co_await read_mailboxes(call_, account_);
        outcome_.updated[id] = told_of_updated(now, id, wanted);
        co_return false;
    }

    static storage::MailboxEdit edit_of(const MailboxList& list, const storage::Mailbox& mailbox, const Json& present,
                                        const Json& wanted, const ReadObject& read) {
        const auto changes = [&](const char* name) { return present[name] != wanted[name]; };
        const storage::Mailbox* parent = list.parent_of(mailbox);
        const std::optional<storage::MailboxId> lies_in = parent ? std::optional(parent->id) : std::nullopt;
        storage::MailboxEdit edit;
        if (changes("name") || lies_in != read.place.parent) edit.place = read.place;
        if (changes("role")) edit.use = read.use;
        if (changes("sortOrder")) edit.sort_order = read.sort_order;
        if (changes("isSubscribed")) edit.subscribed = read.subscribed;
        return edit;
    }

    // What has become of it otherwise than asked for: a name in another normal form, a role that was lost in the trash.
    static Json told_of_updated(const MailboxList& list, const std::string& id, const Json& wanted) {
        const storage::Mailbox* mailbox = list.find(id);
        if (mailbox == nullptr) return nullptr;
        const Json now = mailbox_object(list, *mailbox);
        Json told = nullptr;
        for (const char* name : {"name", "role", "sortOrder", "isSubscribed"}) {
            if (now[name] != wanted[name]) told[name] = now[name];
        }
        return told;
    }

    // Children before their parents, whatever their order in the call.
    asio::awaitable<void> destroy_all(std::vector<std::string> references, bool with_emails) {
        const MailboxList list = co_await read_mailboxes(call_, account_);
        std::vector<std::pair<const storage::Mailbox*, std::string>> found;
        for (const std::string& reference : references) {
            const std::optional<std::string> id = call_.creation_ids.resolve(reference);
            const storage::Mailbox* mailbox = id ? list.find(*id) : nullptr;
            if (mailbox == nullptr) {
                outcome_.not_destroyed[reference] = {.type = "notFound"};
            } else {
                found.emplace_back(mailbox, *id);
            }
        }
        std::ranges::sort(found, std::ranges::greater(), [](const auto& one) { return one.first->name.size(); });
        for (const auto& [mailbox, id] : found) {
            storage::Operation<std::monostate> operation =
                storage::destroy_mailbox({mailbox->id, call_.context.identity.account}, with_emails);
            const storage::Result<std::monostate> done = co_await call_.write(std::move(operation));
            if (done) {
                outcome_.destroyed.push_back(id);
            } else {
                outcome_.not_destroyed[id] = destroy_error_of(done.error());
            }
        }
    }

    Call& call_;
    CallAccount account_;
    MailboxList before_;
    SetOutcome outcome_;
};

}  // namespace

asio::awaitable<Json> mailbox_set(Call& call) {
    const CallAccount account = call.account();
    MailboxList list = co_await read_mailboxes(call, account);
    MailboxSet set(call, account, std::move(list));
    Json response = co_await set.run();
    co_return response;
}

}  // namespace jmap
