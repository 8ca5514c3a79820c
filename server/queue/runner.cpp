// The queue's runner. One scheduler reads what is due into lanes, one for each destination; workers empty the lanes,
// each over a connection of its own that it keeps while there is more to send.
#include "server/queue/runner.h"

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "protocols/net/spawn.h"
#include "server/delivery/notices.h"
#include "server/queue/attempt.h"
#include "server/queue/conclusion.h"
#include "storage/queue_leases.h"

namespace server::queue {
namespace {

constexpr std::size_t most_at_once = 1000;           // messages that the scheduler holds in memory
constexpr std::size_t most_of_lane = 50;             // of these, for one lane
constexpr std::chrono::seconds longest_sleep{60};    // a look now and then, whatever the feed says
constexpr std::chrono::seconds lease_time{15 * 60};  // renewed long before it ends

// Work for one destination: messages with their recipients there.
struct Lane {
    std::deque<storage::QueueMessage> waiting;
    std::uint32_t workers = 0;
};

}  // namespace

struct Runner::Implementation : std::enable_shared_from_this<Runner::Implementation> {
    Implementation(asio::any_io_executor own_executor, RunnerServices own_services, RunnerOptions own_options,
                   dns::ResolverOptions resolver_options)
        : executor(std::move(own_executor)),
          services(std::move(own_services)),
          options(std::make_shared<const RunnerOptions>(std::move(own_options))),
          resolver(executor, std::move(resolver_options)),
          destinations(executor, resolver, services.random_below),
          notices(services.store, services.directory, services.log,
                  {.hostname = options->destination.hostname, .returned_octets = options->returned_octets},
                  services.random_text),
          alarm(executor) {}

    // --- the scheduler

    asio::awaitable<void> schedule() {
        while (!stopping) {
            woken = false;
            std::int64_t sleep_until = services.now() + longest_sleep.count();
            std::string why;
            try {
                if (!released) {
                    co_await services.store.write(storage::release_leases(holder(), services.now()));
                    released = true;
                }
                const std::optional<std::int64_t> next = co_await take_due();
                if (next) sleep_until = std::min(sleep_until, *next);
                co_await extend_leases();
            } catch (const std::exception& error) {
                why = error.what();
            }
            if (!why.empty()) services.log.write(services::Level::error, "queue", "", "not-read", {{"why", why}});
            start_workers();
            if (!woken && !stopping)
                co_await sleep(std::chrono::seconds(std::max<std::int64_t>(0, sleep_until - services.now())));
        }
        end_one();
    }

    const std::string& holder() const { return options->destination.hostname; }

    // Leases what is due into the lanes; returns when the next is.
    asio::awaitable<std::optional<std::int64_t>> take_due() {
        const std::int64_t now = services.now();
        storage::LeaseWishes wishes{.holder = holder(),
                                    .now = now,
                                    .until = now + lease_time.count(),
                                    .messages = most_at_once - std::min(most_at_once, messages_in_hand),
                                    .messages_per_lane = most_of_lane,
                                    .room = {}};
        for (const auto& [domain, lane] : lanes)
            wishes.room[domain] = most_of_lane - std::min(most_of_lane, lane.waiting.size());
        storage::Result<storage::Leased> leased = co_await services.store.write(storage::lease_due(std::move(wishes)));
        if (!leased) throw std::runtime_error(leased.error().text);
        more_due = !leased->all_seen || !leased->waiting.empty();
        for (const storage::QueueMessage& message : leased->messages) sort_into_lanes(message);
        co_return leased->next_due_at;
    }

    asio::awaitable<void> extend_leases() {
        const std::int64_t now = services.now();
        if (now < extend_at) co_return;
        extend_at = now + lease_time.count() / 5;
        std::vector<storage::QueueRecipientId> recipients(in_hand.begin(), in_hand.end());
        if (recipients.empty()) co_return;
        co_await services.store.write(
            storage::extend_leases(holder(), std::move(recipients), now + lease_time.count(), now));
    }

