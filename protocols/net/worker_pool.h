// Threads for work that would hold up a network thread, and the bounded queue before them. Work is done in slices: one
// that has more to do goes to the end of the queue, so that short work does not wait behind long.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>

namespace net {

class WorkerPool {
  public:
    // One slice: at most a few milliseconds of work. True: there is more to do. What it uses it owns, or it outlives
    // the pool: who waits may be gone by then.
    using Slice = std::move_only_function<bool()>;

    // `name`, of its threads, has 15 letters at most. They start with the first work. `waiting`: how much may wait for
    // a thread; more is turned away.
    WorkerPool(std::string name, unsigned threads, std::size_t waiting = std::numeric_limits<std::size_t>::max());
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // Calls slice() on the threads, never on two at once, until it returns false, and resumes the caller on its own
    // executor. False: it was not done, since too much waits or the pool is stopped. What a slice throws ends it and
    // comes out here.
    asio::awaitable<bool> run(Slice slice);

    // The same where nothing else will do: throws std::runtime_error when it was not done.
    asio::awaitable<void> complete(Slice slice);

    // Ends the slices at hand and joins the threads; what waits is answered with false. To be called before the
    // executors of those who wait are destroyed.
    void stop();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace net
