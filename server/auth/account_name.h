// Names of accounts and domains as people and clients give them, in the store's normal form. server/README.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace server::auth {

// "bob", "Bob@Example.ORG", "bob@xn--mller-kva.example": the account's name in normal form. A name without a domain
// means the default domain (empty: there is none). Nothing if it can be nobody's name.
std::optional<std::string> account_name(std::string_view given, std::string_view default_domain);

}  // namespace server::auth
