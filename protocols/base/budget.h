// A bounded amount of a resource that many share, such as memory for sorting. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

namespace base {

class Budget {
  public:
    explicit Budget(std::uint64_t most) : most_(most) {}
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

    // May be below what is taken: then nothing more is given until enough has come back.
    void resize(std::uint64_t most) { most_ = most; }
    std::uint64_t taken() const { return taken_; }

    // The amount that one holder has taken; its destructor gives it back. Not thread-safe; the budget must outlive it.
    class Share {
      public:
        explicit Share(Budget& budget) : budget_(&budget) {}
        Share(Share&& other) noexcept : budget_(other.budget_), held_(std::exchange(other.held_, 0)) {}
        Share& operator=(Share&&) = delete;
        ~Share() { budget_->taken_ -= held_; }

        // Holds at least `amount` from now on, with some spare for the next call. False if not enough is left: nothing
        // changes.
        bool grow_to(std::uint64_t amount) {
            if (amount <= held_) return true;
            const std::uint64_t more = std::max(amount - held_, std::min(held_ / 4, largest_spare));
            std::uint64_t taken = budget_->taken_;
            do {
                const std::uint64_t most = budget_->most_;
                if (taken > most || more > most - taken) return false;
            } while (!budget_->taken_.compare_exchange_weak(taken, taken + more));
            held_ += more;
            return true;
        }
        std::uint64_t held() const { return held_; }

      private:
        static constexpr std::uint64_t largest_spare = std::uint64_t{1} << 20;
        Budget* budget_;
        std::uint64_t held_ = 0;
    };

  private:
    std::atomic<std::uint64_t> most_;
    std::atomic<std::uint64_t> taken_ = 0;
};

}  // namespace base
