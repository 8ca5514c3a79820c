// The House: builds all parts of the server from the config, connects them, and owns them. Read this first.
// server/README.md "The house". server/cli handles signals and the process.
#pragma once

#include <memory>

#include "server/acme/hook.h"
#include "server/config/config.h"
#include "server/doors/doors.h"
#include "server/doors/ports.h"
#include "server/log.h"
#include "storage/store.h"

namespace server {

class House {
  public:
    // Opens the store, which needs the rights of its owner alone, loads certificates, and takes the bound ports. Throws
    // std::runtime_error or std::system_error with a text for the administrator.
    // `hook` (server/acme/hook_process.h): nullptr, if [acme] hook is empty.
    House(const Config& config, Log& log, Ports ports, std::unique_ptr<acme::Hook> hook = nullptr);
    ~House();  // stop()
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    // Opens the doors: from now on clients are served.
    void start();

    // Applies what a running server can change: certificates, limits, networks, the log's level. The rest is logged as
    // not applied. On failure (a bad certificate) the old state stays, and the log says why.
    void reload(const Config& config);

    // Stops accepting, interrupts every session, lets the current commit finish; within [limits] shutdown_timeout.
    void stop();

    // Every port, with the actual number if 0 was asked for.
    const std::vector<Doors::Bound>& bound() const;
    storage::Store& store();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace server
