// The house's part that keeps certificates by ACME (server/acme): options from the config, and its place among the
// background work.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>
#include <optional>

#include "protocols/dns/party_source.h"
#include "protocols/https/fetcher.h"
#include "server/acme/hook.h"
#include "server/acme/keeper.h"
#include "server/background.h"
#include "server/config/config.h"

namespace server {

class AcmeWork {
  public:
    struct Services {
        storage::Store& store;
        services::EventLog& log;
        https::Fetcher& fetcher;
        dns::Resolver& resolver;
        tls::Certificates& certificates;
        acme::Authority::Clock now;
    };
    // Shows the certificates that were obtained before. `hook`: nullptr, if there is none.
    AcmeWork(const Config& config, Services services, std::unique_ptr<acme::Hook> hook);

    void start(const asio::any_io_executor& executor);
    // Ends what it waits for, so that its run ends soon; Background::stop() waits for that.
    void interrupt();
    Background& background() { return background_; }

  private:
    std::unique_ptr<acme::Hook> hook_;
    dns::PartySource dns_;
    acme::Keeper keeper_;
    Background background_;
    std::optional<asio::any_io_executor> executor_;
};

// What the keeper needs to know of the config.
acme::KeeperOptions keeper_options(const Config& config);

}  // namespace server
