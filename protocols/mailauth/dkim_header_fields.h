// A header section as signatures see it: fields that are found by name, and hashes of those that a signature names.
// RFC 6376 §3.7, §5.4.2.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/mailauth/dkim_canonicalization.h"
#include "protocols/mailauth/dkim_sha256.h"

namespace mailauth {

// More fields than that are not looked at, and no signature is good then: what has so many is no message.
inline constexpr std::size_t max_header_fields = 10'000;

class HeaderFields {
  public:
    struct Field {
        std::string_view text;   // name, colon, value, with its line ends
        std::string_view value;  // after the colon, without the last line end
    };

    // The section, with or without the blank line at its end, must outlive this.
    explicit HeaderFields(std::string_view section);

    // False: there are more than max_header_fields.
    [[nodiscard]] bool complete() const { return complete_; }

    // The fields of that name (lower case), from the top down.
    [[nodiscard]] const std::vector<Field>& named(std::string_view lower_name) const;

  private:
    struct NameHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
    };

    std::unordered_map<std::string, std::vector<Field>, NameHash, std::equal_to<>> by_name_;
    bool complete_ = true;
};

// Hashes the fields that the names (lower case) choose: each name takes the lowest field of that name that is not taken
// yet; a name of which none is left stands for nothing. RFC 6376 §5.4.2.
void hash_fields(Sha256& hash, const HeaderFields& fields, std::span<const std::string> lower_names,
                 Canonicalization form);

// The signature's own field, as it is hashed last: `written`, the value of its b= in the field's text with the white
// space around it, is taken out, and it has no line end. RFC 6376 §3.7.
std::string without_signature(std::string_view field, std::string_view written, Canonicalization form);

}  // namespace mailauth
