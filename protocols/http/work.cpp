#include "protocols/http/work.h"

#include <exception>
#include <utility>

namespace http {
namespace {

std::size_t octets_of(const wire::RequestHead& head) {
    std::size_t octets = head.method.size() + head.target.size() + head.authority.size();
    for (const Field& field : head.fields) octets += field.name.size() + field.value.size() + sizeof(Field);
    return octets;
}

}  // namespace

Response plain_answer(int status, std::string text) {
    return {.status = status,
            .fields = {{"content-type", "text/plain; charset=utf-8"}, {"cache-control", "no-store"}},
            .body = std::move(text),
            .shared = {},
            .stream = {},
            .length = {}};
}

Work::Work(const asio::any_io_executor& executor, Facts facts, std::function<void()> ring)
    : executor_(executor),
      ring_(std::move(ring)),
      body_(executor, [this] { this->ring(); }),
      method_(facts.head.method),
      head_octets_(octets_of(facts.head)),
      facts_(std::move(facts)),
      room_(executor) {}

void Work::start(const Handler& handler) {
    task_.start(executor_, run(shared_from_this(), handler), [self = shared_from_this()](const std::exception_ptr&) {
        self->ended_ = true;
        self->ring();
    });
}

asio::awaitable<void> Work::run(std::shared_ptr<Work> self, const Handler& handler) {
    std::optional<Response> instead;
    try {
        co_await self->answer_with(handler);
    } catch (const BodyTooLarge&) {
        instead = plain_answer(413, "The request is too large.\n");
    } catch (const BodyLate&) {
        instead = plain_answer(408, "The request came too slowly.\n");
    } catch (const std::exception& error) {
        if (!self->cancelled_) self->failure_ = error.what();
        instead = plain_answer(500, "The server could not do that just now. Try again later.\n");
    }
    // Once a part of the answer has gone, there is no other.
    if (instead && self->answer_) self->broke_off_ = !self->cancelled_;
    if (instead && !self->answer_) self->answer_ = std::move(instead);
}

asio::awaitable<void> Work::answer_with(const Handler& handler) {
    const std::string& target = facts_->head.target;
    Request request{.method = std::move(facts_->head.method),
                    .path = std::string(wire::path_of(target)),
                    .query = std::string(wire::query_of(target)),
                    .authority = std::move(facts_->head.authority),
                    .version = facts_->head.version,
                    .fields = std::move(facts_->head.fields),
                    .client_address = std::move(facts_->client_address),
                    .tls = facts_->tls,
                    .session = std::move(facts_->session),
                    .body = body_};
    facts_.reset();
    asio::awaitable<Response> answering = handler(std::move(request));
    Response response = co_await std::move(answering);
    const NextPiece next = response.stream;
    answer_ = std::move(response);
    if (!next) co_return;
    ring();
    co_await make_pieces(next);
}

asio::awaitable<void> Work::make_pieces(const NextPiece& next) {
    for (;;) {
        std::optional<std::string> made = co_await next();
        if (!made) co_return;
        if (made->empty()) continue;
        piece_ = std::move(made);
        ring();
        while (piece_) co_await room_.wait();
    }
}

void Work::piece_taken() {
    piece_.reset();
    room_.notify();
}

void Work::cancel() {
    if (ended_ || std::exchange(cancelled_, true)) return;
    body_.fail(Body::Failure::gone);
    task_.cancel();
}

}  // namespace http
