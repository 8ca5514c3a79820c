// Whose turn it is (fair_queue.h). A letter is a party, its number the work.
#include "protocols/locking/fair_queue.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using Queue = locking::FairQueue<char, int>;

// What `threads` threads do, one slice after the other: each work needs as many slices as its number says.
std::string order(Queue& queue, std::size_t threads) {
    std::string seen;
    std::vector<Queue::Taken> running;
    while (!queue.empty() || !running.empty()) {
        while (running.size() < threads && !queue.empty()) {
            running.push_back(queue.take());
            seen += running.back().party;
        }
        Queue::Taken over = running.front();
        running.erase(running.begin());
        queue.done(over.party);
        if (over.work > 1) queue.push(over.party, over.work - 1);
    }
    return seen;
}

}  // namespace

TEST_CASE("whoever has little waits for one slice of whoever has much") {
    Queue queue;
    for (int i = 0; i < 5; ++i) queue.push('a', 1);
    queue.push('b', 2);
    queue.push('c', 1);
    CHECK(queue.size() == 7);
    CHECK(order(queue, 1) == "abcabaaa");
    CHECK(queue.empty());
}

TEST_CASE("nobody has all threads while others wait") {
    Queue queue;
    for (int i = 0; i < 4; ++i) queue.push('a', 3);
    CHECK(queue.take().party == 'a');
    CHECK(queue.take().party == 'a');
    queue.push('b', 1);
    queue.push('b', 1);
    queue.done('a');
    CHECK(queue.take().party == 'b');  // one thread each
    queue.done('b');
    CHECK(queue.take().party == 'b');  // the other thread is still a's
    queue.done('a');
    CHECK(queue.take().party == 'a');
}

TEST_CASE("how many threads the next one's party has is known: of all that wait it has the fewest") {
    Queue queue;
    for (int i = 0; i < 4; ++i) queue.push('a', 1);
    CHECK(queue.running_of_next() == 0);
    queue.take();
    queue.take();
    CHECK(queue.running_of_next() == 2);
    queue.push('b', 1);
    queue.push('b', 1);
    CHECK(queue.running_of_next() == 0);
    queue.take();
    CHECK(queue.running_of_next() == 1);
    queue.done('a');
    queue.done('a');
    CHECK(queue.running_of_next() == 0);
}

TEST_CASE("what was taken but not begun is next again, in its order") {
    Queue queue;
    for (const int work : {1, 2, 3}) queue.push('a', work);
    for (const int work : {4, 5}) queue.push('b', work);
    std::vector<Queue::Taken> taken;
    for (int i = 0; i < 4; ++i) {
        taken.push_back(queue.take());
        queue.done(taken.back().party);
    }
    queue.push('c', 6);
    for (; taken.size() > 1; taken.pop_back()) queue.put_back(taken.back().party, taken.back().work);  // all but a's 1
    std::string seen;
    while (!queue.empty()) {
        CHECK(queue.next() == queue.next());
        const int next = queue.next();
        const Queue::Taken one = queue.take();
        queue.done(one.party);
        CHECK(one.work == next);
        seen += one.party + std::to_string(one.work) + " ";
    }
    CHECK(seen == "b4 a2 c6 b5 a3 ");
}

TEST_CASE("what was begun goes on before its party's other work, in its turn") {
    Queue queue;
    queue.push('a', 1);
    queue.push('a', 2);
    queue.push('b', 3);
    const Queue::Taken first = queue.take();
    queue.push_begun('a', first.work);
    queue.done('a');
    CHECK(queue.take().work == 3);
    CHECK(queue.take().work == 1);
    CHECK(queue.take().work == 2);
}

TEST_CASE("others wait only if they are others") {
    Queue queue;
    CHECK_FALSE(queue.others_wait('a'));
    queue.push('a', 1);
    CHECK_FALSE(queue.others_wait('a'));
    CHECK(queue.others_wait('b'));
    queue.push('b', 1);
    CHECK(queue.others_wait('a'));
    CHECK(queue.take().party == 'a');
    CHECK(queue.others_wait('a'));
    CHECK(queue.take().party == 'b');
    CHECK_FALSE(queue.others_wait('a'));
}
