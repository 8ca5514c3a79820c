// What works, and yet is probably not what whoever runs the server wants: told once at the start. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace server {

struct StartFacts {
    bool root = false;                     // the process stays root
    std::size_t domains = 0;               // of ours, in the store
    std::vector<std::string> certificate;  // the names that the certificate shown is for
};

struct StartWarning {
    std::string_view event;  // the log's
    std::string reason;      // what is so, and what to do
};

std::vector<StartWarning> start_warnings(const Config& config, const StartFacts& facts);

// Whether a certificate for these names is one for the host: RFC 9525 §6.3, a wildcard stands for one whole label.
bool covers(const std::vector<std::string>& names, std::string_view host);

}  // namespace server
