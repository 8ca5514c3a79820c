// The deadlines of all streams of one io_context, with a single timer. Waits of equal length expire in the order in
// which they began, so one list per length is always sorted: starting or ending a wait costs a few pointers, no timer.
// Used on the io_context's own thread only; stream.h says what a passed deadline means.
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
    // A wait in progress. Derive from it; call leave() before destroying it.
    class Entry {
      public:
        virtual void expired() = 0;    // the time is over; the entry is already removed
        virtual void abandoned() = 0;  // the io_context is being destroyed: drop the handler

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

    // Each stream is attached while it lives; without streams no timer keeps the io_context running.
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
