// Who may connect to the web: so many in all and from one address, and as much as strangers may hold (server/budget).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "protocols/services/event_log.h"
#include "server/config/config.h"
#include "server/doors/admission.h"
#include "server/doors/doors.h"

namespace server {

// Thread-safe. Must outlive its places.
class WebAdmission {
  public:
    WebAdmission(const Config& config, Doors& doors, services::EventLog& log);
    void configure(const Config& config);

    // As web::Admit. A proxy stands for many clients. All others are strangers, also once they have logged in: the
    // log-in is a cookie's, not the connection's.
    std::shared_ptr<void> admit(const std::string& address, std::function<void()> crowd_out);

  private:
    Doors& doors_;
    services::EventLog& log_;
    Admission admission_;
    std::atomic<std::uint64_t> octets_;  // that one connection counts for
};

}  // namespace server
