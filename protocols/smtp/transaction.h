// A mail transaction: born at MAIL, gone at the answer to its message, at RSET, EHLO or STARTTLS. RFC 5321 §3.3.
// Its Reception is the message data on its way to the intake, from DATA's 354 or the first BDAT on.
// Leaves the order of commands to wire/rules, replies to the commands.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "protocols/services/event_log.h"
#include "protocols/services/intake.h"
#include "protocols/smtp/wire/data.h"
#include "protocols/smtp/wire/reply.h"

namespace smtp {

// Takes message data and passes it on. Once something is wrong it keeps the first reply that says so and drops what
// follows: the peer must be read to the end of its data before it can be answered.
class Reception {
  public:
    Reception(std::unique_ptr<services::IncomingMessage> message, std::uint64_t max_octets,
              const services::SessionLog& log);

    // Passes content on where that needs no waiting; false: nothing was taken, call take().
    bool take_now(std::string_view content);
    // The same with back-pressure. Faults of the house are logged here and become a 451.
    asio::awaitable<void> take(std::string_view content);
    // From now on everything is dropped; the first reply stays.
    void spoil(wire::Reply reply);
    // The end of the data: accepted and on disk, or why not.
    asio::awaitable<std::expected<services::IncomingMessage::Receipt, wire::Reply>> finish();

    const std::optional<wire::Reply>& spoiled() const { return spoiled_; }
    std::uint64_t octets() const { return octets_; }
    std::uint64_t discarded_octets() const { return discarded_octets_; }
    std::chrono::steady_clock::time_point began() const { return began_; }

    // Over all chunks of BDAT, whose octets need no reader.
    wire::LineEndMender line_ends;

  private:
    bool dropped(std::string_view content);

    std::unique_ptr<services::IncomingMessage> message_;
    std::uint64_t max_octets_;
    const services::SessionLog* log_;
    std::optional<wire::Reply> spoiled_;
    std::uint64_t octets_ = 0;
    std::uint64_t discarded_octets_ = 0;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

struct Transaction {
    services::IntakeEnvelope envelope;
    std::uint64_t declared_octets = 0;  // MAIL's SIZE (RFC 1870), or 0
    bool recipient_refused = false;     // some RCPT was answered no
    std::optional<Reception> reception;
};

}  // namespace smtp
