// Applies the default domain; storage/normal_names.h has the normal forms.
#include "server/auth/account_name.h"

#include "protocols/base/text.h"
#include "storage/normal_names.h"

namespace server::auth {

std::optional<std::string> account_name(std::string_view given, std::string_view default_domain) {
    std::string name(base::trim(given));
    if (name.find('@') == std::string::npos) {
        if (default_domain.empty()) return std::nullopt;
        name += '@';
        name += default_domain;
    }
    return storage::normal_address(name);
}

}  // namespace server::auth
