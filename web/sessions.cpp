// Log-in sessions of the page, in memory.
#include "web/sessions.h"

#include <algorithm>

namespace web {

Sessions::Sessions(std::function<std::string(std::size_t)> random, std::chrono::seconds lifetime,
                   std::size_t max_sessions)
    : random_(std::move(random)), lifetime_(lifetime), max_sessions_(max_sessions) {}

std::string Sessions::start(services::Identity identity, std::string credentials_mark, std::int64_t now) {
    std::erase_if(by_token_, [now](const auto& entry) { return entry.second.expires_at <= now; });
    if (by_token_.size() >= max_sessions_) {
        by_token_.erase(
            std::ranges::min_element(by_token_, {}, [](const auto& entry) { return entry.second.expires_at; }));
    }
    std::string token = random_(32);
    by_token_[token] = {.identity = std::move(identity),
                        .form_token = random_(32),
                        .credentials_mark = std::move(credentials_mark),
                        .expires_at = now + lifetime_.count()};
    return token;
}

const LoginSession* Sessions::find(const std::string& token, std::int64_t now) {
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return nullptr;
    if (found->second.expires_at <= now) {
        by_token_.erase(found);
        return nullptr;
    }
    found->second.expires_at = now + lifetime_.count();
    return &found->second;
}

void Sessions::end(const std::string& token) { by_token_.erase(token); }

}  // namespace web
