// A conversation in HTTP/2: the streams' works side by side. RFC 9113. h2/ makes events of octets and octets of
// answers.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "protocols/http/h2/connection.h"
#include "protocols/http/session.h"
#include "protocols/net/allowance.h"
#include "protocols/services/end_reason.h"

namespace http {

class Http2 {
  public:
    explicit Http2(Session& session);
    ~Http2();
    Http2(const Http2&) = delete;
    Http2& operator=(const Http2&) = delete;

    // Until the client or the server has said goodbye. Throws as net::Stream does.
    asio::awaitable<services::EndReason> converse();

  private:
    using Time = std::chrono::steady_clock::time_point;
    struct Running {
        std::shared_ptr<Work> work;
        bool content_ended = false;
        bool begun = false;     // its answer
        bool pending = false;   // given, but not yet in frames
        bool finished = false;  // all of it is given
        // The client owes us content, or a window: since when, and how much had moved then.
        bool owes = false;
        Time since{};
        std::uint64_t moved_then = 0;
        std::uint64_t received = 0;
    };

    asio::awaitable<void> send_output();
    asio::awaitable<void> wait();
    void take_input();
    void take_events();
    void come(h2::RequestCame& came);
    void come(h2::RequestRefused& refused);
    void come(h2::Content& content);
    void come(h2::ContentEnded& ended);
    void come(h2::WantsMore& wants);
    void come(h2::StreamOver& over);
    void look_at_rung();
    void look_at(h2::StreamId id, Running& running);
    void begin_answer(h2::StreamId id, Running& running, Response& response);
    void see_what_is_owed(h2::StreamId id, Running& running);
    void end_slow_ones();
    bool owed() const;
    void account_for_memory();
    bool is_idle() const { return running_.empty(); }
    services::EndReason reason() const;

    Session& session_;
    net::Stream& stream_;
    h2::Connection h2_;
    std::unordered_map<h2::StreamId, Running> running_;
    std::vector<std::shared_ptr<Work>> leaving_;  // cancelled, not yet over
    std::vector<h2::StreamId> rung_;
    net::Hold memory_;
    Time idle_since_;
    bool is_late_ = false;             // nothing was asked for too long
    std::optional<Time> last_moment_;  // the server stops
};

}  // namespace http
