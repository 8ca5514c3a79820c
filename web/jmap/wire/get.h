// Foo/get: RFC 8620 §5.1. Pure: an object's file finds the records.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/jmap/wire/arguments.h"

namespace jmap {

// What every method with an accountId reads first. Ids as the client gave them, creation ids not replaced.
struct GetArguments {
    std::optional<std::vector<std::string>> ids;         // each once; nullopt: all
    std::optional<std::vector<std::string>> properties;  // "id" among them; nullopt: the type's default

    bool asks(std::string_view property) const;  // with nullopt: yes
};

// Reads "ids" and "properties". Throws requestTooLarge for more ids than `most`, and invalidArguments for a property
// that `is_property` does not know.
GetArguments read_get(Arguments& arguments, std::size_t most, const std::function<bool(std::string_view)>& is_property);

// The object with the properties that are asked for alone.
Json with_properties(Json object, const GetArguments& get);

// The response's arguments.
Json get_response(const std::string& account_id, const std::string& state, Json list,
                  std::vector<std::string> not_found);

}  // namespace jmap
