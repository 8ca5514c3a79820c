// A mail transaction: begins with MAIL, ends with the reply to its message, or at RSET, EHLO or STARTTLS.
// RFC 5321 §3.3. Its Reception passes message data to the intake, from DATA's 354 or the first BDAT on.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/net/allowance.h"
#include "protocols/services/event_log.h"
#include "protocols/services/intake.h"
#include "protocols/smtp/wire/data.h"
#include "protocols/smtp/wire/reply.h"

namespace smtp {

// Takes message data and passes it on. After a fault it keeps the first refusing reply and drops what follows: the data
// must be read to its end before the peer can be answered.
class Reception {
  public:
    Reception(std::unique_ptr<services::IncomingMessage> message, std::uint64_t max_octets,
              const services::SessionLog& log);

    // Passes content on if that needs no waiting; false: nothing was taken, call take().
    bool take_now(std::string_view content);
    // The same with back-pressure. Exceptions of the intake are logged here and become a 451.
    asio::awaitable<void> take(std::string_view content);
    // Drops everything from now on; the first reply counts.
    void spoil(wire::Reply reply);
    // The end of the data: accepted and on disk, or the refusing reply.
    asio::awaitable<std::expected<services::IncomingMessage::Receipt, wire::Reply>> finish();

    const std::optional<wire::Reply>& spoiled() const { return spoiled_; }
    std::uint64_t octets() const { return octets_; }
    std::uint64_t discarded_octets() const { return discarded_octets_; }
    std::chrono::steady_clock::time_point began() const { return began_; }

    // For all chunks of one message sent by BDAT.
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
    explicit Transaction(const std::shared_ptr<net::Allowance>& allowance) : memory(net::Resource::memory, allowance) {
        envelope.allowance = allowance;
    }

    services::IntakeEnvelope envelope;  // the intake's, once there is a reception
    std::shared_ptr<services::KnownDestinations> known = std::make_shared<services::KnownDestinations>();
    std::size_t destinations = 0;       // of these, in all
    std::uint64_t envelope_octets = 0;  // of memory, for its recipients
    net::Hold memory;                   // for these, and for the message data
    std::uint64_t declared_octets = 0;  // MAIL's SIZE (RFC 1870), or 0
    bool binary = false;                // the message data are no lines (RFC 3030 §3)
    bool recipient_refused = false;     // some RCPT was refused
    std::string reverse_path;           // as in the envelope
    std::size_t recipients = 0;         // of the envelope
    std::optional<Reception> reception;
};

}  // namespace smtp
