// Shared by the parts of the runner. The scheduler (runner.cpp) leases due mail; each message is divided by next hop
// (dispatch.cpp); workers (worker.cpp), one per connection, send what waits there. All of it runs on one executor's
// thread, except where stop() is mentioned. Private to the runner.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocols/locking/condition.h"
#include "protocols/locking/mutex.h"
#include "server/delivery/notices/notice_maker.h"
#include "server/queue/conclusion.h"
#include "server/queue/concurrency.h"
#include "server/queue/connector.h"
#include "server/queue/in_hand.h"
#include "server/queue/runner.h"
#include "server/queue/signing.h"
#include "server/queue/sts_policies.h"
#include "server/queue/tls_results.h"
#include "storage/queue_leases.h"
#include "storage/store.h"

namespace server::queue {

// A message, with those of its recipients that share a next hop.
struct Part {
    storage::QueueMessage message;
    std::uint32_t tries = 0;  // connections that broke while sending it
};

// A next hop with waiting mail, or whose state must be remembered.
struct Target {
    NextHop hop;
    Concurrency concurrency;
    std::deque<Part> waiting{};
    std::uint32_t opening = 0;             // connections
    std::uint32_t open = 0;                // connections
    std::set<asio::steady_timer*> idle{};  // of open connections without work; cancelled when there is some
    smtp::Outcome failure{};               // why it is dead
    std::int64_t used_at = 0;
};
using TargetPointer = std::shared_ptr<Target>;

// A domain whose next hop is being looked up, or could not be, for what a sender wants of TLS.
struct Unresolved {
    std::vector<Part> waiting;
    std::set<storage::AccountId> asking{};  // each in its own turn; the first answer is for all
    std::int64_t asks_again_at = 0;
    smtp::Outcome failure;
};

struct Runner::Implementation : std::enable_shared_from_this<Runner::Implementation> {
    Implementation(asio::any_io_executor own_executor, RunnerServices own_services, RunnerOptions own_options);

    class Busy;

    // --- the scheduler: runner.cpp
    asio::awaitable<void> schedule();
    asio::awaitable<void> prepare();
    asio::awaitable<std::optional<std::int64_t>> lease();
    asio::awaitable<void> extend_leases();
    static asio::awaitable<void> write_tls_results(std::shared_ptr<Implementation> self);
    asio::awaitable<void> sleep_until(std::int64_t when);
    storage::LeaseWishes wishes() const;
    std::size_t allowance(const std::string& lane) const;  // how many messages of the lane to have in hand
    std::int64_t back_off() const;                         // in seconds, for a dead next hop
    void forget_unused();
    void wake();
    void look_for_more(const storage::QueueMessage& done);
    void begin_stopping();

    // --- from leased messages to next hops: dispatch.cpp
    void dispatch_or_let_go(storage::QueueMessage message);
    static asio::awaitable<void> dispatch_held(std::shared_ptr<Implementation> self, storage::QueueMessage message);
    void dispatch_elsewhere(storage::QueueMessage message);
    void let_go(const storage::QueueMessage& message, std::string_view why);
    void dispatch(storage::QueueMessage message);
    void await_resolution(const std::string& domain, Part part);
    static asio::awaitable<void> resolve(std::shared_ptr<Implementation> self, std::string domain,
                                         storage::TlsWish wish, storage::AccountId account);
    TargetPointer target_of(const NextHop& hop);
    void put(const TargetPointer& target, Part part);
    void settle_all(std::vector<Part> parts, const smtp::Outcome& outcome);
    void take_over_routes(const std::vector<Route>& before);

