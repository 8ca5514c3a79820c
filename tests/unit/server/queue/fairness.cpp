#include "server/queue/fairness.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace server::queue;

TEST_CASE("one account has most of what there is, but never the last part, unless there is little") {
    const auto most = [](std::uint32_t all) {
        std::uint32_t own = 0;
        while (may_have_more(own, all - own)) ++own;
        return own;
    };
    CHECK(most(0) == 0);
    CHECK(most(1) == 1);
    CHECK(most(4) == 4);
    CHECK(most(8) == 7);
    CHECK(most(50) == 38);
    CHECK(may_have_more(0, 1));
    CHECK_FALSE(may_have_more(4, 1));
    CHECK_FALSE(may_have_more(0, 0));
}

TEST_CASE("accounts that wait take turns, each with its own in order") {
    const auto order = [](const std::string& come) {
        std::vector<storage::AccountId> waiting;
        for (const char one : come) {
            const storage::AccountId account{one};
            waiting.insert(waiting.begin() + static_cast<std::ptrdiff_t>(place_in_turn(waiting, account)), account);
        }
        std::string text;
        for (const storage::AccountId account : waiting) text += static_cast<char>(account.value);
        return text;
    };
    CHECK(order("aaaa") == "aaaa");
    CHECK(order("aaaab") == "abaaa");
    CHECK(order("aaaabb") == "ababaa");
    CHECK(order("aaaabbc") == "abcabaa");
    CHECK(order("aaabbbbb") == "abababbb");
    CHECK(order("") == "");
}
