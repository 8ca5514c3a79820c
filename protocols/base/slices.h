// Work done in slices, so that others can run in between: a coroutine that pauses after a certain amount of work. The
// caller decides what happens between two slices: see net/worker_pool.h and Stream::take_turns.
//
//     base::Slices count(const Rows& rows, Counts& counts) {
//         base::Pace pace;
//         for (const Row& row : rows) {
//             counts.add(row);
//             co_await pace.step();
//         }
//     }
//
// Arguments passed by reference must outlive it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>

namespace base {

// Counts work since the last pause, in steps of about ten nanoseconds.
class Pace {
  public:
    // A few milliseconds, even on slow memory.
    static constexpr std::size_t steps_of_a_slice = 50'000;

    explicit Pace(std::size_t steps = steps_of_a_slice) : most_(steps), left_(steps) {}

    struct Step {
        bool pauses = false;
        bool await_ready() const noexcept { return !pauses; }
        void await_suspend(std::coroutine_handle<> /*work*/) const noexcept {}
        void await_resume() const noexcept {}
    };
    // Await it after this many steps: it pauses if the slice is full.
    Step step(std::size_t steps = 1) {
        if (steps < left_) {
            left_ -= steps;
            return {};
        }
        left_ = most_;
        return {.pauses = true};
    }

  private:
    std::size_t most_;
    std::size_t left_;
};

class [[nodiscard]] Slices {
  public:
    // NOLINTNEXTLINE(readability-identifier-naming): the language's name
    struct promise_type {
        Slices get_return_object() { return Slices(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(Pace::Step /*pause*/) noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { throw; }
    };

    Slices(Slices&& other) noexcept : work_(std::exchange(other.work_, nullptr)) {}
    Slices& operator=(Slices&& other) noexcept {
        std::swap(work_, other.work_);
        return *this;
    }
    ~Slices() {
        if (work_) work_.destroy();
    }

    // Does the next slice; false: it was the last one. If the work throws, it ends and the exception is thrown here.
    bool go_on() {
        if (!work_.done()) work_.resume();
        return !work_.done();
    }
    // Does all the rest at once.
    void finish() {
        while (go_on()) continue;
    }

  private:
    explicit Slices(std::coroutine_handle<promise_type> work) : work_(work) {}

    std::coroutine_handle<promise_type> work_;
};

// For co_yield, in work that consists of other work: pauses whenever that does.
inline constexpr Pace::Step pause{.pauses = true};

}  // namespace base
