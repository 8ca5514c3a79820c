// The content of a request, as it comes.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "protocols/net/wakeup.h"

namespace http {

// There is more than the reader wants: 413.
class BodyTooLarge : public std::runtime_error {
  public:
    BodyTooLarge() : std::runtime_error("the content is too large") {}
};

// It does not come, or too slowly: 408.
class BodyLate : public std::runtime_error {
  public:
    BodyLate() : std::runtime_error("the content came too slowly") {}
};

// One coroutine reads; the connection feeds it, on the same thread, no faster than it is read.
class Body {
  public:
    // `changed` is called when the reader has begun to wait, or has read something.
    Body(const asio::any_io_executor& executor, std::function<void()> changed)
        : more_(executor), changed_(std::move(changed)) {}

    // ---- the reader
    // More than so much is refused: BodyTooLarge, at the first read if the length is known. Before the first read.
    void limit(std::uint64_t octets) { limit_ = octets; }
    // The next octets; empty at the end. Throws BodyTooLarge, BodyLate, net::PeerGone.
    asio::awaitable<std::string> read();
    // All of it, if that is at most so much.
    asio::awaitable<std::string> read_all(std::size_t most);
    // As the client has told it.
    std::optional<std::uint64_t> length() const { return length_; }

    // ---- the connection
    void set_length(std::optional<std::uint64_t> length) { length_ = length; }
    void put(std::string octets);
    void end();
    enum class Failure : std::uint8_t { none, late, gone };
    void fail(Failure why);
    bool ended() const { return ended_; }
    bool wanted() const { return wanted_; }  // somebody has begun to read
    std::size_t unread() const { return unread_; }
    // How much has been read since the last call.
    std::size_t take_consumed() { return std::exchange(consumed_, 0); }

  private:
    net::Wakeup more_;
    std::function<void()> changed_;
    std::deque<std::string> pieces_;
    std::size_t unread_ = 0;
    std::size_t consumed_ = 0;
    std::uint64_t read_ = 0;
    std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
    std::optional<std::uint64_t> length_;
    Failure failure_ = Failure::none;
    bool ended_ = false;
    bool wanted_ = false;
};

}  // namespace http
