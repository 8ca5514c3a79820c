// The ports of [listen], bound before anything else: whoever needs root for them can then give root up before the store
// is touched. doors.h accepts on them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/net/listener.h"
#include "protocols/services/event_log.h"
#include "server/config/config.h"

namespace server {

// Binds one door's endpoints, in their order; they do not listen yet. Throws std::system_error naming the endpoint. If
// the machine has no IPv6, an IPv6 wildcard is skipped if there is an IPv4 one too.
std::vector<net::ListeningSocket> bind_ports(std::string_view door, const Endpoints& endpoints,
                                             services::EventLog& log);

// The ports of all doors.
class Ports {
  public:
    // Throws like bind_ports.
    Ports(const Config& config, services::EventLog& log);

    // A door's ports, by its config key ("imaps"); empty if it is closed, or if they have been taken.
    std::vector<net::ListeningSocket> take(std::string_view door);

  private:
    std::map<std::string, std::vector<net::ListeningSocket>, std::less<>> by_door_;
};

}  // namespace server
