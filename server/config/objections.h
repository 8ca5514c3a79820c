// Faults of a config that no type and no range tells: one line for the administrator, or empty. For the table of keys.
#pragma once

#include <string>

#include "server/config/config.h"

namespace server {

std::string object_to_hostname(const Config& config);
std::string object_to_dns_servers(const Config& config);
std::string object_to_update_server(const Config& config);
std::string object_to_acme_directory(const Config& config);
std::string object_to_acme_challenge(const Config& config);
std::string object_to_acme_hook(const Config& config);
std::string object_to_data(const Config& config);
std::string object_to_schedule(const Config& config);
std::string object_to_dmarc(const Config& config);
std::string object_to_mta_sts(const Config& config);
std::string object_to_routes(const Config& config);

}  // namespace server
