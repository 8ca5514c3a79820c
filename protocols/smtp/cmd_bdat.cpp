// BDAT: the message in chunks of known size. RFC 3030 §2; no dot-stuffing, but lines must end with CRLF (LF is
// corrected), since the message may have to be sent on by DATA. Of a binary message (§3) the octets are passed on as
// they are: the intake makes lines of them. A chunk is always read, even if it is refused: its octets are not commands.
// A chunk too large for that ends the session.
#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>

#include "protocols/smtp/refusals.h"
#include "protocols/smtp/session.h"

namespace smtp {

namespace {

constexpr std::chrono::seconds longest_silence{5};  // of a client that was told to stop

}  // namespace

asio::awaitable<void> Session::run(wire::Bdat command) {
    in_data_ = true;
    if (!transaction_->reception) {
        std::optional<wire::Reply> refusal;
        try {
            if (!begin_reception()) refusal = replies::too_busy();
        } catch (const std::exception& error) {
            log_.error("fault", {{"during", "intake"}, {"reason", error.what()}});
            refusal = replies::local_error();
        }
        if (refusal) {
            transaction_->reception.emplace(nullptr, 0, log_);
            transaction_->reception->spoil(*std::move(refusal));
        }
    }
    Reception& reception = *transaction_->reception;
    const std::uint64_t most = services_.intake.max_message_octets();
    if (command.octets > most - std::min(most, reception.octets())) {
        reception.spoil(replies::message_too_large(most));
        co_await hang_up_on_chunk(*reception.spoiled(), command.octets);
        co_return;
    }
    co_await receive_chunk(command.octets);
    in_data_ = false;
    if (over()) co_return;
    if (command.last) {
        if (reception.line_ends.bare_cr()) reception.spoil(replies::bare_line_end());
        co_await finish_message("BDAT");
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
    const auto last_moment = reception.began() + options_.limits.message_time;  // for all chunks together
    if (std::chrono::steady_clock::now() > last_moment) throw net::DeadlinePassed();
    while (octets > 0) {
        const std::string_view content = stream_.buffered().substr(0, octets);
        if (content.empty()) {
            co_await stream_.flush();
            co_await fill_by(last_moment);
            continue;
        }
        const std::size_t here = content.size();
        const std::string_view mended = transaction_->binary ? content : reception.line_ends.mend(content);
        if (!reception.take_now(mended)) co_await reception.take(mended);
        stream_.consume(here);
        octets -= here;
        if (discards_too_much("BDAT")) co_return;
    }
}

// Reads and drops a chunk that came out of order.
asio::awaitable<void> Session::discard(std::uint64_t octets) {
    const auto last_moment = std::chrono::steady_clock::now() + options_.limits.message_time;
    while (octets > 0) {
        if (stream_.buffered().empty()) {
            co_await stream_.flush();
            co_await fill_by(last_moment);
        }
        octets -= drop_buffered(octets);
    }
}

std::size_t Session::drop_buffered(std::uint64_t most) {
    const std::size_t here = stream_.buffered().substr(0, most).size();
    stream_.consume(here);
    return here;
}

// Refuses a chunk too large to read, before its octets come. A client that sends first and reads then still gets the
// reply, since a bounded part of the chunk is read before the connection is closed.
asio::awaitable<void> Session::hang_up_on_chunk(const wire::Reply& reply, std::uint64_t octets) {
    refuse("BDAT", reply);
    close({services::EndReason::too_much_data, "a chunk beyond the message size"}, "4.7.0", "Too much data, closing");
    std::uint64_t rest = std::min(octets, options_.limits.discarded_octets);
    const auto last_moment = std::chrono::steady_clock::now() + options_.limits.data_timeout;
    stream_.set_deadline(std::min(longest_silence, options_.limits.data_timeout));
    try {
        co_await stream_.flush();
        while (rest > 0 && std::chrono::steady_clock::now() < last_moment) {
            if (stream_.buffered().empty()) co_await stream_.fill();
            rest -= drop_buffered(rest);
        }
    } catch (const std::runtime_error& gone) {  // it has read the reply and stopped, or is gone
        log_.debug("chunk-given-up", {{"reason", gone.what()}});
    }
}

}  // namespace smtp
