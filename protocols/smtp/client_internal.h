// Shared by the parts of the sending client: how a connection breaks off, and the current attempt. RFC 5321 §3.8.
// Private to client*.cpp.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "protocols/smtp/client.h"

namespace smtp {

// The connection cannot go on. Thrown inside the client only; callers get an Outcome.
class Client::Broken : public std::runtime_error {
  public:
    explicit Broken(Outcome outcome, FailedAt at = FailedAt::dialogue)
        : std::runtime_error(outcome.text), ending_{std::move(outcome), at} {}
    const Ending& ending() const { return ending_; }

  private:
    Ending ending_;
};

// One message being sent in one transaction.
struct Client::Sending {
    OutgoingMessage message;
    std::vector<std::optional<Outcome>> outcomes;  // by recipient; empty: undecided, or accepted so far
    std::size_t accepted = 0;                      // recipients accepted by RCPT
    std::optional<Outcome> too_many;               // the peer takes no more recipients in this transaction
    std::vector<std::size_t> left_over;            // the recipients not accepted for that reason
    bool cut = false;                              // by the peer's LIMITS: the rest goes in another transaction
    bool delivered = false;                        // the peer has accepted the message
    bool mail_pending = true;                      // MAIL's reply has not been read
    std::optional<wire::Reply> data_reply;         // reply to a pipelined DATA

    void decide_all(const Outcome& outcome) {
        for (auto& decided : outcomes) {
            if (!decided) decided = outcome;
        }
    }
};

// The outcome for a reply if 2yz is success. A reply that does not fit here (3yz) is temporary.
Outcome outcome_of(const wire::Reply& reply);

}  // namespace smtp
