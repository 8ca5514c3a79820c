// Log-in sessions of the page, in memory.
#include "web/sessions.h"

#include <algorithm>

namespace web {

Sessions::Sessions(std::function<std::string(std::size_t)> random, std::chrono::seconds lifetime,
                   std::size_t max_sessions, Ended ended)
    : random_(std::move(random)), lifetime_(lifetime), max_sessions_(max_sessions), ended_(std::move(ended)) {}

Sessions::~Sessions() {
    for (const auto& [token, session] : by_token_) ended_(session, services::EndReason::shutdown);
}

std::string Sessions::start(LoginSession session, std::int64_t now) {
    end_expired(now);
    if (by_token_.size() >= max_sessions_) {
        end(std::ranges::min_element(by_token_, {}, [](const auto& entry) { return entry.second.expires_at; }),
            services::EndReason::turned_away);
    }
    std::string token = random_(32);
    session.form_token = random_(32);
    session.expires_at = now + lifetime_.count();
    by_token_[token] = std::move(session);
    return token;
}

const LoginSession* Sessions::find(const std::string& token, std::int64_t now) {
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return nullptr;
    if (found->second.expires_at <= now) {
        end(found, services::EndReason::timeout);
        return nullptr;
    }
    found->second.expires_at = now + lifetime_.count();
    return &found->second;
}

void Sessions::keep_listed(const std::string& token, std::shared_ptr<void> listed) {
    if (const auto found = by_token_.find(token); found != by_token_.end()) found->second.listed = std::move(listed);
}

void Sessions::end_expired(std::int64_t now) {
    for (auto each = by_token_.begin(); each != by_token_.end();) {
        each = each->second.expires_at <= now ? end(each, services::EndReason::timeout) : std::next(each);
    }
}

void Sessions::end(const std::string& token, services::EndReason why) {
    if (const auto found = by_token_.find(token); found != by_token_.end()) end(found, why);
}

Sessions::ByToken::iterator Sessions::end(ByToken::iterator session, services::EndReason why) {
    ended_(session->second, why);
    return by_token_.erase(session);
}

}  // namespace web
