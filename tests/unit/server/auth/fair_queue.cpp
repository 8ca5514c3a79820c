// Whose turn it is, and who has to go when too much waits.
#include "server/auth/fair_queue.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using server::auth::FairQueue;

namespace {

using Queue = FairQueue<char, std::string, std::hash<char>>;

std::string all_of(Queue& queue) {
    std::string order;
    while (std::optional<std::string> work = queue.pop()) order += *work + " ";
    return order;
}

}  // namespace

TEST_CASE("each has its turn, whoever has most waiting") {
    Queue queue({.in_all = 100, .of_one = 50});
    for (const char* work : {"a1", "a2", "a3", "a4"}) CHECK_FALSE(queue.push('a', work));
    CHECK_FALSE(queue.push('b', "b1"));
    CHECK_FALSE(queue.push('c', "c1"));
    CHECK_FALSE(queue.push('c', "c2"));
    CHECK(queue.size() == 7);
    CHECK(queue.pop() == "a1");
    CHECK_FALSE(queue.push('b', "b2"));
    CHECK(all_of(queue) == "b1 c1 a2 b2 c2 a3 a4 ");
    CHECK(queue.size() == 0);
}

TEST_CASE("one has only so many places") {
    Queue queue({.in_all = 100, .of_one = 2});
    CHECK_FALSE(queue.push('a', "a1"));
    CHECK_FALSE(queue.push('a', "a2"));
    CHECK(queue.push('a', "a3") == "a3");
    CHECK_FALSE(queue.push('b', "b1"));
    CHECK(all_of(queue) == "a1 b1 a2 ");
    CHECK_FALSE(queue.push('a', "a4"));
}

TEST_CASE("when all places are taken, whoever has most gives one to whoever has less") {
    Queue queue({.in_all = 4, .of_one = 4});
    for (const char* work : {"a1", "a2", "a3"}) CHECK_FALSE(queue.push('a', work));
    CHECK_FALSE(queue.push('b', "b1"));
    CHECK(queue.push('a', "a4") == "a4");
    CHECK(queue.push('c', "c1") == "a3");
    CHECK(queue.push('c', "c2") == "c2");  // it would have as many as the longest
    CHECK(queue.push('d', "d1") == "a2");
    CHECK(queue.push('e', "e1") == "e1");  // all have one
    CHECK(all_of(queue) == "a1 b1 c1 d1 ");
}
