// Concludes an attempt: each recipient is done, tried again or given up, and notices are sent. RFC 5321 §6.1,
// RFC 3461 §5.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "protocols/smtp/client.h"
#include "server/delivery/notices/notice_maker.h"
#include "server/queue/runner.h"
#include "storage/queue.h"

namespace server::queue {

struct AttemptFacts {
    std::vector<smtp::Outcome> outcomes;  // one for each recipient of the message
    std::string remote{};                 // the other server; empty if there was none
    std::string address{};                // its address
    std::string tls{};                    // version and cipher of the session; empty: none
    std::string protection{};           // what protected it (storage::DeliveryAttempt); empty: no server was spoken to
    std::chrono::milliseconds took{0};  // the mail transaction
    bool remote_does_dsn = false;       // then the other server sends success notices
    bool here = false;                  // it was this server's own mailboxes that took it
};

// Records the attempt and its notices in one commit; retries until the store accepts it, unless given_up() says to
// stop: what the other server has accepted must not be sent twice.
asio::awaitable<void> conclude(const RunnerServices& services, delivery::NoticeMaker& notice_maker,
                               const RunnerOptions& options, const storage::QueueMessage& message, AttemptFacts facts,
                               std::function<bool()> given_up);

}  // namespace server::queue
