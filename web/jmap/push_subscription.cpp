// They belong to a log-in, not to an account: no accountId, no states. RFC 8620 §7.2.1, §7.2.2.
#include "web/jmap/push_subscription.h"

#include <algorithm>
#include <array>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "storage/push_subscriptions.h"
#include "storage/store_await.h"
#include "web/jmap/wire/get.h"
#include "web/jmap/wire/patch.h"
#include "web/jmap/wire/set.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

using storage::PushSubscription;
template <class T>
using Checked = std::expected<T, SetError>;

constexpr std::size_t most_subscriptions = 32;  // of an account
constexpr std::size_t most_text = 255;          // octets of a device's id
constexpr std::size_t most_url = 2'000;
constexpr std::size_t most_types = 64;
constexpr std::size_t id_octets = 12;
constexpr std::size_t code_octets = 20;
constexpr std::int64_t longest_life = std::int64_t{30} * 86'400;  // §7.2: at least 7 days
constexpr std::size_t p256dh_octets = 65;
constexpr std::size_t auth_octets = 16;

constexpr std::array<std::string_view, 5> shown = {"id", "deviceClientId", "verificationCode", "expires", "types"};
constexpr std::array<std::string_view, 2> secret = {"url", "keys"};

template <class List>
bool contains(const List& list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
}

Json to_object(const PushSubscription& one) {
    return {{"id", one.id},
            {"deviceClientId", one.device},
            {"verificationCode", one.verified ? Json(one.verification_code) : Json(nullptr)},
            {"expires", utc_date(one.expires_at)},
            {"types", one.types ? Json(*one.types) : Json(nullptr)}};
}

asio::awaitable<std::vector<PushSubscription>> subscriptions_of(Call& call) {
    const Context& context = call.context;
    auto found = co_await call.read(storage::list_push_subscriptions(context.identity.account, context.services.now()));
    // Those of other log-ins are theirs (§7.2.1).
    const storage::AppPasswordId own = context.identity.log_in().app_password;
    std::erase_if(found, [own](const PushSubscription& one) { return one.log_in.app_password != own; });
    co_return found;
}

Checked<std::string> text_of(const Json& object, const char* name, std::size_t most) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return std::unexpected(invalid_properties({name}));
    std::string text = found->get<std::string>();
    if (text.empty() || text.size() > most) return std::unexpected(invalid_properties({name}));
    return text;
}

// An absolute https URL. Where it leads is looked at when something is pushed.
Checked<std::string> url_of(const Json& object) {
    Checked<std::string> url = text_of(object, "url", most_url);
    if (!url) return url;
    const bool printable = std::ranges::all_of(*url, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!printable || !base::iequals(url->substr(0, 8), "https://")) {
        return std::unexpected(invalid_properties({"url"}, "It must begin with https://"));
    }
    return url;
}

Checked<std::pair<std::string, std::string>> keys_of(const Json& object) {
    const auto found = object.find("keys");
    if (found == object.end() || found->is_null()) return {};
    const auto octets = [&](const char* name) -> std::optional<std::string> {
        const auto key = found->is_object() ? found->find(name) : found->end();
        if (key == found->end() || !key->is_string()) return std::nullopt;
        return base::decode_base64url(key->get<std::string>());
    };
    std::optional<std::string> p256dh = octets("p256dh");
    std::optional<std::string> auth = octets("auth");
    if (!p256dh || p256dh->size() != p256dh_octets || !auth || auth->size() != auth_octets || found->size() != 2) {
        return std::unexpected(invalid_properties({"keys"}));
    }
    return std::pair(*std::move(p256dh), *std::move(auth));
}

// As the client wants it, at most as long as we grant.
Checked<std::int64_t> expiry_of(const Json& object, std::int64_t now) {
    const auto found = object.find("expires");
    if (found == object.end() || found->is_null()) return now + longest_life;
    const std::optional<std::int64_t> at =
        found->is_string() ? parse_utc_date(found->get<std::string>()) : std::nullopt;
    if (!at) return std::unexpected(invalid_properties({"expires"}));
    return std::min(*at, now + longest_life);
}

