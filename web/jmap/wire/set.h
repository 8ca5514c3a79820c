// Foo/set: RFC 8620 §5.3. Pure: an object's file makes the changes.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "web/jmap/wire/arguments.h"

namespace jmap {

// Why one record was not changed. RFC 8620 §5.3, and what a type adds.
struct SetError {
    std::string type;                     // "invalidProperties"
    std::string description;              // for who writes a client; may be empty
    std::vector<std::string> properties;  // with invalidProperties: all of them
    Json extra = Json::object();          // further properties
};
Json to_json(const SetError& error);
SetError invalid_properties(std::vector<std::string> properties, std::string description = "");

// The properties of an updated record that only the server may set, and that are not as they were; and those that have
// gone, which none may. `settable`: the others.
std::vector<std::string> wrongly_changed(const Json& present, const Json& wanted,
                                         std::span<const std::string_view> settable);

struct SetArguments {
    std::vector<std::pair<std::string, Json>> create;  // creation id and object
    std::vector<std::pair<std::string, Json>> update;  // id and PatchObject
    std::vector<std::string> destroy;                  // each once
};
// Reads "ifInState", "create", "update" and "destroy", ids as the client gave them: "#k1" is the record created as k1.
// Throws requestTooLarge for more than `most` of them together, stateMismatch, invalidArguments.
SetArguments read_set(Arguments& arguments, std::size_t most, const std::string& state);

// What has become of the records.
struct SetOutcome {
    std::map<std::string, Json> created;  // by creation id: what the client does not know of it yet
    std::map<std::string, Json> updated;  // by id: likewise, or null
    std::vector<std::string> destroyed;
    std::map<std::string, SetError> not_created;
    std::map<std::string, SetError> not_updated;
    std::map<std::string, SetError> not_destroyed;
};
Json set_response(const std::string& account_id, const std::string& old_state, const std::string& new_state,
                  const SetOutcome& outcome);

}  // namespace jmap
