// The file of a TSIG key as other programs write it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/zone/wire/tsig.h"

namespace server::zone {

struct TsigKeyFile {
    std::optional<TsigKey> key;
    std::string fault{};  // for the administrator, if there is no key; does not show the secret
};

// The one key in a file of BIND's tsig-keygen or of Knot's keymgr (keymgr -t).
TsigKeyFile parse_tsig_key(std::string_view text);

}  // namespace server::zone
