// A move-only callable, as std::move_only_function; but libstdc++ 12's wants complete parameter types even behind a
// reference, and the store's callers never see those of engine/.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace storage {

template <class Signature>
class Function;

// Calls what it was made of; calling an empty one is undefined. Owns it, on the heap.
template <class R, class... Args>
class Function<R(Args...)> {
  public:
    Function() = default;
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, Function> && std::is_invocable_r_v<R, F&, Args...>)
    Function(F&& callable) : held_(std::make_unique<Held<std::decay_t<F>>>(std::forward<F>(callable))) {}

    explicit operator bool() const { return held_ != nullptr; }
    R operator()(Args... args) { return held_->call(std::forward<Args>(args)...); }

  private:
    struct Callable {
        virtual ~Callable() = default;
        virtual R call(Args... args) = 0;
    };
    template <class F>
    struct Held final : Callable {
        template <class G>
        // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): Function's constructor never makes it of itself
        explicit Held(G&& callable) : callable_(std::forward<G>(callable)) {}
        R call(Args... args) override { return callable_(std::forward<Args>(args)...); }
        F callable_;
    };
    std::unique_ptr<Callable> held_;
};

}  // namespace storage
