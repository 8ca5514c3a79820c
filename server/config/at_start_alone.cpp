// What a reload leaves as it is (keys.h).
#include <algorithm>
#include <string_view>
#include <variant>

#include "server/config/keys.h"

namespace server {
namespace {

// Keys or whole sections that a reload cannot change. All others it can.
constexpr std::string_view at_start_alone[] = {"hostname",
                                               "data",
                                               "listen",
                                               "server.user",
                                               "server.confine",
                                               "server.threads",
                                               "server.compute_threads",
                                               "dns",
                                               "acme",
                                               "tls.trusted",
                                               "dkim",
                                               "push",
                                               "store",
                                               "search",
                                               "audit",
                                               "trace",
                                               "sharing",
                                               "log.format",
                                               "mail.mta_sts",
                                               "mail.return_addresses_valid",
                                               "limits.members_per_list",
                                               "auth.argon2_memory",
                                               "auth.argon2_passes",
                                               "auth.scram",
                                               "auth.scram_iterations",
                                               "auth.hash_threads",
                                               "limits.password_checks_waiting",
                                               "limits.password_checks_waiting_per_address",
                                               "limits.mailboxes_per_account",
                                               "limits.keywords_per_account",
                                               "limits.shared_mailboxes_per_account",
                                               "limits.listed_mailboxes_per_owner",
                                               "limits.web_form",
                                               "limits.web_recipients",
                                               "limits.web_sessions",
                                               "limits.web_session_lifetime"};

bool needs_start(const Key& key) {
    return std::ranges::any_of(at_start_alone,
                               [&](std::string_view name) { return name == key.section || name == path_of(key); });
}

}  // namespace

std::vector<std::string> keep_for_restart(const Config& in_force, Config& fresh) {
    std::vector<std::string> differ;
    Config running = in_force;
    for (const Key& key : config_keys()) {
        if (!needs_start(key)) continue;
        const Field kept = key.field(running);
        const Field given = key.field(fresh);
        if (to_toml(kept) == to_toml(given)) continue;
        differ.push_back(path_of(key));
        std::visit([&](auto* value) { *value = *std::get<decltype(value)>(kept); }, given);
    }
    return differ;
}

}  // namespace server
