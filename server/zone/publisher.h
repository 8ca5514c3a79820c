// Puts records into the DNS, and takes them out, while the server runs: an interface, so that whoever wants it can be
// tested without a name server.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>

#include "server/zone/update_server.h"
#include "server/zone/wire/tsig.h"

namespace server::zone {

class Publisher {
  public:
    virtual ~Publisher() = default;
    // Throws UpdateFailure.
    virtual asio::awaitable<Updated> publish(Wishes wishes) = 0;
};

// By signed updates (RFC 2136, RFC 8945), over a connection for each call.
class UpdatePublisher final : public Publisher {
  public:
    UpdatePublisher(asio::ip::tcp::endpoint server, TsigKey key, UpdateServer::Clock now);
    asio::awaitable<Updated> publish(Wishes wishes) override;
    // What publish() would do.
    asio::awaitable<Updated> look(Wishes wishes);

  private:
    asio::awaitable<Updated> update(Wishes wishes, bool only_look);

    const asio::ip::tcp::endpoint server_;
    const TsigKey key_;
    const UpdateServer::Clock now_;
    std::uint16_t id_ = 0;
};

}  // namespace server::zone
