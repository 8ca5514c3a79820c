// The web's listening ports, thread and certificate. RESTinio accepts connections itself (web/server.h), so they are
// not in doors.h.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>
#include <vector>

#include "protocols/net/tls.h"
#include "server/config/config.h"
#include "server/doors/doors.h"
#include "server/doors/ports.h"
#include "web/server.h"

namespace server {

class WebDoor {
  public:
    // Accepts on the ports of http and https. The executor is one of the network threads; everything of the web runs
    // there. `certificates` must outlive this. `doors`: where the mail protocols listen, for autoconfig.
    WebDoor(const asio::any_io_executor& executor, const Config& config, const net::TlsContext& certificates,
            web::Services services, const std::vector<Doors::Bound>& doors, Ports& ports);

    const std::vector<Doors::Bound>& bound() const { return bound_; }
    // To be called now and then, from any thread.
    void look_after();
    // Stops accepting and closes all connections; waits at most this long. Not on the executor's thread.
    void stop(std::chrono::milliseconds patience);

  private:
    asio::any_io_executor executor_;
    web::Options options_;
    web::Server server_;
    std::vector<Doors::Bound> bound_;
};

}  // namespace server
