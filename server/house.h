// The house: builds everything from the config, hands it out to the doors, and owns every lifetime. Read this first.
// server/README.md "The house". Signals and the process belong to server/cli; what each part does is that part's.
#pragma once

#include <memory>

#include "server/config/config.h"
#include "server/doors/doors.h"
#include "server/log.h"
#include "storage/store.h"

namespace server {

class House {
  public:
    // Opens the store, loads certificates, binds every port, and gives up root where [server] user says so. Throws
    // std::runtime_error or std::system_error in words for the administrator.
    House(const Config& config, Log& log);
    ~House();  // stop()
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    // Opens the doors: from now on clients are served.
    void start();

    // Takes over what a running server can take over: certificates, limits, networks, the log's level. What cannot be
    // taken over is logged; on failure (a bad certificate) the old state stays, and the log says why.
    void reload(const Config& config);

    // Accepts no more, tells every session, lets the commit at hand finish; within [limits] shutdown_timeout.
    void stop();

    // Every port, as the kernel chose it where 0 was asked for.
    const std::vector<Doors::Bound>& bound() const;
    storage::Store& store();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace server
