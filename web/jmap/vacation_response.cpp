// The one VacationResponse of an account, over storage/vacation.h. RFC 8621 §8.
#include "web/jmap/vacation_response.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "storage/vacation.h"
#include "web/jmap/wire/changes.h"
#include "web/jmap/wire/get.h"
#include "web/jmap/wire/patch.h"
#include "web/jmap/wire/set.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

constexpr std::string_view singleton_id = "singleton";
constexpr std::size_t most_subject_octets = 900;  // of a header field's line (RFC 5322 §2.1.1)
constexpr std::size_t most_body_octets = 64u << 10;

constexpr std::string_view vacation_properties[] = {"isEnabled", "fromDate", "toDate",
                                                    "subject",   "textBody", "htmlBody"};

std::string vacation_state(const storage::VacationResponse& response) {
    return to_text(State{.modseq = response.changed_modseq.value});
}

Json date_or_null(const std::optional<std::int64_t>& at) { return at ? Json(utc_date(*at)) : Json(nullptr); }
Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

Json vacation_object(const storage::VacationResponse& response) {
    return {{"id", singleton_id},
            {"isEnabled", response.enabled},
            {"fromDate", date_or_null(response.from)},
            {"toDate", date_or_null(response.to)},
            {"subject", text_or_null(response.subject)},
            {"textBody", text_or_null(response.text_body)},
            {"htmlBody", text_or_null(response.html_body)}};
}

const Json& vacation_defaults() {
    static const Json defaults = {{"isEnabled", false}, {"fromDate", nullptr}, {"toDate", nullptr},
                                  {"subject", nullptr}, {"textBody", nullptr}, {"htmlBody", nullptr}};
    return defaults;
}

// A UTCDate|null, a String|null; what is neither is noted by name.
std::optional<std::int64_t> date_of(const Json& object, const char* name, std::vector<std::string>& invalid) {
    const Json& value = object[name];
    if (value.is_null()) return std::nullopt;
    std::optional<std::int64_t> at;
    if (value.is_string()) at = parse_utc_date(value.get_ref<const std::string&>());
    if (!at) invalid.emplace_back(name);
    return at;
}
std::optional<std::string> text_of_property(const Json& object, const char* name, std::size_t most,
                                            std::vector<std::string>& invalid) {
    const Json& value = object[name];
    if (value.is_null()) return std::nullopt;
    if (value.is_string() && value.get_ref<const std::string&>().size() <= most) return value.get<std::string>();
    invalid.emplace_back(name);
    return std::nullopt;
}

storage::VacationResponse read_vacation(const Json& object, std::vector<std::string>& invalid) {
    storage::VacationResponse response;
    if (!object["isEnabled"].is_boolean()) invalid.emplace_back("isEnabled");
    response.enabled = object["isEnabled"].is_boolean() && object["isEnabled"].get<bool>();
    response.from = date_of(object, "fromDate", invalid);
    response.to = date_of(object, "toDate", invalid);
    response.subject = text_of_property(object, "subject", most_subject_octets, invalid);
    response.text_body = text_of_property(object, "textBody", most_body_octets, invalid);
    response.html_body = text_of_property(object, "htmlBody", most_body_octets, invalid);
    // It becomes one line.
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    if (response.subject && std::ranges::any_of(*response.subject, is_control)) invalid.emplace_back("subject");
    return response;
}

asio::awaitable<storage::VacationResponse> present_vacation(Call& call, const CallAccount& account) {
    storage::Query<storage::VacationResponse> query = storage::find_vacation(account.id);
    storage::VacationResponse response = co_await call.read(std::move(query));
    co_return response;
}

asio::awaitable<std::optional<SetError>> update_vacation(Call& call, const CallAccount& account, const Json& patch) {
    const storage::VacationResponse response = co_await present_vacation(call, account);
    const Json present = vacation_object(response);
    Json wanted = present;
    if (const auto patched = apply_patch(wanted, patch, vacation_defaults()); !patched) {
        co_return SetError{.type = "invalidPatch", .description = patched.error()};
    }
    std::vector<std::string> invalid = wrongly_changed(present, wanted, vacation_properties);
    storage::VacationResponse changed = read_vacation(wanted, invalid);
    if (!invalid.empty()) co_return invalid_properties(std::move(invalid));
    storage::Operation<std::monostate> operation = storage::set_vacation(account.id, std::move(changed));
    const storage::Result<std::monostate> done = co_await call.write(std::move(operation));
    if (!done) co_return SetError{.type = "serverFail", .description = done.error().text};
    co_return std::nullopt;
}

}  // namespace

asio::awaitable<Json> vacation_response_get(Call& call) {
    const CallAccount account = call.account();
    const auto is_property = [](std::string_view name) {
        return name == "id" || std::ranges::find(vacation_properties, name) != std::end(vacation_properties);
    };
    const GetArguments get = read_get(call.arguments, call.context.limits.objects_in_get, is_property);
    call.arguments.end();
    const storage::VacationResponse response = co_await present_vacation(call, account);
    Json found = Json::array();
    std::vector<std::string> not_found;
    for (const std::string& id : get.ids.value_or(std::vector<std::string>{std::string(singleton_id)})) {
        if (id == singleton_id) {
            found.push_back(with_properties(vacation_object(response), get));
        } else {
            not_found.push_back(id);
        }
    }
    co_return get_response(account.id_text, vacation_state(response), std::move(found), std::move(not_found));
}

asio::awaitable<Json> vacation_response_set(Call& call) {
    const CallAccount account = call.account();
    const storage::VacationResponse before = co_await present_vacation(call, account);
    const std::string old_state = vacation_state(before);
    const SetArguments set = read_set(call.arguments, call.context.limits.objects_in_set, old_state);
    call.arguments.end();
    SetOutcome outcome;
    for (const auto& [id, object] : set.create) outcome.not_created[id] = {.type = "singleton"};
    for (const auto& [id, patch] : set.update) {
        if (id != singleton_id) {
            outcome.not_updated[id] = {.type = "notFound"};
            continue;
        }
        std::optional<SetError> error = co_await update_vacation(call, account, patch);
        if (error) {
            outcome.not_updated[id] = *std::move(error);
        } else {
            outcome.updated[id] = nullptr;
        }
    }
    for (const std::string& id : set.destroy) {
        outcome.not_destroyed[id] = {.type = id == singleton_id ? "singleton" : "notFound"};
    }
    const storage::VacationResponse after = co_await present_vacation(call, account);
    co_return set_response(account.id_text, old_state, vacation_state(after), outcome);
}

}  // namespace jmap