// Types that we do not know may come with a later version: they are kept.
Checked<std::optional<std::vector<std::string>>> types_of(const Json& object) {
    const auto found = object.find("types");
    if (found == object.end() || found->is_null()) return std::nullopt;
    const auto is_name = [](const Json& type) {
        return type.is_string() && !type.get<std::string>().empty() && type.get<std::string>().size() <= most_text &&
               std::ranges::all_of(type.get<std::string>(), base::is_alpha);
    };
    if (!found->is_array() || found->size() > most_types || !std::ranges::all_of(*found, is_name)) {
        return std::unexpected(invalid_properties({"types"}));
    }
    return found->get<std::vector<std::string>>();
}

std::optional<SetError> unknown_property(const Json& object, bool on_create) {
    std::vector<std::string> wrong;
    for (const auto& [name, value] : object.items()) {
        const bool known = (contains(shown, name) && name != "id") || contains(secret, name);
        if (!known || (on_create && name == "verificationCode" && !value.is_null())) wrong.push_back(name);
    }
    if (wrong.empty()) return std::nullopt;
    return invalid_properties(std::move(wrong));
}

Checked<PushSubscription> new_subscription(Call& call, const Json& object) {
    const Context& context = call.context;
    if (auto wrong = unknown_property(object, true)) return std::unexpected(*std::move(wrong));
    auto device = text_of(object, "deviceClientId", most_text);
    if (!device) return std::unexpected(device.error());
    auto url = url_of(object);
    if (!url) return std::unexpected(url.error());
    auto keys = keys_of(object);
    if (!keys) return std::unexpected(keys.error());
    auto expires_at = expiry_of(object, context.services.now());
    if (!expires_at) return std::unexpected(expires_at.error());
    auto types = types_of(object);
    if (!types) return std::unexpected(types.error());
    return PushSubscription{.id = context.services.random_text(id_octets),
                            .log_in = context.identity.log_in(),
                            .device = *std::move(device),
                            .url = *std::move(url),
                            .p256dh = std::move(keys->first),
                            .auth = std::move(keys->second),
                            .verification_code = context.services.random_text(code_octets),
                            .verified = false,
                            .expires_at = *expires_at,
                            .types = *std::move(types)};
}

asio::awaitable<Checked<Json>> create(Call& call, const Json& object) {
    Checked<PushSubscription> made = new_subscription(call, object);
    if (!made) co_return std::unexpected(made.error());
    const storage::Result<std::monostate> added = co_await call.context.store.write(
        storage::add_push_subscription(*made, most_subscriptions, call.context.services.now()));
    if (!added && added.error().reason == storage::Reason::too_many) {
        co_return std::unexpected(SetError{.type = "overQuota", .description = added.error().text});
    }
    Call::unwrap(added);
    const Json all = to_object(*made);
    Json told = Json::object();
    for (const auto& [name, value] : all.items()) {
        const auto given = object.find(name);
        if (given == object.end() || *given != value) told[name] = value;
    }
    co_return told;
}

// What differs from before; the patch must lead to an object that could have been there.
Checked<storage::PushUpdate> changes_of(Call& call, const PushSubscription& before, const Json& patch) {
    const Json old = to_object(before);
    Json object = old;
    const Json defaults = {{"expires", nullptr}, {"types", nullptr}, {"verificationCode", nullptr}};
    if (const auto applied = apply_patch(object, patch, defaults); !applied) {
        return std::unexpected(SetError{.type = "invalidPatch", .description = applied.error()});
    }
    for (const auto& [name, value] : object.items()) {
        const bool mutable_one = name == "expires" || name == "types" || name == "verificationCode";
        if (!mutable_one && (!old.contains(name) || old[name] != value)) {
            return std::unexpected(invalid_properties({name}));
        }
    }
    storage::PushUpdate update;
    if (object["expires"] != old["expires"]) {
        auto expires_at = expiry_of(object, call.context.services.now());
        if (!expires_at) return std::unexpected(expires_at.error());
        update.expires_at = *expires_at;
    }
    auto types = types_of(object);
    if (!types) return std::unexpected(types.error());
    if (*types != before.types) update.types = *std::move(types);
    if (object["verificationCode"] != old["verificationCode"]) {
        if (object["verificationCode"] != Json(before.verification_code)) {
            return std::unexpected(invalid_properties({"verificationCode"}));
        }
        update.verified = true;
    }
    return update;
}

