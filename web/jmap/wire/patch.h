// PatchObjects: RFC 8620 §5.3. Pure.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace jmap {

// Applies the patch to the object. `defaults`: what a property that is set to null becomes, if the type says so.
// Refuses, with the reason, what is no valid patch of this object; then the object is unspecified.
std::expected<void, std::string> apply_patch(nlohmann::json& object, const nlohmann::json& patch,
                                             const nlohmann::json& defaults);

}  // namespace jmap
