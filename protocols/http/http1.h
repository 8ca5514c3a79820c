// A conversation in HTTP/1.1 or 1.0: one request after the other, pipelined ones in order. RFC 9112. wire/ reads heads
// and chunks, and writes them.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "protocols/http/session.h"
#include "protocols/http/wire/chunked_decoder.h"
#include "protocols/http/wire/fault.h"
#include "protocols/http/wire/received_request.h"
#include "protocols/services/end_reason.h"

namespace http {

class Http1 {
  public:
    explicit Http1(Session& session) : session_(session), stream_(session.stream) {}
    ~Http1();
    Http1(const Http1&) = delete;
    Http1& operator=(const Http1&) = delete;

    // Until there is no next request. Throws as net::Stream does.
    asio::awaitable<services::EndReason> converse();

  private:
    // The content of the request at work.
    struct Content {
        std::optional<wire::ChunkedDecoder> chunks;
        std::uint64_t left = 0;  // without chunks
        bool ended = true;
        bool continue_due = false;  // the client waits for 100
        bool is_late = false;
        std::size_t came = 0;  // of late, in octets
        std::optional<std::chrono::steady_clock::time_point> wanted_since{};
    };

    asio::awaitable<bool> next_request_begins();
    // Empty: it was answered here, or the client said nothing.
    asio::awaitable<std::optional<wire::ReceivedRequest>> read_head();
    asio::awaitable<void> run(wire::ReceivedRequest request);
    asio::awaitable<void> begin_answer(Response& response);
    asio::awaitable<void> send_content(std::string_view content);
    asio::awaitable<void> send_piece(Work& work);
    asio::awaitable<void> end_answer();
    asio::awaitable<void> take_content();
    bool take_buffered_content();
    asio::awaitable<void> wait_for_work();
    asio::awaitable<void> refuse(wire::Fault fault);
    void interrupted(const net::Interrupted& why);
    bool wants_content() const;
    bool can_be_skipped() const;

    Session& session_;
    net::Stream& stream_;
    std::shared_ptr<Work> work_;
    Content content_;
    std::optional<wire::Fault> content_fault_;
    wire::Version version_ = wire::Version::http_1_1;
    bool keep_ = true;                                                  // the connection, after this answer
    bool begun_ = false;                                                // the answer
    bool chunked_ = false;                                              // the answer
    bool may_have_content_ = true;                                      // the answer
    std::optional<std::chrono::steady_clock::time_point> last_moment_;  // the server stops
    net::Interrupted::Cause cause_{};
};

}  // namespace http
