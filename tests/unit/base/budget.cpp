// Shares of a bounded amount (budget.h).
#include "protocols/base/budget.h"

#include <doctest/doctest.h>

#include <thread>
#include <utility>
#include <vector>

TEST_CASE("a budget gives no more than there is, and takes back what a share held") {
    base::Budget budget(100);
    base::Budget::Share first(budget);
    CHECK(first.grow_to(60));
    CHECK(first.grow_to(50));  // already held
    CHECK(first.held() == 60);
    {
        base::Budget::Share second(budget);
        CHECK_FALSE(second.grow_to(41));
        CHECK(second.held() == 0);
        CHECK(second.grow_to(40));
        CHECK(budget.taken() == 100);
        const base::Budget::Share moved(std::move(second));
        CHECK(moved.held() == 40);
    }
    CHECK(budget.taken() == 60);
    budget.resize(50);
    base::Budget::Share third(budget);
    CHECK_FALSE(third.grow_to(1));
}

TEST_CASE("a budget is right whoever takes at the same time") {
    base::Budget budget(1'000);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 2'000; ++i) {
                base::Budget::Share share(budget);
                for (std::uint64_t amount = 50; share.grow_to(amount); amount += 50) {
                    if (budget.taken() > 1'000) return;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(budget.taken() == 0);
}
