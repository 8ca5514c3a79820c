// Threads for work that would block a network thread, with a queue that is fair and bounded (locking/nested_queue.h).
// Work is done in slices: after each, unfinished work waits for its party's next turn, behind that party's other work.
// So short work does not wait for long work, and nobody's for all of somebody else's.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocols/locking/nested_queue.h"

namespace net {

class WorkerPool {
  public:
    // Whose work it is, such as an account, or a network within wider ones, the widest first: each has its turn.
    using Party = std::vector<std::string>;
    // One slice: at most a few milliseconds of work. True: there is more to do. It must own what it uses, or that must
    // outlive the pool: the caller may be gone by then.
    using Slice = std::move_only_function<bool()>;

    // `name`, of the threads: at most 15 letters. The threads start with the first work. `waiting`: how much may wait
    // for a thread. What is too much is not done, nor is what makes place for a party that has less.
    WorkerPool(std::string name, unsigned threads, const locking::QueueBounds& waiting = {});
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // Calls slice() on the threads, never on two at once, until it returns false, then resumes the caller on its own
    // executor. False: not done, since too much waits or the pool is stopped. If a slice throws, the work ends and
    // the exception is thrown here.
    asio::awaitable<bool> run(Party party, Slice slice);

    // The same for callers without an alternative: throws std::runtime_error if it was not done.
    asio::awaitable<void> complete(Party party, Slice slice);

    // Finishes the current slices and joins the threads; waiting work gets false. Call it before the executors of the
    // waiting callers are destroyed.
    void stop();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace net
