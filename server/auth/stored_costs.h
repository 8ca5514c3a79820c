// What checking a password costs for the accounts that exist: for a name that does not exist it must cost the same, or
// the costs would tell who exists (after the configured ones were changed, say). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/auth/passwords.h"
#include "storage/accounts.h"

namespace server::auth {

class StoredCosts {
  public:
    // `configured`: for a store without accounts.
    StoredCosts(const std::vector<storage::CredentialCost>& stored, const HashCost& configured);

    // The costs of one account in so many, chosen by a number that must always be the same for the same name. While
    // accounts change from one cost to another, names that do not exist do so, too, each once.
    const std::string& argon2_parameters(std::uint64_t name) const;
    std::uint32_t scram_iterations(std::uint64_t name) const;

  private:
    template <class Cost>
    using Shares = std::vector<std::pair<Cost, std::uint64_t>>;  // ascending, with the number of accounts

    Shares<std::string> argon2_;
    Shares<std::uint32_t> scram_;
};

}  // namespace server::auth