SetError not_found() { return {.type = "notFound", .description = {}, .properties = {}}; }

asio::awaitable<Checked<Json>> update(Call& call, const std::vector<PushSubscription>& all, const std::string& id,
                                      const Json& patch) {
    const auto found = std::ranges::find(all, id, &PushSubscription::id);
    if (found == all.end()) co_return std::unexpected(not_found());
    const Checked<storage::PushUpdate> changes = changes_of(call, *found, patch);
    if (!changes) co_return std::unexpected(changes.error());
    const bool there = Call::unwrap(co_await call.context.store.write(
        storage::update_push_subscription(call.context.identity.account, id, *changes)));
    if (!there) co_return std::unexpected(not_found());
    const auto asked = patch.find("expires");
    if (!changes->expires_at || asked == patch.end()) co_return Json(nullptr);
    const std::string granted = utc_date(*changes->expires_at);
    co_return *asked == Json(granted) ? Json(nullptr) : Json{{"expires", granted}};
}

asio::awaitable<bool> destroy(Call& call, const std::string& id) {
    const bool there = Call::unwrap(
        co_await call.context.store.write(storage::remove_push_subscription(call.context.identity.account, id)));
    co_return there;
}

asio::awaitable<void> run_set(Call& call, const SetArguments& set, SetOutcome& outcome) {
    for (const auto& [name, object] : set.create) {
        Checked<Json> created = co_await create(call, object);
        if (created) {
            call.creation_ids.add(name, (*created)["id"].get<std::string>());
            outcome.created[name] = *std::move(created);
        } else {
            outcome.not_created[name] = std::move(created.error());
        }
    }
    const std::vector<PushSubscription> all = co_await subscriptions_of(call);
    for (const auto& [reference, patch] : set.update) {
        const std::string id = call.creation_ids.resolve(reference).value_or(reference);
        Checked<Json> updated = co_await update(call, all, id, patch);
        if (updated) {
            outcome.updated[id] = *std::move(updated);
        } else {
            outcome.not_updated[id] = std::move(updated.error());
        }
    }
    for (const std::string& reference : set.destroy) {
        const std::string id = call.creation_ids.resolve(reference).value_or(reference);
        bool there = std::ranges::find(all, id, &PushSubscription::id) != all.end();
        if (there) there = co_await destroy(call, id);
        if (there) {
            outcome.destroyed.push_back(id);
        } else {
            outcome.not_destroyed[id] = not_found();
        }
    }
}

}  // namespace

asio::awaitable<Json> push_subscription_get(Call& call) {
    const GetArguments get = read_get(call.arguments, call.context.limits.objects_in_get, [](std::string_view name) {
        if (contains(secret, name)) throw MethodError("forbidden", std::string(name) + " is not told");
        return contains(shown, name);
    });
    call.arguments.end();
    const std::vector<PushSubscription> all = co_await subscriptions_of(call);
    Json list = Json::array();
    std::vector<std::string> missing;
    for (const PushSubscription& one : all) {
        if (!get.ids || contains(*get.ids, one.id)) list.push_back(with_properties(to_object(one), get));
    }
    if (get.ids) {
        missing = *get.ids;
        std::erase_if(missing, [&](const std::string& id) {
            return std::ranges::find(all, id, &PushSubscription::id) != all.end();
        });
    }
    Json response = get_response("", "", std::move(list), std::move(missing));
    response.erase("accountId");
    response.erase("state");
    co_return response;
}

asio::awaitable<Json> push_subscription_set(Call& call) {
    const SetArguments set = read_set(call.arguments, call.context.limits.objects_in_set, "");
    call.arguments.end();
    SetOutcome outcome;
    co_await run_set(call, set, outcome);
    Json response = set_response("", "", "", outcome);
    for (const char* name : {"accountId", "oldState", "newState"}) response.erase(name);
    co_return response;
}

}  // namespace jmap
