// References to records of the same request. RFC 8620 §5.3.
#include "web/jmap/wire/creation_ids.h"

namespace jmap {

std::optional<std::string> CreationIds::resolve(std::string_view reference) const {
    if (!reference.starts_with('#')) return std::string(reference);
    const auto found = ids_.find(std::string(reference.substr(1)));
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

}  // namespace jmap
