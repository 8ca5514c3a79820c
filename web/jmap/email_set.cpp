// Email/set: RFC 8621 §4.6. An update is a difference: what it adds and takes away is done to all messages of the
// Email.
#include <algorithm>
#include <expected>
#include <iterator>
#include <utility>

#include "protocols/base/text.h"
#include "storage/store_await.h"
#include "web/jmap/email_writing.h"
#include "web/jmap/mail/email_compose.h"
#include "web/jmap/mail/email_object.h"
#include "web/jmap/wire/patch.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

using storage::Result;

constexpr std::string_view updatable[] = {"keywords", "mailboxIds"};

std::string host_of(const std::string& url) {
    const std::size_t scheme = url.find("://");
    const std::string host = url.substr(scheme == std::string::npos ? 0 : scheme + 3);
    return host.substr(0, host.find_first_of(":/"));
}

class EmailSet {
  public:
    EmailSet(Call& call, storage::EmailAccess access, const std::vector<std::string>& keywords)
        : call_(call), access_(access), keywords_(keywords) {}

    asio::awaitable<void> create(std::string creation_id, Json email) {
        std::optional<SetError> wrong;
        std::optional<storage::Email> made;
        {
            asio::awaitable<std::expected<storage::Email, SetError>> making = make(std::move(email));
            std::expected<storage::Email, SetError> result = co_await std::move(making);
            if (result)
                made = *std::move(result);
            else
                wrong = std::move(result.error());
        }
        if (wrong) {
            outcome.not_created[creation_id] = *std::move(wrong);
            co_return;
        }
        outcome.created[creation_id] = created_email(*made);
        call_.creation_ids.add(creation_id, made->id);
    }

    asio::awaitable<void> update(std::string given, Json patch) {
        const std::string id = call_.creation_ids.resolve(given).value_or(given);
        storage::Query<std::vector<std::optional<storage::Email>>> query = storage::get_emails(access_, {id}, false);
        const auto found = Call::unwrap(co_await call_.context.store.read(std::move(query)));
        if (!found.front()) {
            outcome.not_updated[given] = {.type = "notFound", .description = ""};
            co_return;
        }
        std::expected<storage::EmailEdit, SetError> edit = edit_of(*found.front(), std::move(patch));
        if (!edit) {
            outcome.not_updated[given] = std::move(edit.error());
            co_return;
        }
        storage::Operation<std::monostate> operation =
            storage::edit_email(access_, id, *std::move(edit), call_.context.services.now());
        const Result<std::monostate> edited = co_await write_email(call_, std::move(operation));
        if (edited) {
            outcome.updated[given] = nullptr;
        } else {
            outcome.not_updated[given] = set_error_of(edited.error());
        }
    }

    asio::awaitable<void> destroy(std::string given) {
        const std::string id = call_.creation_ids.resolve(given).value_or(given);
        storage::Operation<std::monostate> operation = storage::destroy_email(access_, id);
        const Result<std::monostate> destroyed = co_await write_email(call_, std::move(operation));
        if (destroyed) {
            outcome.destroyed.push_back(given);
        } else {
            outcome.not_destroyed[given] = set_error_of(destroyed.error());
        }
    }

    SetOutcome outcome;

  private:
    asio::awaitable<std::expected<storage::Email, SetError>> make(Json email) {
        const auto mailboxes = mailboxes_in(email.value("mailboxIds", Json()), call_.creation_ids);
        if (!mailboxes || mailboxes->empty()) co_return std::unexpected(invalid_properties({"mailboxIds"}));
        std::optional<storage::NamedFlags> flags = flags_of(email.value("keywords", Json::object()));
        if (!flags) co_return std::unexpected(invalid_properties({"keywords"}));
        const std::int64_t now = call_.context.services.now();
        std::int64_t received_at = now;
        if (const Json given = email.value("receivedAt", Json()); !given.is_null()) {
            const auto date = given.is_string() ? parse_utc_date(given.get<std::string>()) : std::nullopt;
            if (!date) co_return std::unexpected(invalid_properties({"receivedAt"}));
            received_at = *date;
        }
        const std::string random = call_.context.services.random_text(16);
        ComposeMaterial material{.now = {.unix_seconds = now, .zone_minutes = 0},
                                 .message_id = random + "@" + host_of(call_.context.base_url),
                                 .random = random,
                                 .blobs = {}};
        const std::uint64_t most = call_.context.limits.size_upload;
        storage::Query<std::map<std::string, std::string>> query = load_blobs(access_, blob_ids_in(email), most);
        material.blobs = Call::unwrap(co_await call_.context.store.read_long(std::move(query)));
        std::expected<std::string, SetError> message = compose_email(email, material);
        if (!message) co_return std::unexpected(std::move(message.error()));
        if (message->size() > most) co_return std::unexpected(SetError{.type = "tooLarge", .description = ""});
        Result<storage::NewMessage> staged = co_await stage_message(call_, *message, *std::move(flags), received_at);
        if (!staged) co_return std::unexpected(set_error_of(staged.error()));
        storage::Operation<storage::Email> operation = storage::add_email(access_, *mailboxes, *std::move(staged), now);
        Result<storage::Email> added = co_await write_email(call_, std::move(operation));
        if (!added) co_return std::unexpected(set_error_of(added.error()));
        co_return *std::move(added);
    }

