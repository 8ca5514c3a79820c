// BDAT: the message in chunks of known size. RFC 3030 §2; no dots are stuffed, and lines still end with CRLF, since the
// message may have to go on by DATA (we do not offer BINARYMIME).
// A chunk is always read, also one that is refused: its octets are not commands.
#include <algorithm>
#include <exception>

#include "protocols/smtp/refusals.h"
#include "protocols/smtp/session.h"

namespace smtp {

asio::awaitable<void> Session::run(wire::Bdat command) {
    in_data_ = true;
    if (!transaction_->reception) {
        std::string fault;
        try {
            begin_reception();
        } catch (const std::exception& error) {
            fault = error.what();
        }
        if (!transaction_->reception) {
            log_.error("intake_failed", {{"what", fault}});
            transaction_->reception.emplace(nullptr, 0, log_);
            transaction_->reception->spoil(replies::local_error());
        }
    }
    co_await receive_chunk(command.octets);
    in_data_ = false;
    if (over()) co_return;
    Reception& reception = *transaction_->reception;
    if (command.last) {
        if (reception.line_ends.bare_line_end()) reception.spoil(replies::bare_line_end());
        co_await finish_message();
        co_return;
    }
    if (command.octets > 0) idle_commands_ = 0;
    if (reception.spoiled()) {
        refuse("BDAT", *reception.spoiled());
    } else {
        answer(250, "2.0.0", std::to_string(command.octets) + " octets received");
    }
}

asio::awaitable<void> Session::receive_chunk(std::uint64_t octets) {
    Reception& reception = *transaction_->reception;
    const auto last_moment = reception.began() + options_.limits.message_time;  // however many chunks there are
    if (std::chrono::steady_clock::now() > last_moment) throw net::DeadlinePassed();
    while (octets > 0) {
        const std::string_view content = stream_.buffered().substr(0, octets);
        if (content.empty()) {
            co_await stream_.flush();
            co_await fill_by(last_moment);
            continue;
        }
        reception.line_ends.take(content);
        if (!reception.take_now(content)) co_await reception.take(content);
        stream_.consume(content.size());
        octets -= content.size();
        if (discards_too_much()) co_return;
    }
}

// The octets of a chunk that came out of order.
asio::awaitable<void> Session::discard(std::uint64_t octets) {
    if (octets > options_.limits.discarded_octets) {
        close("chunk out of order and too large", "4.7.0", "Too much data, closing");
        co_return;
    }
    const auto last_moment = std::chrono::steady_clock::now() + options_.limits.message_time;
    while (octets > 0) {
        const std::size_t here = stream_.buffered().substr(0, octets).size();
        if (here == 0) {
            co_await stream_.flush();
            co_await fill_by(last_moment);
            continue;
        }
        stream_.consume(here);
        octets -= here;
    }
}

}  // namespace smtp
