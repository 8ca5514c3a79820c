// The arguments of an "error" response. RFC 8620 §3.6.2.
#include "web/jmap/wire/method_error.h"

namespace jmap {

nlohmann::json MethodError::arguments() const {
    nlohmann::json arguments = extra_;
    arguments["type"] = type_;
    if (!description_.empty()) arguments["description"] = description_;
    return arguments;
}

MethodError invalid_arguments(std::string description) {
    return MethodError("invalidArguments", std::move(description));
}

}  // namespace jmap
