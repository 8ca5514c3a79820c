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
    std::string token = random_(32);
    session.form_token = random_(32);
    session.expires_at = now + lifetime_.count();
    Over over;
    {
        const locking::Lock lock(mutex_);
        take_out_expired(now, over);
        if (by_token_.size() >= max_sessions_) {
            const auto next =
                std::ranges::min_element(by_token_, {}, [](const auto& entry) { return entry.second.expires_at; });
            take_out(next, services::EndReason::turned_away, over);
        }
        by_token_[token] = std::move(session);
    }
    tell(over);
    return token;
}

std::optional<LoginSession> Sessions::find(const std::string& token, std::int64_t now) {
    Over over;
    std::optional<LoginSession> session;
    {
        const locking::Lock lock(mutex_);
        const auto found = by_token_.find(token);
        if (found == by_token_.end()) return std::nullopt;
        if (found->second.expires_at <= now) {
            take_out(found, services::EndReason::timeout, over);
        } else {
            found->second.expires_at = now + lifetime_.count();
            session = found->second;
        }
    }
    tell(over);
    return session;
}

void Sessions::keep_listed(const std::string& token, std::shared_ptr<void> listed) {
    const locking::Lock lock(mutex_);
    if (const auto found = by_token_.find(token); found != by_token_.end()) found->second.listed.swap(listed);
}

void Sessions::end_expired(std::int64_t now) {
    Over over;
    {
        const locking::Lock lock(mutex_);
        take_out_expired(now, over);
    }
    tell(over);
}

void Sessions::end(const std::string& token, services::EndReason why) {
    Over over;
    {
        const locking::Lock lock(mutex_);
        if (const auto found = by_token_.find(token); found != by_token_.end()) take_out(found, why, over);
    }
    tell(over);
}

void Sessions::take_out_expired(std::int64_t now, Over& over) {
    for (auto each = by_token_.begin(); each != by_token_.end();) {
        each = each->second.expires_at <= now ? take_out(each, services::EndReason::timeout, over) : std::next(each);
    }
}

Sessions::ByToken::iterator Sessions::take_out(ByToken::iterator session, services::EndReason why, Over& over) {
    over.emplace_back(std::move(session->second), why);
    return by_token_.erase(session);
}

void Sessions::tell(const Over& over) const {
    for (const auto& [session, why] : over) ended_(session, why);
}

}  // namespace web
