// Notes log-ins of every door in the store's audit: an authenticator around the one that judges. They are collected,
// folded and written now and then, so that a log-in costs no commit of its own.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "protocols/locking/mutex.h"
#include "protocols/services/authenticator.h"
#include "storage/audit.h"
#include "storage/store.h"

namespace server::auth {

// Thread-safe.
class LoginAudit : public services::Authenticator {
  public:
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    // All must outlive it.
    LoginAudit(services::Authenticator& judge, storage::Store& store, Clock now);

    asio::awaitable<storage::Result<services::Identity>> check_password(services::LoginAttempt attempt,
                                                                        std::string password) override;
    asio::awaitable<storage::Result<services::Identity>> check_code(services::LoginAttempt attempt,
                                                                    services::Identity identity,
                                                                    std::string code) override;
    asio::awaitable<storage::Result<std::monostate>> change_password(services::LoginAttempt attempt,
                                                                     PasswordChange change) override;
    asio::awaitable<storage::Result<ScramRecord>> scram_record(services::LoginAttempt attempt) override;
    asio::awaitable<void> scram_finished(services::LoginAttempt attempt, std::unique_ptr<ScramExchange> exchange,
                                         bool succeeded) override;
    bool scram_offered() const override { return judge_.scram_offered(); }
    bool plaintext_allowed(const std::string& address) const override { return judge_.plaintext_allowed(address); }

    // Writes what has been collected, and now and then forgets what is too old. Call it every few seconds, one call at
    // a time.
    asio::awaitable<void> write_down();
    // The same at the end of the server; blocks.
    void write_down_now();

  private:
    class Watched;
    // What is folded into one entry: the same of all but the time.
    struct Kind {
        storage::AuditKind kind{};
        std::string action;
        std::string account;
        std::string address;
        std::string how;
        friend auto operator<=>(const Kind&, const Kind&) = default;
    };
    struct Noted {
        std::int64_t first_at = 0;
        std::uint64_t count = 0;
    };
    void note(storage::AuditKind kind, std::string action, std::string account, const services::LoginAttempt& attempt);
    void note_login(const std::string& account, const std::string& label, services::LoginAttempt attempt);
    void note_refusal(const storage::Refusal& refusal, const services::LoginAttempt& attempt);
    std::vector<storage::AuditEntry> take();

    services::Authenticator& judge_;
    storage::Store& store_;
    const Clock now_;
    unsigned writes_ = 0;
    locking::Mutex mutex_;
    std::map<Kind, Noted> collected_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
