// Settings that work, but are probably not what the administrator wants: reported once at the start. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace server {

struct StartFacts {
    bool root = false;                     // the process keeps running as root
    std::size_t domains = 0;               // our domains in the store
    std::vector<std::string> certificate;  // the names in the certificate that clients get
    std::vector<std::string> unreadable;   // CA files of routes that cannot be read, each with the reason
};

struct StartWarning {
    std::string_view event;  // its name in the log
    std::string reason;      // the problem, and what to do
};

std::vector<StartWarning> start_warnings(const Config& config, const StartFacts& facts);

// Whether a certificate with these names is valid for the host: RFC 9525 §6.3, a wildcard stands for one whole label.
bool covers(const std::vector<std::string>& names, std::string_view host);

}  // namespace server
