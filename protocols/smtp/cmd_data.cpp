// DATA: the message itself, up to CRLF.CRLF and nothing else. RFC 5321 §4.1.1.4, §4.5.2, §2.3.8. A faulty message is
// refused after its end, never before: its octets must not be taken for commands. wire/data does the strict reading;
// the intake hashes and stores.
#include <algorithm>
#include <utility>

#include "protocols/smtp/refusals.h"
#include "protocols/smtp/session.h"

namespace smtp {

asio::awaitable<void> Session::run(wire::Data) {
    if (transaction_->binary) {
        refuse("DATA", replies::binary_needs_chunks());  // RFC 3030 §3
        co_return;
    }
    if (!begin_reception()) {
        refuse("DATA", replies::too_busy());
        co_return;
    }
    in_data_ = true;
    answer(354, "", "Go ahead, end with a dot on a line of its own");
    co_await stream_.flush();
    co_await receive_data();
    in_data_ = false;
    if (!over()) co_await finish_message("DATA");
}

// False if there is no memory to be had for it. May throw: then there is no reception, no message data was
// read, and the transaction has no recipients any more.
bool Session::begin_reception() {
    const std::uint64_t octets = transaction_->envelope_octets + options_.limits.reception_octets;
    if (!transaction_->memory.set(octets)) return false;
    idle_commands_ = 0;
    transaction_->reverse_path = transaction_->envelope.reverse_path;
    transaction_->recipients = transaction_->envelope.recipients.size();
    transaction_->reception.emplace(services_.intake.begin(std::exchange(transaction_->envelope, {})),
                                    services_.intake.max_message_octets(), log_);
    return true;
}

asio::awaitable<void> Session::receive_data() {
    wire::DataReader reader;
    const auto last_moment = transaction_->reception->began() + options_.limits.message_time;
    for (bool ended = false; !ended;) {
        const std::string_view input = stream_.buffered();
        if (input.empty()) {
            co_await fill_by(last_moment);
            continue;
        }
        const wire::DataReader::Step step = reader.next(input);
        if (!transaction_->reception->take_now(step.content)) co_await transaction_->reception->take(step.content);
        stream_.consume(step.consumed);
        if (reader.bare_line_end()) transaction_->reception->spoil(replies::bare_line_end());
        ended = step.ended;
        if (!ended && discards_too_much("DATA")) co_return;
    }
}

// Reads more input, within the time allowed for the whole message.
asio::awaitable<void> Session::fill_by(std::chrono::steady_clock::time_point last_moment) {
    if (login_due_) last_moment = std::min(last_moment, *login_due_);
    if (std::chrono::steady_clock::now() >= last_moment) throw net::DeadlinePassed();  // octets may be here
    stream_.set_deadline(options_.limits.data_timeout, last_moment);
    co_await stream_.fill();
}

// A refused message is not read without end.
bool Session::discards_too_much(std::string_view command) {
    const Reception& reception = *transaction_->reception;
    if (reception.discarded_octets() <= options_.limits.discarded_octets) return false;
    refuse(command, *reception.spoiled());
    close({services::EndReason::too_much_data, "behind a refusal"}, "4.7.0", "Too much data, closing");
    return true;
}

// The end of DATA or BDAT: the transaction is over, accepted or not.
asio::awaitable<void> Session::finish_message(std::string_view command) {
    const std::uint64_t octets = transaction_->reception->octets();
    const std::uint64_t mended = transaction_->reception->line_ends.mended();
    const std::expected<services::IncomingMessage::Receipt, wire::Reply> receipt =
        co_await transaction_->reception->finish();
    services::EventLog::Fields fields = {
        {"from", std::move(transaction_->reverse_path)}, {"recipients", transaction_->recipients}, {"octets", octets}};
    transaction_.reset();
    if (mended != 0) fields.emplace_back("line_ends_mended", mended);
    if (!receipt) {
        refuse(command, receipt.error(), std::move(fields));
        co_return;
    }
    ++messages_;
    answer(250, "2.0.0", "Accepted as " + receipt->id);
    fields.emplace_back("id", receipt->id);
    log_.debug("accepted", fields);
}

}  // namespace smtp
