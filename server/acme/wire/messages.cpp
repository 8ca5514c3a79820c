// By nlohmann_json; each value's type is looked at before it is taken.
#include "server/acme/wire/messages.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/base/timestamp.h"

namespace server::acme {

namespace {

using nlohmann::json;

// More of these no server sends for one of our orders.
constexpr std::size_t elements_most = 100;
constexpr std::size_t text_octets_most = 4'000;
constexpr std::size_t shown_octets_most = 400;  // of a problem

constexpr std::string_view error_prefix = "urn:ietf:params:acme:error:";

// Thrown and caught in this file.
struct Fault {
    std::string what;
};

json read_object(std::string_view text) {
    json object = json::parse(text, nullptr, false);
    if (!object.is_object()) throw Fault{"no JSON object"};
    return object;
}

const json* member(const json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_in(const json& value, const char* name) {
    if (!value.is_string()) throw Fault{std::string(name) + " is no string"};
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > text_octets_most) throw Fault{std::string(name) + " is too long"};
    return text;
}

std::string text_of_member(const json& object, const char* name) {
    const json* value = member(object, name);
    if (value == nullptr) throw Fault{std::string(name) + " is missing"};
    return text_in(*value, name);
}

std::string optional_text(const json& object, const char* name) {
    const json* value = member(object, name);
    return value == nullptr ? std::string() : text_in(*value, name);
}

const json& list_of_member(const json& object, const char* name) {
    const json* value = member(object, name);
    if (value == nullptr || !value->is_array()) throw Fault{std::string(name) + " is no list"};
    if (value->size() > elements_most) throw Fault{std::string(name) + " has too many elements"};
    return *value;
}

Status status_of(const json& object) {
    const std::string word = text_of_member(object, "status");
    if (word == "pending") return Status::pending;
    if (word == "ready") return Status::ready;
    if (word == "processing") return Status::processing;
    if (word == "valid") return Status::valid;
    if (word == "invalid") return Status::invalid;
    return Status::ended;
}

// For a log: printable ASCII, and not endless.
std::string shown(std::string_view text) {
    std::string out(base::beginning(text, shown_octets_most));
    std::ranges::replace_if(out, [](char c) { return c < ' ' || c == '\x7f'; }, ' ');
    return out;
}

Problem problem_of(const json& object) {
    Problem problem{.type = shown(optional_text(object, "type")), .detail = shown(optional_text(object, "detail"))};
    if (problem.type.starts_with(error_prefix)) problem.type.erase(0, error_prefix.size());
    // What is wrong with one name of several (RFC 8555 §6.7.1).
    const json* parts = member(object, "subproblems");
    if (parts == nullptr || !parts->is_array()) return problem;
    for (std::size_t i = 0; i < std::min<std::size_t>(parts->size(), 3); ++i) {
        if (!(*parts)[i].is_object()) continue;
        problem.detail += "; " + shown(optional_text((*parts)[i], "detail"));
    }
    problem.detail = shown(problem.detail);
    return problem;
}

std::optional<Problem> optional_problem(const json& object) {
    const json* error = member(object, "error");
    if (error == nullptr || !error->is_object()) return std::nullopt;
    return problem_of(*error);
}

bool is_token(std::string_view text) {
    return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
    });
}

Challenge challenge_of(const json& object) {
    if (!object.is_object()) throw Fault{"a challenge is no object"};
    Challenge challenge{.type = text_of_member(object, "type"),
                        .url = optional_text(object, "url"),
                        .token = optional_text(object, "token"),
                        .status = status_of(object),
                        .error = optional_problem(object)};
    if (!challenge.token.empty() && !is_token(challenge.token)) throw Fault{"a token is not base64url"};
    return challenge;
}

std::int64_t timestamp_of(const json& object, const char* name) {
    const auto time = base::parse_timestamp(text_of_member(object, name));
    if (!time) throw Fault{std::string(name) + " is no timestamp"};
    return *time;
}

// Whatever nlohmann_json throws would be a fault of ours, but a peer must not be able to cause it.
template <class T, class Function>
Read<T> guarded(std::string_view text, Function&& function) {
    try {
        return function(read_object(text));
    } catch (const Fault& fault) {
        return std::unexpected(fault.what);
    } catch (const json::exception& error) {
        return std::unexpected(std::string(error.what()));
    }
}

}  // namespace

std::string text_of(const Problem& problem) {
    if (problem.type.empty()) return problem.detail.empty() ? "no reason is given" : problem.detail;
    return problem.detail.empty() ? problem.type : problem.type + ": " + problem.detail;
}

Read<Directory> read_directory(std::string_view text) {
    return guarded<Directory>(text, [](const json& object) {
        Directory directory{.new_nonce = text_of_member(object, "newNonce"),
                            .new_account = text_of_member(object, "newAccount"),
                            .new_order = text_of_member(object, "newOrder"),
                            .renewal_info = optional_text(object, "renewalInfo")};
        const json* meta = member(object, "meta");
        if (meta == nullptr || !meta->is_object()) return directory;
        const json* external = member(*meta, "externalAccountRequired");
        directory.needs_external_account = external != nullptr && external->is_boolean() && external->get<bool>();
        return directory;
    });
}

Read<Problem> read_problem(std::string_view text) {
    return guarded<Problem>(text, [](const json& object) { return problem_of(object); });
}

Read<Order> read_order(std::string_view text) {
    return guarded<Order>(text, [](const json& object) {
        Order order{.status = status_of(object),
                    .authorizations = {},
                    .finalize = text_of_member(object, "finalize"),
                    .certificate = optional_text(object, "certificate"),
                    .error = optional_problem(object)};
        for (const json& url : list_of_member(object, "authorizations")) {
            order.authorizations.push_back(text_in(url, "authorizations"));
        }
        return order;
    });
}

Read<Authorization> read_authorization(std::string_view text) {
    return guarded<Authorization>(text, [](const json& object) {
        const json* identifier = member(object, "identifier");
        if (identifier == nullptr || !identifier->is_object()) throw Fault{"identifier is missing"};
        Authorization authorization{
            .status = status_of(object), .name = base::lower(text_of_member(*identifier, "value")), .challenges = {}};
        for (const json& one : list_of_member(object, "challenges")) {
            authorization.challenges.push_back(challenge_of(one));
        }
        return authorization;
    });
}

Read<RenewalWindow> read_renewal_window(std::string_view text) {
    return guarded<RenewalWindow>(text, [](const json& object) {
        const json* window = member(object, "suggestedWindow");
        if (window == nullptr || !window->is_object()) throw Fault{"suggestedWindow is missing"};
        RenewalWindow read{.start = timestamp_of(*window, "start"),
                           .end = timestamp_of(*window, "end"),
                           .explanation = shown(optional_text(object, "explanationURL"))};
        if (read.end <= read.start) throw Fault{"the suggested window ends before it begins"};
        return read;
    });
}

}  // namespace server::acme
