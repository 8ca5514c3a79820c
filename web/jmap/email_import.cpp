// Email/import, Email/parse: RFC 8621 §4.8, §4.9.
#include <utility>

#include "protocols/mime/date_time.h"
#include "protocols/mime/header.h"
#include "protocols/mime/summary.h"
#include "storage/store_await.h"
#include "web/jmap/email_writing.h"
#include "web/jmap/mail/email_compose.h"
#include "web/jmap/mail/email_object.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

using storage::Result;

constexpr std::size_t parsed_value_octets = std::size_t{5} << 20;  // of a body value

// §4.8: the date of the most recent Received field.
std::optional<std::int64_t> received_date(std::string_view message) {
    const std::optional<mime::HeaderField> field = mime::find_field(message, "Received");
    if (!field) return std::nullopt;
    const std::size_t semicolon = field->value.rfind(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    const std::optional<mime::DateTime> date = mime::parse_date_time(field->value.substr(semicolon + 1));
    return date ? std::optional(date->unix_seconds) : std::nullopt;
}

asio::awaitable<std::map<std::string, std::string>> load(Call& call, storage::EmailAccess access,
                                                         std::set<std::string> ids) {
    storage::Query<std::map<std::string, std::string>> query =
        load_blobs(access, std::move(ids), call.context.limits.size_upload);
    co_return Call::unwrap(co_await call.context.store.read_long(std::move(query)));
}

asio::awaitable<std::expected<storage::Email, SetError>> import_one(Call& call, storage::EmailAccess access,
                                                                    Json given) {
    const auto mailboxes = mailboxes_in(given.value("mailboxIds", Json()), call.creation_ids);
    if (!mailboxes || mailboxes->empty()) co_return std::unexpected(invalid_properties({"mailboxIds"}));
    std::optional<storage::NamedFlags> flags = flags_of(given.value("keywords", Json::object()));
    if (!flags) co_return std::unexpected(invalid_properties({"keywords"}));
    const Json blob = given.value("blobId", Json());
    if (!blob.is_string()) co_return std::unexpected(invalid_properties({"blobId"}));
    const std::string blob_id = blob.get<std::string>();
    const std::map<std::string, std::string> blobs = co_await load(call, access, {blob_id});
    const auto octets = blobs.find(blob_id);
    if (octets == blobs.end()) co_return std::unexpected(invalid_properties({"blobId"}, "there is no such blob"));
    if (octets->second.empty()) co_return std::unexpected(SetError{.type = "invalidEmail", .description = ""});
    const std::int64_t now = call.context.services.now();
    std::int64_t date = received_date(octets->second).value_or(now);
    if (const Json received = given.value("receivedAt", Json()); !received.is_null()) {
        const auto parsed = received.is_string() ? parse_utc_date(received.get<std::string>()) : std::nullopt;
        if (!parsed) co_return std::unexpected(invalid_properties({"receivedAt"}));
        date = *parsed;
    }
    Result<storage::NewMessage> staged = co_await stage_message(call, octets->second, *std::move(flags), date);
    if (!staged) co_return std::unexpected(set_error_of(staged.error()));
    storage::Operation<storage::Email> operation = storage::add_email(access, *mailboxes, *std::move(staged), now);
    Result<storage::Email> added = co_await write_email(call, std::move(operation));
    if (!added) co_return std::unexpected(set_error_of(added.error()));
    co_return *std::move(added);
}

asio::awaitable<std::string> email_state_text(Call& call, storage::EmailAccess access) {
    storage::Query<storage::EmailState> query = storage::email_state(access);
    const storage::EmailState state = Call::unwrap(co_await call.context.store.read(std::move(query)));
    co_return storage::state_text(state.modseq);
}

Json parsed_email(const EmailRequest& request, const std::string& id, const std::string& octets) {
    const std::string summary = mime::encode_summary(mime::summarize(octets));
    const mime::ReadOctets read = [&octets](std::uint64_t offset, std::uint64_t length) {
        return offset < octets.size() ? std::string_view(octets).substr(offset, length) : std::string_view();
    };
    return email_object(request, {.email = nullptr,
                                  .keywords = {},
                                  .blob_id = id,
                                  .size_octets = octets.size(),
                                  .summary = summary,
                                  .read = &read});
}

}  // namespace

asio::awaitable<Json> email_import(Call& call) {
    const CallAccount account = call.account();
    const storage::EmailAccess access = email_access(call, account);
    const std::optional<std::string> expected = call.arguments.string_or_null("ifInState");
    const Json emails = call.arguments.object("emails");
    call.arguments.end();
    if (emails.size() > call.context.limits.objects_in_set) throw MethodError("requestTooLarge", "too many emails");
    const std::string old_state = co_await email_state_text(call, access);
    if (expected && *expected != old_state) throw MethodError("stateMismatch");
    Json created = Json();
    Json not_created = Json();
    for (const auto& [creation_id, given] : emails.items()) {
        if (!given.is_object()) throw invalid_arguments("emails: not an object");
        const std::expected<storage::Email, SetError> imported = co_await import_one(call, access, given);
        if (imported) {
            created[creation_id] = created_email(*imported);
            call.creation_ids.add(creation_id, imported->id);
        } else {
            not_created[creation_id] = to_json(imported.error());
        }
    }
    const std::string new_state = co_await email_state_text(call, access);
    co_return Json{{"accountId", account.id_text},
                   {"oldState", old_state},
                   {"newState", new_state},
                   {"created", std::move(created)},
                   {"notCreated", std::move(not_created)}};
}

asio::awaitable<Json> email_parse(Call& call) {
    const CallAccount account = call.account();
    const std::vector<std::string> ids = call.arguments.ids_or_null("blobIds").value_or(std::vector<std::string>());
    std::vector<std::string> properties;
    if (auto given = call.arguments.strings_or_null("properties")) {
        properties = *std::move(given);
    } else {
        for (const char* property : default_parse_properties()) properties.emplace_back(property);
    }
    for (const std::string& property : properties) {
        if (!is_email_property(property)) throw invalid_arguments("there is no property " + property);
    }
    const EmailRequest request = read_email_request(call.arguments, std::move(properties), parsed_value_octets);
    call.arguments.end();
    if (ids.size() > call.context.limits.objects_in_get) throw MethodError("requestTooLarge", "too many blobs");
    const std::map<std::string, std::string> blobs =
        co_await load(call, email_access(call, account), {ids.begin(), ids.end()});
    Json parsed = Json();
    Json not_parsable = Json();
    Json not_found = Json();
    for (const std::string& id : ids) {
        const auto octets = blobs.find(id);
        if (octets == blobs.end()) {
            not_found.push_back(id);
        } else if (mime::parse_header(octets->second, 1).empty()) {
            not_parsable.push_back(id);
        } else {
            parsed[id] = parsed_email(request, id, octets->second);
        }
    }
    co_return Json{{"accountId", account.id_text},
                   {"parsed", std::move(parsed)},
                   {"notParsable", std::move(not_parsable)},
                   {"notFound", std::move(not_found)}};
}

}  // namespace jmap
