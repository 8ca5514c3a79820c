// What a reader sees of a text that may have been written to deceive. The Unicode Standard §5.21 (characters that are
// not drawn), §4.5 (categories). Ill-formed UTF-8 stays as it is.
#pragma once

#include <string>
#include <string_view>

namespace mime {

// The text without what is not drawn: default ignorable characters (soft hyphens, joiners, fillers, tags, variation
// selectors), format and control characters, line and paragraph separators. Tabs stay: they are seen as space.
std::string without_unseen(std::string_view utf8);

// The text with a space instead of each character that a reader may take for the end of a word: of the above those that
// may break a line or be drawn as a gap; spaces, punctuation and symbols beyond ASCII. An ideographic full stop, which
// may stand in a domain, becomes a dot.
std::string with_gaps(std::string_view utf8);

}  // namespace mime
