// Lists of tags, "v=1; a=rsa-sha256; …": signatures and keys of DKIM, ARC's fields, DMARC's records. RFC 6376 §3.2.
// What the tags mean, and which of them are needed, is left to whoever reads them.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailauth {

// The views point into the text that was parsed.
struct Tag {
    std::string_view name;     // as written: names are case-sensitive
    std::string_view value;    // without white space around it; folds within it stay
    std::string_view written;  // all between "=" and the ";" or the end
};

class TagList {
  public:
    explicit TagList(std::vector<Tag> tags) : tags_(std::move(tags)) {}

    // In the order of the text; each name once.
    [[nodiscard]] const std::vector<Tag>& tags() const { return tags_; }

    // The value of the tag with this name; nothing if there is none. An empty value is a value.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
    [[nodiscard]] const Tag* find(std::string_view name) const;

  private:
    std::vector<Tag> tags_;
};

// More tags than that are an error: no RFC defines a fourth of them.
inline constexpr std::size_t max_tags = 64;

// The tags of text, or what is wrong with it: its syntax, a name that occurs twice, too many of them. CR, LF, spaces
// and tabs are white space in any order, since text may have lost or gained line ends on its way. Values may be UTF-8
// (RFC 8616 §5).
std::expected<TagList, std::string> parse_tag_list(std::string_view text);

// Value without any white space: for base64 and lists, which may be folded anywhere.
std::string without_white_space(std::string_view value);

// The items of a list with colons, "a : b", without the white space around each. RFC 6376 §3.5 (h=, q=), §3.6.1.
std::vector<std::string_view> split_colons(std::string_view value);

}  // namespace mailauth
