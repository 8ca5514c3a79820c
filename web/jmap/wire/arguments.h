// Reading a method's arguments: each function takes one out by name, and throws invalidArguments if it is missing or of
// another type. RFC 8620 §3.6.2. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "web/jmap/wire/i_json.h"

namespace jmap {

class Arguments {
  public:
    // Of an object that outlives this.
    explicit Arguments(const Json& arguments) : arguments_(arguments) {}

    std::string id(const std::string& name);      // required
    std::string string(const std::string& name);  // required
    const Json& object(const std::string& name);  // required
    // Missing or null: nullopt.
    std::optional<std::string> id_or_null(const std::string& name);
    std::optional<std::string> string_or_null(const std::string& name);
    std::optional<std::uint64_t> unsigned_or_null(const std::string& name);
    std::optional<std::vector<std::string>> ids_or_null(const std::string& name);
    std::optional<std::vector<std::string>> strings_or_null(const std::string& name);
    // Missing or null: nullptr.
    const Json* object_or_null(const std::string& name);
    const Json* array_or_null(const std::string& name);
    // Missing: the default.
    bool boolean(const std::string& name, bool otherwise);
    std::int64_t integer(const std::string& name, std::int64_t otherwise);

    // Throws if there are arguments that nobody has asked for: a client that misspells one should hear of it.
    void end() const;

  private:
    const Json* find(const std::string& name);  // nullptr: missing or null

    const Json& arguments_;
    std::set<std::string> known_;
};

}  // namespace jmap
