// The server that takes updates of the DNS, and the key that signs them, as the config or a command line names them.
#pragma once

#include <asio/ip/tcp.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/config/config.h"
#include "server/zone/publisher.h"
#include "server/zone/wire/tsig.h"

namespace server {

struct UpdateTarget {
    asio::ip::tcp::endpoint server;
    zone::TsigKey key;
};

// `server`: "192.0.2.53" or "192.0.2.53@5353". An error is one line for the administrator, without the secret.
std::expected<UpdateTarget, std::string> read_update_target(const std::string& server, const std::string& key_file);

// What [dkim] publish asks for; nullptr: nothing. Throws std::runtime_error.
std::unique_ptr<zone::Publisher> open_publisher(const Config& config, zone::UpdateServer::Clock now);

// nullopt: it is no such address.
std::optional<asio::ip::tcp::endpoint> dns_server_named(std::string_view text);

}  // namespace server
