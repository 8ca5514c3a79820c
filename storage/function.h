// A move-only callable like std::move_only_function; but that of libstdc++ 12 needs complete parameter types even
// behind a reference, and callers of the store never see engine/'s types.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace storage {

template <class Signature>
class Function;

// Owns a callable on the heap. Calling an empty one is undefined.
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
