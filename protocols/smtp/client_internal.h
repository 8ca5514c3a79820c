// What the parts of the sending half share: how a conversation breaks off, and the attempt at hand. RFC 5321 §3.8.
// Private to client*.cpp.
// Leaves everything that the queue may see to client.h.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "protocols/smtp/client.h"

namespace smtp {

// The conversation cannot go on; thrown inside the client, a value outside.
class Client::Broken : public std::runtime_error {
  public:
    explicit Broken(Outcome outcome, bool tls_failed = false)
        : std::runtime_error(outcome.text), ending_{std::move(outcome), tls_failed} {}
    const Ending& ending() const { return ending_; }

  private:
    Ending ending_;
};

// One message on its way, in one transaction.
struct Client::Sending {
    OutgoingMessage message;
    std::vector<std::optional<Outcome>> outcomes;  // by recipient; empty: not decided yet, or accepted so far
    std::size_t accepted = 0;                      // recipients that RCPT took
    std::optional<Outcome> too_many;               // the peer takes no more recipients in this transaction
    std::vector<std::size_t> left_over;            // those that it did not take for that reason
    bool ended = false;                            // its end is on its way: the peer may have all of it
    bool delivered = false;                        // the peer has the message
    bool mail_pending = true;                      // MAIL's reply has not been read
    std::optional<wire::Reply> data_reply;         // of a DATA that was pipelined

    void decide_all(const Outcome& outcome) {
        for (auto& decided : outcomes) {
            if (!decided) decided = outcome;
        }
    }
};

// For what we have to say ourselves.
inline Outcome temporary(std::string status, std::string text) {
    return {Outcome::Kind::temporary, 0, std::move(status), std::move(text)};
}
inline Outcome permanent(std::string status, std::string text) {
    return {Outcome::Kind::permanent, 0, std::move(status), std::move(text)};
}

// What a reply means where 2yz is success. A reply that does not belong here (3yz) is temporary.
Outcome outcome_of(const wire::Reply& reply);

}  // namespace smtp
