// Others' mailing lists whose mail an account has filed: moved or copied out of Junk, or into a mailbox of their own. A
// list is known by its List-Id (RFC 2919), which anybody can write, and by a domain that spoke for it (SPF, DKIM).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/query.h"

namespace storage {

inline constexpr std::size_t most_filed_lists = 500;  // of an account; the one that was filed longest ago goes first

struct ListMail {
    std::string list_id;  // without <>, lower case
    std::string domain;   // that spoke for it, of which the List-Id is
};

// Those of the accounts that have filed mail of the list for which one of the domains spoke. Moving it to Junk takes
// that back.
Query<std::vector<AccountId>> accounts_that_filed(std::vector<AccountId> accounts, std::string list_id,
                                                  std::vector<std::string> domains);

}  // namespace storage