    void sort_into_lanes(const storage::QueueMessage& message) {
        std::map<std::string, storage::QueueMessage> by_domain;
        for (const storage::QueueRecipient& recipient : message.recipients) {
            if (!in_hand.insert(recipient.id).second) continue;
            auto& part = by_domain.try_emplace(recipient.domain).first->second;
            if (part.recipients.empty()) {
                part = message;
                part.recipients.clear();
            }
            part.recipients.push_back(recipient);
        }
        messages_in_hand += by_domain.size();
        for (auto& [domain, part] : by_domain) lanes[domain].waiting.push_back(std::move(part));
    }

    void start_workers() {
        for (auto& [domain, lane] : lanes) {
            while (!stopping && active < options->connections && lane.workers < options->connections_per_destination &&
                   lane.workers < lane.waiting.size()) {
                ++lane.workers;
                ++active;
                net::spawn("queue", executor, work(shared_from_this(), domain));
            }
        }
    }

    asio::awaitable<void> sleep(std::chrono::seconds time) {
        alarm.expires_after(time);
        asio::error_code ignored;
        co_await alarm.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    void wake() {
        woken = true;
        alarm.cancel();
    }

    // --- the workers

    static asio::awaitable<void> work(std::shared_ptr<Implementation> self, std::string domain) {
        std::string why;
        try {
            co_await self->empty_lane(domain);
        } catch (const std::exception& error) {
            why = error.what();
        }
        if (!why.empty())
            self->services.log.write(services::Level::error, "queue", "", "worker-failed",
                                     {{"domain", domain}, {"why", why}});
        self->end_worker(domain);
    }

    asio::awaitable<void> empty_lane(const std::string& domain) {
        Lane& lane = lanes[domain];  // stays while it has workers
        std::optional<Connected> connected;
        std::uint32_t sent = 0;
        while (!stopping && !lane.waiting.empty()) {
            const storage::QueueMessage message = std::move(lane.waiting.front());
            lane.waiting.pop_front();
            const bool fresh = !connected;
            AttemptFacts facts;
            if (!connected) {
                std::optional<smtp::Outcome> failure = co_await connect(domain, connected);
                if (failure) {
                    co_await fail(message, *failure);
                    co_await fail_waiting(lane, *failure);
                    co_return;
                }
                sent = 0;
            }
            smtp::SendResult result = co_await send(*connected, message);
            if (result.unheard && !fresh && !stopping) {
                // The connection that we kept had gone stale: the same again over a new one.
                connected.reset();
                lane.waiting.push_front(message);
                continue;
            }
            facts.outcomes = std::move(result.recipients);
            facts.remote = connected->remote;
            facts.remote_does_dsn = connected->client->peer().dsn;
            co_await finish(message, std::move(facts));
            if (!connected->client->usable() || ++sent >= options->messages_per_connection) co_await part(connected);
        }
        if (connected) co_await part(connected);
    }

    // Opens a connection; the failure if there is none to be had.
    asio::awaitable<std::optional<smtp::Outcome>> connect(std::string domain, std::optional<Connected>& connected) {
        std::shared_ptr<const DestinationOptions> wishes(options, &options->destination);
        std::expected<Connected, smtp::Outcome> opened =
            co_await destinations.connect(std::move(domain), std::move(wishes));
        if (!opened) co_return std::move(opened.error());
        connected = *std::move(opened);
        co_return std::nullopt;
    }

    asio::awaitable<smtp::SendResult> send(Connected& connected, const storage::QueueMessage& message) {
        open_clients.insert(connected.client.get());
        smtp::SendResult result;
        std::string why;
        try {
            result = co_await attempt(services.store, *connected.client, message);
        } catch (const std::exception& error) {
            why = error.what();
        }
        open_clients.erase(connected.client.get());
        if (!why.empty()) {
            const smtp::Outcome ours{.kind = smtp::Outcome::Kind::temporary, .code = 0, .status = "4.3.0", .text = why};
            result.recipients.assign(message.recipients.size(), ours);
        }
        co_return result;
    }

    asio::awaitable<void> part(std::optional<Connected>& connected) {
        co_await connected->client->quit();
        connected.reset();
    }

    asio::awaitable<void> fail(const storage::QueueMessage& message, const smtp::Outcome& outcome) {
        AttemptFacts facts;
        facts.outcomes.assign(message.recipients.size(), outcome);
        co_await finish(message, std::move(facts));
    }

    // What waited for the same destination shares the failure: it is not called again for each of them.
    asio::awaitable<void> fail_waiting(Lane& lane, const smtp::Outcome& outcome) {
        while (!stopping && !lane.waiting.empty()) {
            const storage::QueueMessage message = std::move(lane.waiting.front());
            lane.waiting.pop_front();
            co_await fail(message, outcome);
        }
    }

    asio::awaitable<void> finish(const storage::QueueMessage& message, AttemptFacts facts) {
        storage::QueueMessage concerned = message;
        if (stopping) keep_answered(concerned, facts);
        const std::shared_ptr<const RunnerOptions> current = options;
        if (!concerned.recipients.empty()) {
            co_await conclude(services, notices, *current, concerned, std::move(facts),
                              [this] { return stopping.load(); });
        }
        for (const storage::QueueRecipient& recipient : message.recipients) in_hand.erase(recipient.id);
        --messages_in_hand;
        if (more_due) wake();
    }

    // While stopping, what came out as temporary may be our own doing: it stays due as it was.
    static void keep_answered(storage::QueueMessage& message, AttemptFacts& facts) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < message.recipients.size(); ++i) {
            if (facts.outcomes[i].kind == smtp::Outcome::Kind::temporary) continue;
            std::swap(message.recipients[kept], message.recipients[i]);
            std::swap(facts.outcomes[kept], facts.outcomes[i]);
            ++kept;
        }
        message.recipients.resize(kept);
        facts.outcomes.resize(kept);
    }

