// Seals on what comes back within addresses.
#include "server/delivery/seals.h"

#include <doctest/doctest.h>

#include "protocols/base/text.h"

using server::delivery::Seals;

TEST_CASE("a seal is good for its text alone, in any case, and for any secret that is kept") {
    const Seals seals({"new", "old"}, 1'700'000'000);
    const std::string seal = seals.seal("Text");
    CHECK(seal.size() == Seals::letters);
    CHECK(seals.is_seal_of("text", base::upper(seal)));
    CHECK_FALSE(seals.is_seal_of("texts", seal));
    CHECK_FALSE(seals.is_seal_of("text", ""));
    CHECK_FALSE(seals.is_seal_of("text", seal.substr(1)));
    CHECK_FALSE(seals.is_seal_of("text", seal + "a"));
    CHECK(seals.is_seal_of("text", Seals({"old"}, 0).seal("text")));
    CHECK_FALSE(seals.is_seal_of("text", Seals({"other"}, 0).seal("text")));
    CHECK(seals.token("a").size() == 16);
    CHECK(seals.token("a") != seals.token("A"));
}

TEST_CASE("a stamp is recent for three weeks") {
    constexpr std::int64_t now = 1'700'000'000;
    const std::string stamp = Seals({"x"}, now).stamp();
    for (const auto& [days, recent] :
         {std::pair{0, true}, {21, true}, {22, false}, {-1, true}, {-2, false}, {500, false}}) {
        CAPTURE(days);
        CHECK(Seals({"x"}, now + days * Seals::day_seconds).is_recent(stamp) == recent);
        CHECK(Seals({"x"}, now + days * Seals::day_seconds).is_recent(base::upper(stamp)) == recent);
    }
    CHECK_FALSE(Seals({"x"}, now).is_recent("a"));
    CHECK_FALSE(Seals({"x"}, now).is_recent("a!"));
    CHECK_FALSE(Seals({"x"}, now).is_recent("aaa"));
    const Seals today({"x"}, now);
    CHECK(today.expire_at() - now > 21 * Seals::day_seconds);
    CHECK_FALSE(Seals({"x"}, today.expire_at()).is_recent(stamp));
    CHECK(Seals({"x"}, today.expire_at() - 1).is_recent(stamp));
    CHECK(Seals({"x"}, now + 2 * Seals::day_seconds, 2).is_recent(stamp));
    CHECK_FALSE(Seals({"x"}, now + 3 * Seals::day_seconds, 2).is_recent(stamp));
}
