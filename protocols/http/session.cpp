#include "protocols/http/session.h"

#include <algorithm>
#include <utility>

#include "protocols/http/wire/http_date.h"

namespace http {
namespace {

// Sets it while it exists.
class Flag {
  public:
    explicit Flag(bool& flag) : flag_(flag) { flag_ = true; }
    Flag(const Flag&) = delete;
    Flag& operator=(const Flag&) = delete;
    ~Flag() { flag_ = false; }

  private:
    bool& flag_;
};

}  // namespace

void Bell::ring() {
    if (at_stream_) return to_stream_();
    wakeup_.notify();
}

asio::awaitable<void> Bell::wait(std::chrono::milliseconds at_most) {
    static_cast<void>(co_await wakeup_.wait(at_most));  // whoever waits looks at what it waits for
}

asio::awaitable<net::WaitOutcome> Bell::wait_for_client_too() {
    const bool rung = wakeup_.take();
    if (rung) co_return net::WaitOutcome::signalled;
    signal_.clear();
    const Flag flag(at_stream_);
    const net::WaitOutcome outcome = co_await stream_.wait(signal_);
    co_return outcome;
}

std::shared_ptr<Work> Session::begin(wire::RequestHead head, std::function<void()> ring) {
    ++requests;
    log.spoken();
    Work::Facts facts{.head = std::move(head),
                      .client_address = stream.remote().address().to_string(),
                      .tls = stream.is_tls(),
                      .session = log.session()};
    return std::make_shared<Work>(stream.executor(), std::move(facts), std::move(ring));
}

void Session::complete(Response& response) const {
    const bool dated = std::ranges::find(response.fields, "date", &Field::name) != response.fields.end();
    if (!dated) response.fields.push_back({"date", wire::format_http_date(services.now())});
}

void Session::log_failure(const Work& work) const {
    if (!work.failure().empty())
        log.error("failed", {{"method", services::of_peer(work.method())}, {"reason", work.failure()}});
}

}  // namespace http