    void end_worker(const std::string& domain) {
        Lane& lane = lanes[domain];
        --lane.workers;
        --active;
        if (lane.workers == 0 && lane.waiting.empty()) lanes.erase(domain);
        start_workers();
        end_one();
    }

    void end_one() {
        const std::lock_guard lock(ended_mutex);
        if (stopping && active == 0) ended.notify_all();
    }

    asio::any_io_executor executor;
    RunnerServices services;
    std::shared_ptr<const RunnerOptions> options;
    dns::Resolver resolver;
    Destinations destinations;
    delivery::Notices notices;
    asio::steady_timer alarm;
    storage::Subscription subscription;
    std::map<std::string, Lane> lanes;
    std::set<storage::QueueRecipientId> in_hand;  // waiting in a lane or on their way
    std::size_t messages_in_hand = 0;             // parts of messages, one for each domain
    bool released = false;                        // what this server had leased when it ended last
    std::int64_t extend_at = 0;
    std::set<smtp::Client*> open_clients;   // to interrupt
    std::atomic<std::uint32_t> active = 0;  // workers; read by stop() on another thread
    bool woken = false;
    bool more_due = false;  // the scheduler did not see all
    std::atomic<bool> stopping = false;
    std::mutex ended_mutex;
    std::condition_variable ended;
};

Runner::Runner(asio::any_io_executor executor, RunnerServices services, RunnerOptions options,
               dns::ResolverOptions resolver)
    : implementation_(std::make_shared<Implementation>(std::move(executor), std::move(services), std::move(options),
                                                       std::move(resolver))) {}

Runner::~Runner() = default;

void Runner::start() {
    const std::shared_ptr<Implementation> self = implementation_;
    const std::weak_ptr<Implementation> weak = self;
    self->subscription = self->services.store.subscribe_queue([weak] {
        const auto alive = weak.lock();
        if (alive) asio::post(alive->executor, [alive] { alive->wake(); });
    });
    net::spawn("queue", self->executor, [](std::shared_ptr<Implementation> owner) -> asio::awaitable<void> {
        co_await owner->schedule();
    }(self));
}

void Runner::stop(std::chrono::milliseconds patience) {
    const std::shared_ptr<Implementation> self = implementation_;
    self->subscription = {};
    self->stopping = true;
    asio::post(self->executor, [self] {
        for (smtp::Client* client : self->open_clients) client->interrupt();
        self->wake();
        self->end_one();
    });
    std::unique_lock lock(self->ended_mutex);
    self->ended.wait_for(lock, patience, [&] { return self->active == 0; });
}

void Runner::configure(RunnerOptions options) {
    asio::post(implementation_->executor,
               [self = implementation_, shared = std::make_shared<const RunnerOptions>(std::move(options))] {
                   self->options = shared;
                   self->wake();
               });
}

}  // namespace server::queue
