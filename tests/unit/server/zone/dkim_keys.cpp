// Selectors of new keys.
#include "server/zone/dkim_keys.h"

#include <doctest/doctest.h>

using namespace server;
using storage::DkimAlgorithm;

TEST_CASE("a new key's selector is its day, and never one that was used before") {
    const std::int64_t november_30 = 1'796'054'400;  // of 2026, at 16:00
    std::vector<storage::DkimKey> taken;
    const auto add = [&](DkimAlgorithm algorithm) {
        taken.push_back(zone::new_dkim_key("example.org", algorithm, taken, november_30));
        return taken.back().selector;
    };
    CHECK(add(DkimAlgorithm::ed25519) == "m20261130e");
    CHECK(add(DkimAlgorithm::ed25519) == "m20261130e-2");
    CHECK(add(DkimAlgorithm::ed25519) == "m20261130e-3");
    CHECK(add(DkimAlgorithm::rsa) == "m20261130");
    CHECK(taken[3].domain == "example.org");
    CHECK(taken[3].state == storage::DkimState::published);
    CHECK(taken[3].private_key.starts_with("-----BEGIN PRIVATE KEY-----"));
}
