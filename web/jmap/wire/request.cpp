// Reading a Request object; what is not known in it is ignored. RFC 8620 §3.3.
#include "web/jmap/wire/request.h"

#include <utility>

#include "protocols/base/text.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

constexpr std::string_view error_urn = "urn:ietf:params:jmap:error:";

Problem problem_of(std::string_view type, std::string detail) {
    return {
        .status = 400, .type = std::string(error_urn) + std::string(type), .detail = std::move(detail), .limit = {}};
}

std::unexpected<Problem> not_request(std::string detail) {
    return std::unexpected(problem_of("notRequest", std::move(detail)));
}

bool is_invocation(const Json& value) {
    return value.is_array() && value.size() == 3 && value[0].is_string() && value[1].is_object() &&
           value[2].is_string();
}

bool is_created_ids(const Json& value) {
    if (!value.is_object()) return false;
    for (const auto& [created, id] : value.items()) {
        if (!is_id(created) || !id.is_string() || !is_id(id.get_ref<const std::string&>())) return false;
    }
    return true;
}

}  // namespace

std::string to_text(const Problem& problem) {
    Json json = {{"type", problem.type}, {"status", problem.status}, {"detail", problem.detail}};
    if (!problem.limit.empty()) json["limit"] = problem.limit;
    return to_text(json);
}

Problem limit_reached(std::string limit, std::string detail) {
    Problem problem = problem_of("limit", std::move(detail));
    problem.limit = std::move(limit);
    return problem;
}

Problem not_json() { return problem_of("notJSON", "The request is not I-JSON of the type application/json."); }

std::expected<Request, Problem> parse_request(std::string_view octets, const RequestLimits& limits,
                                              const std::function<bool(const std::string&)>& is_capability) {
    if (octets.size() > limits.size_request) {
        return std::unexpected(limit_reached("maxSizeRequest", "The request has too many octets."));
    }
    std::expected<Json, JsonFault> json = parse_i_json(octets, limits.json);
    if (!json && json.error() == JsonFault::too_large) {
        return std::unexpected(limit_reached("maxSizeRequest", "The request has too many values."));
    }
    if (!json) return std::unexpected(not_json());
    if (!json->is_object()) return not_request("The request is not an object.");
    const auto names = json->find("using");
    if (names == json->end() || !names->is_array()) return not_request("\"using\" is not an array.");
    Request request;
    for (const Json& name : *names) {
        if (!name.is_string()) return not_request("\"using\" has something other than strings.");
        request.capabilities.insert(name.get<std::string>());
    }
    const auto calls = json->find("methodCalls");
    if (calls == json->end() || !calls->is_array()) return not_request("\"methodCalls\" is not an array.");
    for (const Json& call : *calls) {
        if (!is_invocation(call)) return not_request("A method call is not [name, arguments, id].");
    }
    if (const auto created = json->find("createdIds"); created != json->end()) {
        if (!is_created_ids(*created)) return not_request("\"createdIds\" does not map ids to ids.");
        request.created_ids = created->get<std::map<std::string, std::string>>();
    }
    for (const std::string& name : request.capabilities) {
        if (is_capability(name)) continue;
        return std::unexpected(problem_of("unknownCapability", "This server has no capability '" + name + "'."));
    }
    if (calls->size() > limits.calls_in_request) {
        return std::unexpected(limit_reached("maxCallsInRequest", "The request has too many method calls."));
    }
    for (Json& call : *calls) {
        request.calls.push_back(
            {.name = call[0].get<std::string>(), .arguments = std::move(call[1]), .id = call[2].get<std::string>()});
    }
    return request;
}

bool is_json_type(std::string_view content_type) {
    return base::iequals(base::trim(content_type.substr(0, content_type.find(';'))), "application/json");
}

}  // namespace jmap
