// What one connection may hold of things that all connections share. Streams and sessions ask before they hold more;
// server/budget decides. Without an allowance (a sending client, tests) everything is granted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

namespace net {

enum class Resource : std::uint8_t {
    memory,   // octets in this process
    staging,  // octets on disk, of messages that are not complete
};

// Thread-safe.
class Allowance {
  public:
    virtual ~Allowance() = default;
    // False: so many octets are not to be had now, and nothing was taken.
    virtual bool take(Resource what, std::uint64_t octets) = 0;
    virtual void give_back(Resource what, std::uint64_t octets) = 0;
    // What the connection holds counts for this account from now on; 0: for those who have not logged in.
    virtual void belong_to(std::int64_t account) = 0;
    virtual std::int64_t account() const = 0;
};

// A part of what a connection holds; its destructor gives it back. Not thread-safe.
class Hold {
  public:
    explicit Hold(Resource what, std::shared_ptr<Allowance> allowance = nullptr)
        : what_(what), allowance_(std::move(allowance)) {}
    Hold(Hold&& other) noexcept
        : what_(other.what_), allowance_(std::move(other.allowance_)), held_(std::exchange(other.held_, 0)) {}
    Hold& operator=(Hold&& other) noexcept {
        std::swap(what_, other.what_);
        std::swap(allowance_, other.allowance_);
        std::swap(held_, other.held_);
        return *this;
    }
    ~Hold() { set(0); }

    // Holds so many octets in all from now on. False: they are not to be had; then it holds what it held before.
    bool set(std::uint64_t octets) {
        if (!allowance_) return true;
        const std::uint64_t wanted = (octets + step - 1) / step * step;  // or each recipient would cost a lock
        if (wanted > held_ && !allowance_->take(what_, wanted - held_)) return false;
        if (wanted < held_) allowance_->give_back(what_, held_ - wanted);
        held_ = wanted;
        return true;
    }

  private:
    static constexpr std::uint64_t step = 4096;
    Resource what_;
    std::shared_ptr<Allowance> allowance_;
    std::uint64_t held_ = 0;
};

}  // namespace net
