// Account names as people and clients write them, converted to the store's normal form. server/README.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace server::auth {

// "bob", "Bob@Example.ORG", "bob@xn--mller-kva.example": the account's name in normal form. A name without a domain
// gets the default domain (empty: there is none). nullopt if no account can have this name.
std::optional<std::string> account_name(std::string_view given, std::string_view default_domain);

}  // namespace server::auth
