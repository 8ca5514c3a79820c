// Unicode's Normalization Form C. The Unicode Standard, annex 15.
#pragma once

#include <string>
#include <string_view>

namespace mime {

// The text with characters composed where they can be. What is not UTF-8 stays as it is.
std::string normal_form_c(std::string_view utf8);

}  // namespace mime
