// The work on one request, beside the connection that it came by: a coroutine runs the handler, then asks for the
// pieces of its answer one at a time. The connection looks at it whenever it rings. On the connection's thread.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocols/http/exchange.h"
#include "protocols/net/task.h"
#include "protocols/net/wakeup.h"

namespace http {

class Work : public std::enable_shared_from_this<Work> {
  public:
    struct Facts {
        wire::RequestHead head;
        std::string client_address;
        bool tls = false;
        std::string session;
    };
    // `ring`: something has changed. Not called any more after leave().
    Work(const asio::any_io_executor& executor, Facts facts, std::function<void()> ring);
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    // Begins. The handler must outlive it.
    void start(const Handler& handler);

    const std::string& method() const { return method_; }
    Body& body() { return body_; }
    std::size_t head_octets() const { return head_octets_; }

    // The answer's head, with its whole content if it has no stream; nullptr: not yet. Its owner may take parts of it.
    Response* answer() { return answer_ ? &*answer_ : nullptr; }
    // The next piece of its stream, if there is one. The work goes on only after piece_taken().
    std::string* piece() { return piece_ ? &*piece_ : nullptr; }
    void piece_taken();
    // The coroutine is over: all of the answer is there, or it has failed.
    bool ended() const { return ended_; }
    // Why, in words for the log; empty: it has not.
    const std::string& failure() const { return failure_; }
    // It has failed after its answer had begun: what there is of it must not look complete.
    bool broke_off() const { return broke_off_; }

    // The client is gone, or needs no more. It ends soon, if not at once.
    void cancel();
    void leave() { ring_ = nullptr; }

  private:
    static asio::awaitable<void> run(std::shared_ptr<Work> self, const Handler& handler);
    asio::awaitable<void> make_pieces(const NextPiece& next);
    asio::awaitable<void> answer_with(const Handler& handler);
    void ring() const {
        if (ring_) ring_();
    }

    asio::any_io_executor executor_;
    std::function<void()> ring_;
    Body body_;
    std::string method_;
    std::size_t head_octets_ = 0;
    std::optional<Facts> facts_;  // until it starts
    std::optional<Response> answer_;
    std::optional<std::string> piece_;
    net::Wakeup room_;
    net::Task task_;
    std::string failure_;
    bool broke_off_ = false;
    bool cancelled_ = false;
    bool ended_ = false;
};

// Answers by the door itself.
Response plain_answer(int status, std::string text);

}  // namespace http
