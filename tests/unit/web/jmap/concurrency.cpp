// maxConcurrentRequests. RFC 8620 §2.
#include "web/jmap/concurrency.h"

#include <doctest/doctest.h>

TEST_CASE("an account's requests at the same time are bounded, others' are not theirs") {
    constexpr storage::AccountId bob{1};
    constexpr storage::AccountId alice{2};
    auto requests = std::make_unique<jmap::ConcurrentRequests>();
    std::shared_ptr<void> first = requests->enter(bob, 2);
    const std::shared_ptr<void> second = requests->enter(bob, 2);
    CHECK((first && second));
    CHECK(!requests->enter(bob, 2));
    CHECK(requests->enter(alice, 2));
    first.reset();
    const std::shared_ptr<void> third = requests->enter(bob, 2);
    CHECK(third);
    requests.reset();  // places may outlive it
}
