#include "protocols/http/body.h"

#include <utility>

#include "protocols/net/stream.h"

namespace http {

asio::awaitable<std::string> Body::read() {
    if (length_ && *length_ > limit_) throw BodyTooLarge();
    while (pieces_.empty()) {
        if (failure_ == Failure::late) throw BodyLate();
        if (failure_ == Failure::gone) throw net::PeerGone("the client went away");
        if (ended_) co_return std::string();
        if (!std::exchange(wanted_, true)) changed_();
        co_await more_.wait();
    }
    std::string piece = std::move(pieces_.front());
    pieces_.pop_front();
    unread_ -= piece.size();
    consumed_ += piece.size();
    read_ += piece.size();
    changed_();
    if (read_ > limit_) throw BodyTooLarge();
    co_return piece;
}

asio::awaitable<std::string> Body::read_all(std::size_t most) {
    limit(most);
    std::string all;
    for (;;) {
        std::string piece = co_await read();
        if (piece.empty()) co_return all;
        all += piece;
    }
}

void Body::put(std::string octets) {
    if (octets.empty()) return;
    unread_ += octets.size();
    pieces_.push_back(std::move(octets));
    more_.notify();
}

void Body::end() {
    ended_ = true;
    more_.notify();
}

void Body::fail(Failure why) {
    if (failure_ == Failure::none) failure_ = why;
    more_.notify();
}

}  // namespace http
