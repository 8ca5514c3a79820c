// Uses of app passwords: the last of each, and only what the store does not know.
#include "server/auth/app_password_uses.h"

#include <doctest/doctest.h>

using server::auth::AppPasswordUses;

TEST_CASE("of each app password the last use is written; the same address within an hour is not") {
    AppPasswordUses uses;
    storage::AppPassword phone{
        .id = {1}, .label = "phone", .expires_at = {}, .used_at = 1'000, .used_from = "192.0.2.1"};
    uses.note(phone, 4'599, "192.0.2.1");
    CHECK(uses.take().empty());
    uses.note(phone, 4'600, "192.0.2.1");
    CHECK(uses.take().size() == 1);
    CHECK(uses.take().empty());
    uses.note(phone, 1'001, "192.0.2.2");
    uses.note(phone, 1'002, "192.0.2.3");
    const std::vector<storage::AppPasswordUse> taken = uses.take();
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].at == 1'002);
    CHECK(taken[0].address == "192.0.2.3");
    uses.note(phone, 999, "192.0.2.1");  // the clock was set back
    CHECK(uses.take().size() == 1);
}
