// Looks after the DKIM keys of our domains while the server runs: each domain has one, new ones begin to sign once they
// are seen in the DNS, old ones go (rotation.h). Where a publisher is given, it puts their records there and takes them
// out.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "protocols/dns/source.h"
#include "protocols/net/worker_pool.h"
#include "protocols/services/event_log.h"
#include "server/zone/publisher.h"
#include "server/zone/rotation.h"
#include "storage/dkim_keys.h"
#include "storage/store.h"

namespace server::zone {

class KeyKeeper {
  public:
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    // `holder`: this server's name, for its lease. `publisher`: nullptr, if an administrator publishes the records.
    // What is given must outlive this object.
    KeyKeeper(storage::Store& store, dns::Source& source, services::EventLog& log, net::WorkerPool& compute,
              std::string holder, Rotation rotation, Clock now, Publisher* publisher = nullptr);

    // Makes keys for domains that have none (a store of an older Mailstead), which sign from the start; then does with
    // each domain's keys what is due. Returns how long to wait before the next call.
    asio::awaitable<std::chrono::seconds> look_after();

  private:
    asio::awaitable<void> make_key(std::string domain, storage::DkimAlgorithm algorithm,
                                   std::vector<storage::DkimKey> taken, bool first);
    asio::awaitable<void> look_after_domain(std::string domain, std::vector<storage::DkimKey> keys);
    asio::awaitable<Sightings> look_for(const std::vector<storage::DkimKey>& keys);
    asio::awaitable<void> publish(std::string domain);
    void tell(const std::string& domain, const std::vector<storage::DkimChange>& changes) const;

    storage::Store& store_;
    dns::Source& source_;
    services::EventLog& log_;
    net::WorkerPool& compute_;
    const std::string holder_;
    const Rotation rotation_;
    const Clock now_;
    Publisher* const publisher_;
    std::map<std::string, std::string> published_;  // by domain: the keys and states that its zone was made to have
};

}  // namespace server::zone
