// What answers browsers: the site and what stands before it, with its options. Its doors lead there.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <string>

#include "protocols/http/options.h"
#include "protocols/net/stream.h"
#include "protocols/net/tls.h"
#include "server/config/config.h"
#include "server/doors/doors.h"
#include "server/doors/ports.h"
#include "web/front.h"
#include "web/routes.h"

namespace server {

class WebParts {
  public:
    // References must outlive this.
    WebParts(const Config& config, Doors& doors, web::Services services);

    using Serve = std::function<asio::awaitable<void>(net::Stream stream, std::string session)>;
    // Opens http, and https with these certificates.
    void open(Ports& ports, net::TlsContext& certificates, const Serve& serve);

    const http::Services& http() const { return http_; }

  private:
    Doors& doors_;
    const web::Options options_;
    web::Site site_;
    web::Front front_;
    const http::Services http_;
};

}  // namespace server
