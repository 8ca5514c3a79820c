// Identities over storage/identities.h. RFC 8621 §6.
#include "web/jmap/identity.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "protocols/base/text.h"
#include "storage/identities.h"
#include "web/jmap/wire/changes.h"
#include "web/jmap/wire/get.h"
#include "web/jmap/wire/patch.h"
#include "web/jmap/wire/set.h"

namespace jmap {
namespace {

constexpr std::size_t most_identities = 100;  // of an account
constexpr std::size_t most_name_octets = 1'000;
constexpr std::size_t most_address_octets = 1'000;  // name and address of one EmailAddress
constexpr std::size_t most_addresses = 100;         // of one property
constexpr std::size_t most_signature_octets = 64u << 10;

constexpr std::string_view changeable_properties[] = {"name", "replyTo", "bcc", "textSignature", "htmlSignature"};
constexpr std::string_view fixed_properties[] = {"id", "email", "mayDelete"};

// "I7"; "I0" is the identity of the account's own address.
std::string identity_id_text(storage::IdentityId id) { return "I" + std::to_string(id.value); }

State identities_state(const storage::SenderIdentities& all) {
    storage::ModSeq last;
    if (!all.removed.empty()) last = all.removed.back().removed_modseq;
    for (const storage::SenderIdentity& identity : all.identities) last = std::max(last, identity.changed_modseq);
    return {.modseq = last.value};
}

const storage::SenderIdentity* find_identity(const storage::SenderIdentities& all, std::string_view id) {
    const auto found = std::ranges::find_if(
        all.identities, [&](const storage::SenderIdentity& each) { return identity_id_text(each.id) == id; });
    return found == all.identities.end() ? nullptr : &*found;
}

// EmailAddress[]|null as it is stored.
Json addresses_object(const std::string& stored) { return stored.empty() ? Json(nullptr) : Json::parse(stored); }

Json identity_object(const storage::SenderIdentity& identity) {
    return {{"id", identity_id_text(identity.id)},
            {"name", identity.name},
            {"email", identity.email},
            {"replyTo", addresses_object(identity.reply_to)},
            {"bcc", addresses_object(identity.bcc)},
            {"textSignature", identity.text_signature},
            {"htmlSignature", identity.html_signature},
            {"mayDelete", identity.id != storage::IdentityId{}}};
}

const Json& identity_defaults() {
    static const Json defaults = {
        {"name", ""}, {"replyTo", nullptr}, {"bcc", nullptr}, {"textSignature", ""}, {"htmlSignature", ""}};
    return defaults;
}

// An EmailAddress (RFC 8621 §4.1.2.3).
bool is_email_address(const Json& value) {
    if (!value.is_object() || !value.contains("email") || !value["email"].is_string()) return false;
    if (value.size() != (value.contains("name") ? 2 : 1)) return false;
    const Json name = value.value("name", Json());
    return (name.is_null() || name.is_string()) && octets_of(value) <= most_address_octets &&
           value["email"].get_ref<const std::string&>().contains('@');
}

bool is_address_list(const Json& value) {
    return value.is_null() ||
           (value.is_array() && value.size() <= most_addresses && std::ranges::all_of(value, is_email_address));
}

bool is_text(const Json& value, std::size_t most) {
    return value.is_string() && value.get_ref<const std::string&>().size() <= most;
}

// The texts of a whole object, its defaults put in; what is invalid is noted by name.
storage::SenderIdentity read_identity(const Json& object, std::vector<std::string>& invalid) {
    if (!is_text(object["name"], most_name_octets)) invalid.emplace_back("name");
    for (const char* name : {"replyTo", "bcc"}) {
        if (!is_address_list(object[name])) invalid.emplace_back(name);
    }
    for (const char* name : {"textSignature", "htmlSignature"}) {
        if (!is_text(object[name], most_signature_octets)) invalid.emplace_back(name);
    }
    if (!invalid.empty()) return {};
    const auto list = [&](const char* name) { return object[name].is_null() ? "" : to_text(object[name]); };
    return {.name = object["name"].get<std::string>(),
            .reply_to = list("replyTo"),
            .bcc = list("bcc"),
            .text_signature = object["textSignature"].get<std::string>(),
            .html_signature = object["htmlSignature"].get<std::string>()};
}

SetError identity_error(const storage::Refusal& refusal) {
    switch (refusal.reason) {
        case storage::Reason::conflict:
            return {.type = "notFound"};
        case storage::Reason::not_permitted:
            return {.type = "forbidden", .description = refusal.text};
        case storage::Reason::too_many:
            return {.type = "overQuota", .description = refusal.text};
        default:
            return {.type = "serverFail", .description = refusal.text};
    }
}

asio::awaitable<storage::SenderIdentities> read_identities(Call& call, const CallAccount& account) {
    storage::Query<storage::SenderIdentities> query = storage::list_identities(account.id);
    storage::SenderIdentities all = co_await call.read(std::move(query));
    co_return all;
}

asio::awaitable<std::optional<SetError>> create_identity(Call& call, const CallAccount& account, const std::string& id,
                                                         const Json& given, SetOutcome& outcome) {
    Json object = identity_defaults();
    std::vector<std::string> invalid;
    for (const auto& [name, value] : given.items()) {
        const bool known =
            name == "email" || std::ranges::find(changeable_properties, name) != std::end(changeable_properties);
        if (!known) invalid.push_back(name);
        object[name] = value;
    }
    storage::SenderIdentity identity = read_identity(object, invalid);
    const bool has_email = object.contains("email") && is_text(object["email"], most_address_octets);
    if (!has_email) invalid.emplace_back("email");
    if (!invalid.empty()) co_return invalid_properties(std::move(invalid));
    identity.email = object["email"].get<std::string>();
    const storage::Result<bool> allowed =
        co_await call.context.services.directory.may_send_as(account.id, identity.email);
    if (!Call::unwrap(allowed)) co_return SetError{.type = "forbiddenFrom"};
    storage::Operation<storage::IdentityId> operation = storage::add_identity(account.id, identity, most_identities);
    const storage::Result<storage::IdentityId> added = co_await call.write(std::move(operation));
    if (!added) co_return identity_error(added.error());
    identity.id = *added;
    call.creation_ids.add(id, identity_id_text(*added));
    Json told = identity_object(identity);
    for (const auto& [name, value] : given.items()) told.erase(name);
    outcome.created[id] = std::move(told);
    co_return std::nullopt;
}

asio::awaitable<std::optional<SetError>> update_identity(Call& call, const CallAccount& account, const std::string& id,
                                                         const Json& patch, SetOutcome& outcome) {
    const storage::SenderIdentities all = co_await read_identities(call, account);
    const storage::SenderIdentity* identity = find_identity(all, id);
    if (identity == nullptr) co_return SetError{.type = "notFound"};
    const Json present = identity_object(*identity);
    Json wanted = present;
    if (const auto patched = apply_patch(wanted, patch, identity_defaults()); !patched) {
        co_return SetError{.type = "invalidPatch", .description = patched.error()};
    }
    std::vector<std::string> invalid = wrongly_changed(present, wanted, changeable_properties);
    storage::SenderIdentity changed = read_identity(wanted, invalid);
    if (!invalid.empty()) co_return invalid_properties(std::move(invalid));
    changed.id = identity->id;
    storage::Operation<std::monostate> operation = storage::change_identity(account.id, std::move(changed));
    const storage::Result<std::monostate> done = co_await call.write(std::move(operation));
    if (!done) co_return identity_error(done.error());
    outcome.updated[id] = nullptr;
    co_return std::nullopt;
}

asio::awaitable<std::optional<SetError>> destroy_identity(Call& call, const CallAccount& account,
                                                          const std::string& id) {
    const storage::SenderIdentities all = co_await read_identities(call, account);
    const storage::SenderIdentity* identity = find_identity(all, id);
    if (identity == nullptr) co_return SetError{.type = "notFound"};
    storage::Operation<std::monostate> operation = storage::remove_identity(account.id, identity->id);
    const storage::Result<std::monostate> done = co_await call.write(std::move(operation));
    if (!done) co_return identity_error(done.error());
    co_return std::nullopt;
}

}  // namespace

asio::awaitable<Json> identity_get(Call& call) {
    const CallAccount account = call.account();
    const auto is_property = [](std::string_view name) {
        const auto is_name = [&](std::string_view each) { return each == name; };
        return std::ranges::any_of(changeable_properties, is_name) || std::ranges::any_of(fixed_properties, is_name);
    };
    const GetArguments get = read_get(call.arguments, call.context.limits.objects_in_get, is_property);
    call.arguments.end();
    const storage::SenderIdentities all = co_await read_identities(call, account);
    Json found = Json::array();
    std::vector<std::string> not_found;
    if (!get.ids) {
        for (const storage::SenderIdentity& identity : all.identities) {
            found.push_back(with_properties(identity_object(identity), get));
        }
    }
    for (const std::string& id : get.ids.value_or(std::vector<std::string>())) {
        const std::optional<std::string> meant = call.creation_ids.resolve(id);
        const storage::SenderIdentity* identity = meant ? find_identity(all, *meant) : nullptr;
        if (identity == nullptr) {
            not_found.push_back(id);
        } else {
            found.push_back(with_properties(identity_object(*identity), get));
        }
    }
    co_return get_response(account.id_text, to_text(identities_state(all)), std::move(found), std::move(not_found));
}

asio::awaitable<Json> identity_changes(Call& call) {
    const CallAccount account = call.account();
    const storage::SenderIdentities all = co_await read_identities(call, account);
    const ChangesArguments arguments = read_changes(call.arguments, identities_state(all));
    call.arguments.end();
    if (arguments.since.modseq < all.complete_from.value) {
        throw MethodError("cannotCalculateChanges", "the state is too old");
    }
    std::vector<RecordChange> records;
    // Numbers are above 0, ids are not.
    const auto number = [](storage::IdentityId id) { return static_cast<std::uint64_t>(id.value) + 1; };
    for (const storage::SenderIdentity& identity : all.identities) {
        records.push_back({.id = identity_id_text(identity.id),
                           .number = number(identity.id),
                           .created = identity.created_modseq.value,
                           .updated = identity.changed_modseq.value});
    }
    for (const storage::RemovedIdentity& identity : all.removed) {
        records.push_back({.id = identity_id_text(identity.id),
                           .number = number(identity.id),
                           .created = identity.created_modseq.value,
                           .updated = 0,
                           .destroyed = identity.removed_modseq.value});
    }
    const Changes changes = changes_since(arguments, std::move(records), identities_state(all));
    co_return changes_response(account.id_text, arguments, changes);
}

asio::awaitable<Json> identity_set(Call& call) {
    const CallAccount account = call.account();
    const storage::SenderIdentities before = co_await read_identities(call, account);
    const std::string old_state = to_text(identities_state(before));
    const SetArguments set = read_set(call.arguments, call.context.limits.objects_in_set, old_state);
    call.arguments.end();
    SetOutcome outcome;
    for (const auto& [id, object] : set.create) {
        std::optional<SetError> error = co_await create_identity(call, account, id, object, outcome);
        if (error) outcome.not_created[id] = *std::move(error);
    }
    for (const auto& [reference, patch] : set.update) {
        const std::string id = call.creation_ids.resolve(reference).value_or(reference);
        std::optional<SetError> error = co_await update_identity(call, account, id, patch, outcome);
        if (error) outcome.not_updated[id] = *std::move(error);
    }
    for (const std::string& reference : set.destroy) {
        const std::string id = call.creation_ids.resolve(reference).value_or(reference);
        std::optional<SetError> error = co_await destroy_identity(call, account, id);
        if (error) {
            outcome.not_destroyed[id] = *std::move(error);
        } else {
            outcome.destroyed.push_back(id);
        }
    }
    const storage::SenderIdentities after = co_await read_identities(call, account);
    co_return set_response(account.id_text, old_state, to_text(identities_state(after)), outcome);
}

}  // namespace jmap
