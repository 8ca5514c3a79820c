// The names of special uses. RFC 6154 §2, RFC 8457. One table for both directions. "\Drafts" is plural; other servers
// got it wrong (CLIENTS.md 1).
#include "protocols/imap/mailbox/special_use.h"

#include <algorithm>
#include <array>

#include "protocols/base/text.h"

namespace imap {
namespace {

using storage::SpecialUse;

struct NamedUse {
    SpecialUse use;
    std::string_view name;
};
constexpr std::array special_uses = {
    NamedUse{SpecialUse::all, "\\All"},       NamedUse{SpecialUse::archive, "\\Archive"},
    NamedUse{SpecialUse::drafts, "\\Drafts"}, NamedUse{SpecialUse::flagged, "\\Flagged"},
    NamedUse{SpecialUse::junk, "\\Junk"},     NamedUse{SpecialUse::sent, "\\Sent"},
    NamedUse{SpecialUse::trash, "\\Trash"},   NamedUse{SpecialUse::important, "\\Important"},
};

}  // namespace

std::string_view special_use_name(SpecialUse use) {
    const auto* const found = std::ranges::find(special_uses, use, &NamedUse::use);
    return found == special_uses.end() ? std::string_view() : found->name;
}

std::optional<SpecialUse> find_special_use(std::string_view name) {
    const auto* const found =
        std::ranges::find_if(special_uses, [&](const NamedUse& use) { return base::iequals(use.name, name); });
    if (found == special_uses.end()) return std::nullopt;
    return found->use;
}

}  // namespace imap
