// services::Intake: trace fields, the changes of RFC 6409 §8, limits, and one write operation for mailboxes and queue.
// Content goes to storage::BlobWriter and mime::Summarizer while it is received.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "protocols/mime/parse_limits.h"
#include "protocols/services/event_log.h"
#include "protocols/services/intake.h"
#include "server/current.h"
#include "server/delivery/intake/policy.h"
#include "storage/blobs.h"
#include "storage/sending.h"
#include "storage/store.h"

namespace server::delivery {

struct IntakeOptions {
    std::string hostname;
    std::uint64_t message_octets = 50u << 20;  // the largest message
    std::size_t header_octets = 256u << 10;    // of a header section, which is kept in memory; a longer one is refused
    mime::ParseLimits summary;                 // kept of a message for its summary; one above them is accepted
    std::uint32_t received_fields = 100;       // more hops mean a loop (RFC 5321 §6.3)
    storage::SendingLimits sending{};          // of each account
    bool check_from_header = true;             // submissions: From must be an address of the submitter
    bool judge = false;                        // mail from outside, by SPF, DKIM and DMARC
    PolicyOptions policy{};
    std::chrono::seconds judging_time{20};  // bounds all look-ups after the end of a message
};

// The DNS, asked in the turns of that client's network.
using Sources = std::function<std::shared_ptr<dns::Source>(const std::string& client_address)>;

// Thread-safe: one for all protocols.
class Intake : public services::Intake {
  public:
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    Intake(storage::Store& store, services::Directory& directory, services::EventLog& log, IntakeOptions options,
           Clock clock, Sources sources = {});
    ~Intake() override;

    std::unique_ptr<services::IncomingMessage> begin(services::IntakeEnvelope envelope) override;
    std::shared_ptr<services::Inquiry> inquire(const services::IntakeEnvelope& envelope,
                                               const asio::any_io_executor& executor) override;
    std::uint64_t max_message_octets() const override;

    // For messages that begin afterwards.
    void configure(IntakeOptions options);

  private:
    storage::Store& store_;
    services::Directory& directory_;
    services::EventLog& log_;
    Current<const IntakeOptions> options_;
    Clock clock_;
    const Sources sources_;
};

}  // namespace server::delivery
