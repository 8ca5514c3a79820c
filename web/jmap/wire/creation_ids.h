// The records that were created in a request, by the client's ids for them: RFC 8620 §3.3, §5.3. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace jmap {

class CreationIds {
  public:
    CreationIds() = default;
    explicit CreationIds(std::map<std::string, std::string> known) : ids_(std::move(known)) {}

    // The last record that was created with this id counts.
    void add(const std::string& created, std::string id) { ids_[created] = std::move(id); }
    // The id that a reference means: of "#k1" what was created as k1, nullopt if nothing was; of others themselves.
    std::optional<std::string> resolve(std::string_view reference) const;
    const std::map<std::string, std::string>& all() const { return ids_; }

  private:
    std::map<std::string, std::string> ids_;
};

}  // namespace jmap
