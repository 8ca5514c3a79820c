// Arguments by name and type. RFC 8620 §1.2 to §1.4, §3.6.2.
#include "web/jmap/wire/arguments.h"

#include "web/jmap/wire/method_error.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

MethodError wrong(const std::string& name, const std::string& wanted) {
    return invalid_arguments(name + " is not " + wanted);
}

std::vector<std::string> list_of(const Json& value, const std::string& name, bool ids) {
    if (!value.is_array()) throw wrong(name, "an array");
    std::vector<std::string> list;
    for (const Json& each : value) {
        if (!each.is_string()) throw wrong(name, "an array of strings");
        list.push_back(each.get<std::string>());
        // "#k1" is the record that was created as "k1" (RFC 8620 §5.3).
        if (ids && !is_id(list.back()) && !(list.back().starts_with('#') && is_id(list.back().substr(1)))) {
            throw wrong(name, "an array of ids");
        }
    }
    return list;
}

}  // namespace

const Json* Arguments::find(const std::string& name) {
    known_.insert(name);
    const auto found = arguments_.find(name);
    return found == arguments_.end() || found->is_null() ? nullptr : &*found;
}

std::string Arguments::id(const std::string& name) {
    std::optional<std::string> id = id_or_null(name);
    if (!id) throw wrong(name, "given");
    return *std::move(id);
}

std::string Arguments::string(const std::string& name) {
    std::optional<std::string> text = string_or_null(name);
    if (!text) throw wrong(name, "given");
    return *std::move(text);
}

const Json& Arguments::object(const std::string& name) {
    const Json* value = object_or_null(name);
    if (value == nullptr) throw wrong(name, "given");
    return *value;
}

std::optional<std::string> Arguments::id_or_null(const std::string& name) {
    std::optional<std::string> text = string_or_null(name);
    if (text && !is_id(*text)) throw wrong(name, "an id");
    return text;
}

std::optional<std::string> Arguments::string_or_null(const std::string& name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) throw wrong(name, "a string");
    return value->get<std::string>();
}

std::optional<std::uint64_t> Arguments::unsigned_or_null(const std::string& name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const std::optional<std::uint64_t> number = unsigned_int_of(*value);
    if (!number) throw wrong(name, "an UnsignedInt");
    return number;
}

std::optional<std::vector<std::string>> Arguments::ids_or_null(const std::string& name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return list_of(*value, name, true);
}

std::optional<std::vector<std::string>> Arguments::strings_or_null(const std::string& name) {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    return list_of(*value, name, false);
}

const Json* Arguments::object_or_null(const std::string& name) {
    const Json* value = find(name);
    if (value != nullptr && !value->is_object()) throw wrong(name, "an object");
    return value;
}

const Json* Arguments::array_or_null(const std::string& name) {
    const Json* value = find(name);
    if (value != nullptr && !value->is_array()) throw wrong(name, "an array");
    return value;
}

bool Arguments::boolean(const std::string& name, bool otherwise) {
    known_.insert(name);
    const auto found = arguments_.find(name);
    if (found == arguments_.end()) return otherwise;
    if (!found->is_boolean()) throw wrong(name, "a Boolean");
    return found->get<bool>();
}

std::int64_t Arguments::integer(const std::string& name, std::int64_t otherwise) {
    known_.insert(name);
    const auto found = arguments_.find(name);
    if (found == arguments_.end()) return otherwise;
    const std::optional<std::int64_t> number = int_of(*found);
    if (!number) throw wrong(name, "an Int");
    return *number;
}

void Arguments::end() const {
    for (const auto& [name, value] : arguments_.items()) {
        if (!known_.contains(name)) throw invalid_arguments("there is no argument " + name);
    }
}

}  // namespace jmap
