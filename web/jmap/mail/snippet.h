// Where a search has found something: RFC 8621 §5. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jmap {

// The text as HTML with each of these folded terms in <mark></mark>, in at most `most` octets, from a little before the
// first of them; nullopt: none is there. White space is made single.
std::optional<std::string> marked(std::string_view text, const std::vector<std::string>& terms, std::size_t most);

}  // namespace jmap
