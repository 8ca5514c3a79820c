// Whether certificates come by themselves: what this server is called, what it listens on, and what is missing. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/acme/order.h"

namespace server::acme {

// The server that issues certificates where no other is named.
inline constexpr std::string_view public_directory = "https://acme-v02.api.letsencrypt.org/directory";

// Names that no public authority knows: without a dot, for tests and documentation (RFC 2606, RFC 6761), of private
// networks (RFC 6762 appendix G, RFC 8375), or an address.
bool is_private_name(std::string_view name);

// A listening port.
struct Listening {
    std::string address;  // numeric; "0.0.0.0" and "::" are all
    std::uint16_t port = 0;
};

struct Situation {
    std::string directory;           // [acme] directory
    std::string challenge = "auto";  // [acme] challenge
    bool has_hook = false;
    bool has_files = false;  // [tls] certificate
    std::string hostname;
    std::vector<Listening> http{};
    std::vector<Listening> https{};
};

// Off without a word: the administrator wants it so.
bool is_switched_off(const Situation& situation);
// Another directory than the public one is named: a private one, for whatever names and ports.
bool is_asked_for(const Situation& situation);

// The challenges that can be answered, those to try first in front. The public server asks at ports 80 and 443 of an
// address that others reach; one that is asked for, wherever it likes.
ChallengeTypes usable_types(const Situation& situation);

// One line that says why no certificate comes, or empty. What the DNS says comes later (keeper.h).
std::string what_is_missing(const Situation& situation);

}  // namespace server::acme
