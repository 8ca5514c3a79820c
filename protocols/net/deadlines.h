// Deadlines of all streams of one io_context behind a single timer. Waits of equal length expire in the order in which
// they began, so a list for each length is sorted by itself: starting and ending a wait costs a few pointers, no timer.
// Used on the io_context's own thread only; a stream's header says what a passed deadline means.
#pragma once

#include <asio/execution_context.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

namespace net {

class Deadlines : public asio::execution_context::service {
  public:
    using key_type = Deadlines;
    using Clock = std::chrono::steady_clock;
    static asio::execution_context::id id;

    struct List;
    // Something that waits. Derive from it; it must leave before it dies.
    class Entry {
      public:
        virtual void expired() = 0;    // the time is over; the entry has left already
        virtual void abandoned() = 0;  // the io_context ends: drop whatever would resume

      protected:
        Entry() = default;
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        ~Entry() = default;

      private:
        friend class Deadlines;
        Entry* previous_ = nullptr;
        Entry* next_ = nullptr;
        List* list_ = nullptr;
        Clock::time_point at_{};
    };
    struct List {
        Entry* first = nullptr;
        Entry* last = nullptr;
    };

    explicit Deadlines(asio::execution_context& context);

    // Each stream is attached as long as it lives; behind the last one no timer keeps the io_context running.
    void attach() { ++attached_; }
    void detach();
    void enter(Entry& entry, std::chrono::milliseconds limit);
    void leave(Entry& entry);

  private:
    void shutdown() noexcept override;
    void arm(Clock::time_point at);
    void fire();
    static void unlink(Entry& entry);

    std::optional<asio::steady_timer> timer_;
    std::map<std::chrono::milliseconds, List> lists_;  // by length of the wait
    std::optional<Clock::time_point> armed_;
    std::size_t attached_ = 0;
};

}  // namespace net