    // --- connections: worker.cpp
    void await_worker(const TargetPointer& target, Part part);
    void start_workers();
    void look_at_hungry();
    bool start_worker(const TargetPointer& target);
    bool may_connect(storage::AccountId account, bool proven) const;
    void close_idle();
    static asio::awaitable<void> work(std::shared_ptr<Implementation> self, TargetPointer target,
                                      storage::AccountId account, bool proven);
    // What a connection counts as.
    struct Place {
        storage::AccountId account;
        bool proven = false;  // its next hop has answered before
        bool opening = true;
        bool aside = false;  // it counts as a slow one
    };
    void take_place(const Place& place);
    void leave_place(const Place& place);
    void prove(Place& place);
    void put_aside(Place& place);
    void take_back(Place& place);
    asio::awaitable<void> deliver(const TargetPointer& target, const std::shared_ptr<Place>& place,
                                  std::optional<Part>& at_hand);
    asio::awaitable<void> empty(const TargetPointer& target, Connected& connected, Place& place,
                                std::optional<Part>& at_hand);
    asio::awaitable<bool> has_work(const TargetPointer& target);
    asio::awaitable<std::optional<std::string>> keep_wanted(Part& part);
    struct Sent {
        smtp::SendResult result;
        bool is_our_fault = false;  // the store could not be read: no word of the peer's
    };
    asio::awaitable<Sent> send(Connected& connected, const storage::QueueMessage& message, std::string beginning);
    void learn(const TargetPointer& target, const Connected& connected, const smtp::SendResult& result, bool first);
    void not_connected(const TargetPointer& target, smtp::Outcome outcome);
    // Records the results and finishes the part. Never throws.
    static asio::awaitable<void> settle(std::shared_ptr<Implementation> self, Part part, AttemptFacts facts);
    // The same while a connection's next messages are sent.
    struct Unsettled;
    static asio::awaitable<void> settle_apart(std::shared_ptr<Implementation> self, Part part, AttemptFacts facts,
                                              std::shared_ptr<Unsettled> of);
    static asio::awaitable<void> has_room(Unsettled& unsettled);

    asio::any_io_executor executor;
    RunnerServices services;
    std::shared_ptr<const RunnerOptions> options;
    const std::string holder;  // of our leases: the same name during this run and after a restart
    TlsResults tls_results;
    StsPolicies policies;
    Connector connector;
    delivery::NoticeMaker notice_maker;
    Signing signing;
    asio::steady_timer alarm;
    storage::Subscription subscription;

    InHand in_hand;
    std::map<std::string, TargetPointer> targets;       // by key
    std::map<std::string, TargetPointer> hungry;        // those with waiting mail, and some that had it
    std::map<std::string, TargetPointer> lane_targets;  // of lanes in hand, if known
    std::map<std::pair<std::string, storage::TlsWish>, Unresolved> domains;
    std::set<std::string> waiting_lanes;                         // with more due mail than was leased
    bool all_seen = true;                                        // false: some lanes were not looked at
    std::size_t leased_up_to = 0;                                // recipients in hand after the last lease
    std::set<smtp::Client*> sending;                             // to interrupt
    std::set<asio::steady_timer*> idle;                          // of all targets' connections, to end their waiting
    std::uint32_t connections = 0;                               // opening and open
    std::uint32_t unproven = 0;                                  // of these, to next hops that have not answered yet
    std::map<storage::AccountId, std::uint32_t> connections_of;  // by the account whose mail they were opened for
    std::map<storage::AccountId, std::uint32_t> unproven_of;
    std::uint32_t slow = 0;  // besides: opening for long, to hosts that say nothing
    std::map<storage::AccountId, std::uint32_t> slow_of;
    std::string last_looked_at;  // the target: the others come first
    std::size_t without = 0;     // targets in a row that got no connection
    bool looking = false;        // at the rest of them, soon

    bool woken = false;
    bool released = false;          // the leases that this server had when it last ended
    bool routes_told = false;       // to the store
    std::set<std::string> renewed;  // lanes of routes that have changed, to be told
    std::int64_t extend_at = 0;
    std::int64_t forget_at = 0;

    std::atomic<bool> stopping = false;
    locking::Mutex ended_mutex;
    locking::Condition ended;
    std::uint32_t busy GUARDED_BY(ended_mutex) = 0;  // messages being sent or recorded: stop() waits for them
};

// Counts as work that stop() waits for.
class Runner::Implementation::Busy {
  public:
    explicit Busy(Implementation& runner);
    ~Busy();
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

  private:
    Implementation& runner_;
};

}  // namespace server::queue
