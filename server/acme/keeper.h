// Keeps this server's certificates: decides whether and for which names they come by themselves, obtains and renews
// them, one at a time, and shows them. What it does is written down in the store before and after each step, with a
// lease, so that a restart goes on and two servers do not do it twice.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocols/dns/source.h"
#include "protocols/https/fetcher.h"
#include "protocols/services/event_log.h"
#include "server/acme/answers.h"
#include "server/acme/authority.h"
#include "server/acme/order.h"
#include "server/acme/situation.h"
#include "server/tls/certificates.h"
#include "storage/acme.h"
#include "storage/store.h"

namespace server::acme {

struct KeeperServices {
    storage::Store& store;
    services::EventLog& log;
    https::Fetcher& fetcher;
    dns::Source& dns;
    tls::Certificates& certificates;
    Hook* hook = nullptr;
    Authority::Clock now;                                               // Unix seconds
    std::function<std::vector<asio::ip::address>()> machine_addresses;  // of its interfaces
    std::function<bool(const asio::ip::address&)> is_public;
    // Whether this server answers at port 443 of an address, for this name (probe.h).
    std::function<asio::awaitable<bool>(std::string name, asio::ip::address where)> answers_at;
};

struct KeeperOptions {
    Situation situation;
    std::string trusted{};  // PEM file of authorities; empty: the system's
    std::string email{};
    bool rsa = false;  // certificates with RSA keys beside the others
};

class Keeper {
  public:
    Keeper(KeeperServices services, KeeperOptions options);

    // Shows what was obtained before. Blocks: for the start, before the doors open.
    void show_kept();
    // What is due now, and how long to wait before the next call. On one executor, always the same.
    asio::awaitable<std::chrono::seconds> run();
    // Ends pauses within run(), which then comes to its end. On the executor of run().
    void stop();

  private:
    using Addresses = std::set<asio::ip::address>;
    enum class Found : std::uint8_t { here, elsewhere, unknown };

    asio::awaitable<bool> is_on();
    void tell_what_is_missing(std::string what);
    asio::awaitable<std::string> what_the_dns_lacks();
    asio::awaitable<std::optional<Addresses>> addresses_of(std::string name);
    asio::awaitable<Addresses> our_addresses();
    asio::awaitable<Found> leads_here(std::string name, const Addresses& ours);
    asio::awaitable<void> look_at_domains();
    asio::awaitable<std::vector<std::string>> names_of_domain(std::string domain, const Addresses& ours,
                                                              std::vector<std::string> before);
    asio::awaitable<void> want(std::vector<storage::WantedCertificate> wanted);
    std::vector<storage::WantedCertificate> with_rsa(std::vector<storage::WantedCertificate> wanted) const;
    asio::awaitable<void> take_care(std::string id);
    asio::awaitable<std::optional<std::int64_t>> not_before_due(const storage::AcmeCertificate& certificate);
    asio::awaitable<void> obtain(storage::AcmeCertificate certificate);
    asio::awaitable<void> keep(storage::AcmeCertificate certificate, Obtained obtained);
    asio::awaitable<void> fail(storage::AcmeCertificate certificate, Trouble trouble, bool keep_order);
    asio::awaitable<bool> pause(std::chrono::seconds time);
    asio::awaitable<std::vector<storage::AcmeCertificate>> all();
    asio::awaitable<void> show();
    void show(const std::vector<storage::AcmeCertificate>& all);
    asio::awaitable<void> write(storage::Operation<std::monostate> operation);

    KeeperServices services_;
    const KeeperOptions options_;
    Answers answers_;
    Authority authority_;
    bool on_ = false;
    bool begun_ = false;
    bool stopping_ = false;
    std::string missing_;  // as told last
    std::int64_t domains_seen_at_ = 0;
    std::optional<std::vector<std::string>> domains_;  // as seen last
    asio::steady_timer* pausing_ = nullptr;
};

// The same number from 0 to 1 (excluded) for the same text, another one for others.
double chance_of(std::string_view text);

}  // namespace server::acme
