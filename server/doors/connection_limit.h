// services::ConnectionLimit: the connections of each account, over all protocols. Limits their number, and ends them
// when the credentials change or an administrator wishes it. protocols/README.md "Network". Clients on this machine
// (127.0.0.1, ::1) are not counted. Pure, except for a lock; admission.h counts connections as such.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "protocols/locking/mutex.h"
#include "protocols/net/allowance.h"
#include "protocols/services/connection_limit.h"
#include "storage/open_sessions.h"

namespace server {

class AccountConnectionLimit : public services::ConnectionLimit {
  public:
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    explicit AccountConnectionLimit(
        std::uint32_t connections_per_account, Clock clock = [] { return std::time(nullptr); })
        : clock_(std::move(clock)), limit_(connections_per_account) {}
    void configure(std::uint32_t connections_per_account);

    storage::Result<std::unique_ptr<services::ConnectionSlot>> take(const services::Identity& identity,
                                                                    net::Stream& stream,
                                                                    services::LoggedInSession session) override;
    // The same for a connection from this textual address. `log_out` ends it, from any thread.
    storage::Result<std::unique_ptr<services::ConnectionSlot>> take(const services::Identity& identity,
                                                                    const std::string& address,
                                                                    std::function<void()> log_out,
                                                                    std::shared_ptr<net::Allowance> allowance,
                                                                    services::LoggedInSession session = {});
    std::size_t taken(storage::AccountId account) const;

    // What has changed since the last call: sessions that have begun and are not over, and the ids of those told
    // before that are over.
    struct News {
        std::vector<storage::OpenSession> begun;
        std::vector<std::string> over;
    };
    News take_news();
    // They could not be used: take_news() will tell them again.
    void give_back_news(News news);
    // Ends the connections of these sessions. Returns how many.
    std::size_t log_out_sessions(const std::vector<std::string>& ids);

    // Some credentials may just have changed. A log-in that read its own before, but takes its slot after, may be
    // outdated: `doubt` is then called with its account, on the log-in's thread.
    void credentials_may_have_changed();
    void on_doubt(std::function<void(storage::AccountId)> doubt);
    // Accounts with connections, counted or not.
    std::vector<storage::AccountId> accounts() const;
    // Ends connections of the accounts `asked` that logged in with older credentials than the generation in `present`,
    // or whose account is missing there (deleted). Returns how many.
    std::size_t log_out_outdated(const std::vector<storage::AccountId>& asked,
                                 const std::vector<storage::AccountGeneration>& present);
    // The app passwords that connections of these accounts have logged in with.
    std::vector<storage::AppPasswordId> app_passwords(const std::vector<storage::AccountId>& accounts) const;
    // Ends the connections that logged in with these. Returns how many.
    std::size_t log_out_app_passwords(const std::vector<storage::AppPasswordId>& gone);

  private:
    class Slot;
    struct Connection {
        std::int64_t generation = 0;
        bool counted = false;
        std::function<void()> log_out;
        std::string session;  // id
        storage::AppPasswordId app_password;
    };
    using Connections = std::list<Connection>;
    struct Account {
        std::uint32_t counted = 0;
        Connections connections;
    };
    std::unique_ptr<services::ConnectionSlot> add(const services::Identity& identity, const std::string& address,
                                                  bool counted, std::function<void()> log_out,
                                                  std::shared_ptr<net::Allowance> allowance,
                                                  services::LoggedInSession session) REQUIRES(mutex_);
    void give_back(storage::AccountId account, Connections::iterator connection);
    std::size_t log_out_those(const std::function<bool(const Connection&)>& wanted) REQUIRES(mutex_);

    const Clock clock_;
    mutable locking::Mutex mutex_;
    std::uint32_t limit_ GUARDED_BY(mutex_);
    std::chrono::steady_clock::time_point changed_at_ GUARDED_BY(mutex_){};
    std::function<void(storage::AccountId)> doubt_ GUARDED_BY(mutex_);
    std::unordered_map<storage::AccountId, Account> by_account_ GUARDED_BY(mutex_);
    std::unordered_map<std::string, storage::OpenSession> begun_ GUARDED_BY(mutex_);  // since take_news(), by id
    std::unordered_set<std::string> over_ GUARDED_BY(mutex_);
};

}  // namespace server
