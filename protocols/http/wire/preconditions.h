// Conditional requests: If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since, If-Range. RFC 9110 §13.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/http/wire/entity_tag.h"
#include "protocols/http/wire/message.h"

namespace http::wire {

// What the target has at present.
struct Representation {
    bool exists = true;
    std::optional<EntityTag> tag{};               // nullopt: it has none, or does not exist
    std::optional<std::int64_t> last_modified{};  // Unix seconds
};

enum class Verdict : std::uint8_t {
    perform,
    not_modified,  // 304
    failed,        // 412
};

// In the order of RFC 9110 §13.2.2. To be asked after every other check, and only if the answer without conditions
// would be a 2xx (§13.2.1).
Verdict judge_preconditions(std::string_view method, const Fields& fields, const Representation& present,
                            std::int64_t now);

// Range's value if it is to be looked at: a GET, and If-Range, if there is one, holds (§13.1.5). A date in If-Range
// never holds: we do not know that nothing changed twice in its second (§8.8.2.2); all that has a date has a tag, too.
std::optional<std::string_view> wanted_range(std::string_view method, const Fields& fields,
                                             const Representation& present);

}  // namespace http::wire
