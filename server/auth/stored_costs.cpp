// Each cost has a share of the range of numbers as large as its share of the accounts.
#include "server/auth/stored_costs.h"

#include <cmath>
#include <map>

namespace server::auth {

namespace {

template <class Cost>
std::vector<std::pair<Cost, std::uint64_t>> shares_of(const std::map<Cost, std::uint64_t>& counted, Cost otherwise) {
    if (counted.empty()) return {{std::move(otherwise), 1}};
    return {counted.begin(), counted.end()};
}

template <class Cost>
const Cost& chosen(const std::vector<std::pair<Cost, std::uint64_t>>& shares, std::uint64_t number) {
    double accounts = 0;
    for (const auto& [cost, share] : shares) accounts += static_cast<double>(share);
    double place = std::ldexp(static_cast<double>(number), -64) * accounts;
    for (const auto& [cost, share] : shares) {
        if (place < static_cast<double>(share)) return cost;
        place -= static_cast<double>(share);
    }
    return shares.back().first;
}

}  // namespace

StoredCosts::StoredCosts(const std::vector<storage::CredentialCost>& stored, const HashCost& configured) {
    std::map<std::string, std::uint64_t> argon2;
    std::map<std::uint32_t, std::uint64_t> scram;
    for (const storage::CredentialCost& cost : stored) {
        argon2[cost.argon2_parameters] += cost.accounts;
        if (cost.scram_iterations != 0) scram[cost.scram_iterations] += cost.accounts;
    }
    argon2_ = shares_of(argon2, auth::argon2_parameters(configured));
    scram_ = shares_of(scram, configured.scram_iterations);
}

const std::string& StoredCosts::argon2_parameters(std::uint64_t name) const { return chosen(argon2_, name); }

std::uint32_t StoredCosts::scram_iterations(std::uint64_t name) const { return chosen(scram_, name); }

}  // namespace server::auth
