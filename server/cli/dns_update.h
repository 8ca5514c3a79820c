// mailstead dns NAME --update: RFC 2136 with TSIG.
#pragma once

#include <asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/cli/context.h"
#include "server/zone/records.h"
#include "server/zone/wire/tsig.h"

namespace server::cli {

struct UpdateWords {
    std::string server;    // "address" or "address@port"; empty: [dns] update_server
    std::string key_file;  // empty: [dns] update_key
    bool only_look = false;
    bool replace = false;
};

struct UpdateTarget {
    asio::ip::tcp::endpoint server;
    zone::TsigKey key;
};

// Where to send updates, and the key from its file. Before the store is opened, which may give up the rights to read
// it. Throws Failure.
UpdateTarget update_target(Context& context, const UpdateWords& words);

// Changes the DNS and prints how. Throws Failure if the server will not, or something is not there afterwards.
void update_dns(Context& context, const UpdateTarget& target, const zone::Facts& facts,
                const std::vector<zone::Record>& records, const UpdateWords& words);

// "192.0.2.53" or "192.0.2.53@5353"; nullopt: it is neither.
std::optional<asio::ip::tcp::endpoint> dns_server_named(std::string_view text);

}  // namespace server::cli
