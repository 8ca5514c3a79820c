// Passes message data to the intake, with size limit and faults. RFC 5321 §4.1.1.4, RFC 1870 §6 (size on the stream).
// Back-pressure comes from the intake: what it does not take is not read from the socket. wire/data finds the end of
// the data.
#include "protocols/smtp/transaction.h"

#include <exception>
#include <string>
#include <utility>

#include "protocols/smtp/refusals.h"

namespace smtp {

Reception::Reception(std::unique_ptr<services::IncomingMessage> message, std::uint64_t max_octets,
                     const services::SessionLog& log)
    : message_(std::move(message)), max_octets_(max_octets), log_(&log) {}

void Reception::spoil(wire::Reply reply) {
    if (spoiled_) return;
    if (message_) message_->give_up(reply.text);
    spoiled_ = std::move(reply);
}

// Counts content; true if it must not be passed on.
bool Reception::dropped(std::string_view content) {
    octets_ += content.size();
    if (!spoiled_ && octets_ > max_octets_) spoil(replies::message_too_large(max_octets_));
    if (spoiled_) discarded_octets_ += content.size();
    return spoiled_.has_value();
}

bool Reception::take_now(std::string_view content) {
    if (!spoiled_ && !message_->fits(content.size())) return false;
    if (!dropped(content)) message_->append(content);
    return true;
}

asio::awaitable<void> Reception::take(std::string_view content) {
    if (dropped(content)) co_return;
    std::string fault;
    try {
        const storage::Result<std::monostate> written = co_await message_->write(content);
        if (!written) spoil(reply_for(written.error()));
        co_return;
    } catch (const std::exception& error) {
        fault = error.what();
    }
    log_->error("fault", {{"during", "intake"}, {"reason", fault}});
    spoil(replies::local_error());
}

asio::awaitable<std::expected<services::IncomingMessage::Receipt, wire::Reply>> Reception::finish() {
    if (!message_) co_return std::unexpected(*spoiled_);
    std::string fault;
    try {
        storage::Result<services::IncomingMessage::Receipt> receipt = co_await message_->finish();
        if (spoiled_) co_return std::unexpected(*spoiled_);
        if (!receipt) co_return std::unexpected(reply_for(receipt.error()));
        co_return std::move(*receipt);
    } catch (const std::exception& error) {
        fault = error.what();
    }
    log_->error("fault", {{"during", "intake"}, {"reason", fault}});
    co_return std::unexpected(replies::local_error());
}

}  // namespace smtp
