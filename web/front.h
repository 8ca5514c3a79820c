// Between the door (protocols/http) and the site: who the client is behind proxies, bodies read within their route's
// limit, answers as HTTP has them. Used on all network threads.
#pragma once

#include <asio/awaitable.hpp>
#include <utility>

#include "protocols/http/exchange.h"
#include "web/forwarded.h"
#include "web/routes.h"

namespace web {

class Front {
  public:
    // Both must outlive it.
    Front(Site& site, IsProxy is_proxy) : site_(site), is_proxy_(std::move(is_proxy)) {}

    // As http::Handler.
    asio::awaitable<http::Response> answer(http::Request request);

  private:
    Site& site_;
    IsProxy is_proxy_;
};

}  // namespace web
