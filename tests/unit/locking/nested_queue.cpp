// Whose turn it is among groups of groups (nested_queue.h). A party is a word: its first letter is the widest group.
#include "protocols/locking/nested_queue.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

using Nested = locking::NestedQueue<char, int>;

Nested::Party party(std::string_view letters) { return {letters.begin(), letters.end()}; }

// What one thread does.
std::string nested_order(Nested& queue) {
    std::string seen;
    while (!queue.empty()) {
        const Nested::Taken taken = queue.take();
        queue.done(taken.party);
        seen += std::string(taken.party.begin(), taken.party.end()) + " ";
    }
    return seen;
}

}  // namespace

TEST_CASE("a group gets no more turns than its neighbour, however many groups there are in it") {
    Nested queue;
    for (const char* one : {"ax", "ay", "az", "ay", "bx", "bx"}) queue.push(party(one), 1);
    CHECK(queue.size() == 6);
    CHECK(nested_order(queue) == "ax bx ay bx az ay ");
    CHECK(queue.empty());
}

TEST_CASE("of two threads no group has both while others wait, on any level") {
    Nested queue;
    for (int i = 0; i < 4; ++i) queue.push(party("ax"), i);
    CHECK(queue.take().party == party("ax"));
    CHECK(queue.take().party == party("ax"));
    queue.push(party("ay"), 10);
    queue.push(party("b"), 11);
    queue.push(party("b"), 12);
    queue.done(party("ax"));
    CHECK(queue.take().party == party("b"));   // a has one thread, b none
    CHECK(queue.take().party == party("ay"));  // ax has one, ay none
    queue.done(party("b"));
    CHECK(queue.take().party == party("b"));
}

TEST_CASE("parties of all lengths, also none, have their order") {
    Nested queue;
    queue.push({}, 1);
    queue.push(party("abc"), 2);
    queue.push({}, 3);
    CHECK(queue.take().work == 1);
    CHECK(queue.take().work == 3);
    CHECK(queue.take().work == 2);
    queue.done({});
    queue.done(party("abc"));
    queue.done({});
    queue.push(party("abc"), 4);
    CHECK(queue.take().work == 4);
}

TEST_CASE("one innermost group has only so many places") {
    Nested queue({.of_one = 2});
    CHECK_FALSE(queue.offer(party("ax"), 1));
    CHECK_FALSE(queue.offer(party("ax"), 2));
    CHECK(queue.offer(party("ax"), 3) == 3);
    CHECK_FALSE(queue.offer(party("ay"), 4));
    CHECK(queue.take().work == 1);
    CHECK_FALSE(queue.offer(party("ax"), 5));  // what is being done waits no more
}

TEST_CASE("many small groups that lie together make place for one that lies elsewhere") {
    Nested queue({.in_all = 4, .of_one = 4});
    for (const char* one : {"aw", "ax", "ay", "az"}) CHECK_FALSE(queue.offer(party(one), one[1]));
    CHECK(queue.offer(party("av"), 'v') == 'v');  // all in the group have one
    CHECK(queue.offer(party("bx"), 1) == 'w');    // the longest of it: all have one
    CHECK(queue.offer(party("cx"), 2) == 'x');
    CHECK(queue.offer(party("dx"), 3) == 'y');
    CHECK(queue.offer(party("ex"), 4) == 4);  // all have one
    CHECK(queue.size() == 4);
    CHECK(nested_order(queue) == "az bx cx dx ");
}

TEST_CASE("where no wider group has more, the longest within the own one makes place") {
    Nested queue({.in_all = 6, .of_one = 6});
    for (const int work : {1, 2, 3}) CHECK_FALSE(queue.offer(party("ax"), work));
    for (const int work : {4, 5, 6}) CHECK_FALSE(queue.offer(party("bx"), work));
    CHECK(queue.offer(party("ay"), 7) == 3);
    CHECK(queue.offer(party("ax"), 8) == 8);
    CHECK(queue.offer(party("az"), 9) == 2);
    CHECK(queue.offer(party("av"), 10) == 10);  // b has no more than a, and all in a have one
    CHECK(queue.offer(party("c"), 11) == 1);
}