    std::expected<storage::EmailEdit, SetError> edit_of(const storage::Email& email, Json patch) const {
        const EmailRequest both{.properties = {"keywords", "mailboxIds"}, .body_properties = {}};
        const Json before = email_object(both, {.email = &email, .keywords = keywords_});
        for (const auto& [pointer, value] : patch.items()) {
            const std::string name = pointer.substr(0, pointer.find('/'));
            if (std::ranges::find(updatable, name) == std::end(updatable)) {
                return std::unexpected(invalid_properties({name}, "cannot be changed"));
            }
        }
        Json after = before;
        const std::expected<void, std::string> patched =
            apply_patch(after, without_references(patch), {{"keywords", Json::object()}});
        if (!patched) return std::unexpected(SetError{.type = "invalidPatch", .description = patched.error()});
        const std::optional<storage::NamedFlags> flags = flags_of(after["keywords"]);
        if (!flags) return std::unexpected(invalid_properties({"keywords"}));
        const auto mailboxes = mailboxes_in(after.value("mailboxIds", Json()), call_.creation_ids);
        if (!mailboxes || mailboxes->empty()) return std::unexpected(invalid_properties({"mailboxIds"}));
        storage::EmailEdit edit;
        if (before["keywords"] != after["keywords"] || touches(patch, "keywords")) {
            edit.add = *flags;
            edit.remove = removed(*flags_of(before["keywords"]), before["keywords"], after["keywords"], *flags);
        }
        const auto old = *mailboxes_in(before["mailboxIds"], call_.creation_ids);
        std::ranges::set_difference(*mailboxes, old, std::back_inserter(edit.into));
        std::ranges::set_difference(old, *mailboxes, std::back_inserter(edit.out_of));
        return edit;
    }

    static bool touches(const Json& patch, std::string_view property) {
        return std::ranges::any_of(patch.items(), [&](const auto& one) { return one.key().starts_with(property); });
    }

    // Keywords are told in lower case, but may be set in any.
    static storage::NamedFlags removed(const storage::NamedFlags& old, const Json& before, const Json& after,
                                       const storage::NamedFlags& kept) {
        std::set<std::string> names;
        for (const auto& [name, value] : after.items()) names.insert(base::lower(name));
        storage::NamedFlags flags;
        flags.system = static_cast<std::uint8_t>(old.system & ~kept.system);
        for (const auto& [name, value] : before.items()) {
            const bool system = std::ranges::find(old.keywords, name) == old.keywords.end();
            if (!system && !names.contains(name)) flags.keywords.push_back(name);
        }
        return flags;
    }

    // "mailboxIds/#k1" and the like become what they refer to, so that equal mailboxes are equal.
    Json without_references(const Json& patch) const {
        constexpr std::string_view prefix = "mailboxIds/";
        Json resolved = Json::object();
        for (const auto& [pointer, value] : patch.items()) {
            std::string name = pointer;
            if (pointer.starts_with(prefix)) {
                const std::string id = pointer.substr(prefix.size());
                name = std::string(prefix) + call_.creation_ids.resolve(id).value_or(id);
            }
            resolved[name] = value;
        }
        return resolved;
    }

    Call& call_;
    storage::EmailAccess access_;
    const std::vector<std::string>& keywords_;
};

asio::awaitable<storage::EmailState> state_now(Call& call, storage::EmailAccess access) {
    storage::Query<storage::EmailState> query = storage::email_state(access);
    co_return Call::unwrap(co_await call.context.store.read(std::move(query)));
}

}  // namespace

asio::awaitable<Json> email_set(Call& call) {
    const CallAccount account = call.account();
    const storage::EmailAccess access = email_access(call, account);
    const storage::EmailState before = co_await state_now(call, access);
    const std::string old_state = storage::state_text(before.modseq);
    SetArguments set = read_set(call.arguments, call.context.limits.objects_in_set, old_state);
    call.arguments.end();
    EmailSet work(call, access, before.keywords);
    for (auto& [id, email] : set.create) co_await work.create(id, std::move(email));
    // RFC 8620 §5.3: keywords that are new since then are known by the next call's.
    const storage::EmailState between = co_await state_now(call, access);
    EmailSet changes(call, access, between.keywords);
    changes.outcome = std::move(work.outcome);
    for (auto& [id, patch] : set.update) {
        const bool doomed = std::ranges::find(set.destroy, id) != set.destroy.end();
        if (doomed) {
            changes.outcome.not_updated[id] = {.type = "willDestroy", .description = ""};
        } else {
            co_await changes.update(id, std::move(patch));
        }
    }
    for (const std::string& id : set.destroy) co_await changes.destroy(id);
    const storage::EmailState after = co_await state_now(call, access);
    co_return set_response(account.id_text, old_state, storage::state_text(after.modseq), changes.outcome);
}

}  // namespace jmap
