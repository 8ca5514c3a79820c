// Costs for names that do not exist: in the proportions of those that do.
#include "server/auth/stored_costs.h"

#include <doctest/doctest.h>

using namespace server::auth;

namespace {

constexpr HashCost configured{.memory_kib = 64, .passes = 1, .scram_iterations = 9000};

// Of a hundred names evenly spread over all numbers, how many get this.
int names_with(const StoredCosts& costs, std::uint32_t iterations) {
    int names = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
        if (costs.scram_iterations(i * (UINT64_MAX / 100) + 1) == iterations) ++names;
    }
    return names;
}

}  // namespace

TEST_CASE("without accounts, the configured costs") {
    const StoredCosts costs({}, configured);
    CHECK(costs.argon2_parameters(0) == "$argon2id$v=19$m=64,t=1,p=1$");
    CHECK(costs.argon2_parameters(UINT64_MAX) == "$argon2id$v=19$m=64,t=1,p=1$");
    CHECK(costs.scram_iterations(12345) == 9000);
}

TEST_CASE("names share the costs as the accounts do; a change of the accounts changes few names, and each once") {
    std::vector<storage::CredentialCost> stored{{"$a$", 4096, 75}, {"$b$", 9000, 25}, {"$b$", 0, 100}};
    const StoredCosts before(stored, configured);
    CHECK(names_with(before, 4096) == 75);
    CHECK(names_with(before, 9000) == 25);
    stored[0].accounts = 50;
    stored[1].accounts = 50;
    const StoredCosts after(stored, configured);
    CHECK(names_with(after, 4096) == 50);
    for (std::uint64_t i = 0; i < 100; ++i) {
        const std::uint64_t name = i * (UINT64_MAX / 100) + 1;
        CHECK(after.scram_iterations(name) >= before.scram_iterations(name));
    }
    CHECK(after.scram_iterations(UINT64_MAX) == 9000);
    CHECK(before.argon2_parameters(0) == "$a$");
    CHECK(before.argon2_parameters(UINT64_MAX) == "$b$");
}
