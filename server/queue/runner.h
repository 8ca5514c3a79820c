// The queue's runner: leases due mail from the store, sends it to other servers, records the results. RFC 5321 §4.5.4.
// The schedule is stored in rows: a restart loses nothing, and repeats nothing that was answered 250.
#pragma once

#include <asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "protocols/dns/resolver.h"
#include "protocols/https/fetcher.h"
#include "protocols/net/worker_pool.h"
#include "protocols/services/directory.h"
#include "protocols/services/event_log.h"
#include "protocols/services/intake.h"
#include "server/queue/outbound_options.h"
#include "server/queue/schedule.h"
#include "storage/failing_addresses.h"
#include "storage/store.h"

namespace server::queue {

struct RunnerOptions {
    Schedule schedule;
    OutboundOptions outbound;
    std::uint32_t connections = 50;
    // One that is not open by then counts no more as one of these, but as one of slow_connections, if there is room.
    std::chrono::milliseconds slow_after{300};
    std::uint32_t slow_connections = 400;
    std::uint32_t connections_per_destination = 5;
    std::uint32_t messages_per_connection = 100;
    std::size_t recipients_in_hand = 2000;  // leased, to be sent; of one account never more than are left
    storage::SuppressionOptions suppression{};
    std::uint64_t returned_octets = 50u << 10;  // of a bounced message; a longer one returns as its header section
};

struct RunnerServices {
    storage::Store& store;
    services::Directory& directory;
    services::EventLog& log;
    dns::Resolver& resolver;
    std::function<std::int64_t()> now;                    // Unix seconds
    std::function<std::string(std::size_t)> random_text;  // n unpredictable octets as hexadecimal digits
    std::function<std::size_t(std::size_t)> random_below;
    https::Fetcher* fetcher = nullptr;   // of MTA-STS policies; nullptr: there are none
    net::WorkerPool* compute = nullptr;  // for signatures; nullptr: made on the queue's own thread
    services::Intake* intake = nullptr;  // for what was held for addresses here; nullptr: there is none
};

// All work is done on one executor's thread; start, stop and configure may be called from other threads.
class Runner {
  public:
    Runner(asio::any_io_executor executor, RunnerServices services, RunnerOptions options);
    ~Runner();  // stop() must have been called, if start() was

    void start();
    // Interrupts the current work: what other servers have answered is recorded, the rest stays due. Blocks at most
    // this long.
    void stop(std::chrono::milliseconds patience);
    // For later attempts.
    void configure(RunnerOptions options);

  private:
    struct Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace server::queue
