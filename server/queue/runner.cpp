// The runner's start and stop, and its scheduler: one coroutine that leases due mail, a little more than is being sent.
#include "server/queue/runner.h"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <stdexcept>
#include <utility>

#include "protocols/net/spawn.h"
#include "server/queue/runner_implementation.h"
#include "storage/store_await.h"

namespace server::queue {
namespace {

constexpr std::size_t most_messages = 1000;         // in hand
constexpr std::size_t unknown_lane_messages = 4;    // of a lane without known next hop
constexpr std::size_t dead_lane_messages = 50;      // of one with a dead next hop, whose mail is only put off
constexpr std::size_t messages_per_connection = 8;  // in hand, per connection allowed to a next hop
constexpr std::chrono::seconds longest_sleep{60};   // at least so often the store is read, even without a notice
constexpr std::chrono::seconds lease_time{15 * 60};
constexpr std::chrono::seconds extend_after{5 * 60};
constexpr std::chrono::seconds longest_back_off{5 * 60};  // between probes; messages have their own schedule
constexpr std::int64_t forget_after{60};                  // seconds between looks for what may be forgotten
constexpr std::int64_t remembered{600};                   // seconds: how long a next hop without mail is remembered

constexpr std::int64_t day_seconds = 86'400;
constexpr std::chrono::seconds tls_results_together{2};
constexpr std::int64_t tls_result_days = 14;  // how long they are kept, for a report and its repetitions

// Each lease costs a write, even if it brings little.
constexpr std::chrono::milliseconds between_leases{10};

}  // namespace

Runner::Implementation::Busy::Busy(Implementation& runner) : runner_(runner) {
    const locking::Lock lock(runner_.ended_mutex);
    ++runner_.busy;
}

Runner::Implementation::Busy::~Busy() {
    const locking::Lock lock(runner_.ended_mutex);
    if (--runner_.busy == 0 && runner_.stopping) runner_.ended.notify_all();
}

Runner::Implementation::Implementation(asio::any_io_executor own_executor, RunnerServices own_services,
                                       RunnerOptions own_options)
    : executor(std::move(own_executor)),
      services(std::move(own_services)),
      options(std::make_shared<const RunnerOptions>(std::move(own_options))),
      holder(options->outbound.hostname),
      tls_results([this] { net::spawn("queue", executor, write_tls_results(shared_from_this())); }),
      policies(services.resolver, services.fetcher, services.store, services.log, tls_results, services.now),
      connector(executor, services.resolver, services.log, tls_results, services.now),
      notice_maker(services.store, services.directory, services.log,
                   {.hostname = holder, .returned_octets = options->returned_octets}, services.random_text),
      signing(services.store, services.directory, services.compute, services.now),
      alarm(executor) {}

asio::awaitable<void> Runner::Implementation::schedule() {
    while (!stopping) {
        const auto rested = std::chrono::steady_clock::now() + between_leases;
        woken = false;
        std::int64_t next = services.now() + longest_sleep.count();
        std::string why;
        try {
            co_await prepare();
            const std::optional<std::int64_t> due = co_await lease();
            if (due) next = std::min(next, *due);
            co_await extend_leases();
        } catch (const std::exception& error) {
            why = error.what();
        }
        if (!why.empty()) services.log.write(services::Level::error, "queue", "", "not-leased", {{"reason", why}});
        if (stopping) break;
        start_workers();
        forget_unused();
        for (const auto& [key, target] : hungry) {
            if (!target->waiting.empty() && target->concurrency.window(services.now()) == 0)
                next = std::min(next, target->concurrency.resumes_at());
        }
        if (!woken) co_await sleep_until(next);
        asio::steady_timer rest(executor, rested);
        co_await rest.async_wait(asio::use_awaitable);
    }
}

// Tells the store what it must know before anything is leased.
asio::awaitable<void> Runner::Implementation::prepare() {
    if (!released) {
        const auto done = co_await services.store.write(storage::release_leases(holder, services.now()));
        if (!done) throw std::runtime_error(done.error().text);
        released = true;
    }
    if (!routes_told) {
        routes_told = true;  // not again for these routes, unless it fails
        auto routes = queue_routes(options->outbound.routes, options->outbound.remote_port);
        const std::set<std::string> these = std::exchange(renewed, {});
        const auto done =
            co_await services.store.write(storage::set_queue_routes(std::move(routes), services.now(), these));
        if (!done) {
            routes_told = false;
            renewed.insert(these.begin(), these.end());
            throw std::runtime_error(done.error().text);
        }
    }
}

std::size_t Runner::Implementation::allowance(const std::string& lane) const {
    const auto found = lane_targets.find(lane);
    if (found == lane_targets.end()) {
        const auto domain = domains.find({lane, storage::TlsWish::by_policy});
        const bool failed = domain != domains.end() && domain->second.asking.empty();
        return failed ? dead_lane_messages : unknown_lane_messages;
    }
    const Concurrency& concurrency = found->second->concurrency;
    if (concurrency.is_dead(services.now())) return dead_lane_messages;
    if (!concurrency.is_proven()) return unknown_lane_messages;
    return messages_per_connection * std::max<std::size_t>(1, concurrency.window(services.now()));
}

storage::LeaseWishes Runner::Implementation::wishes() const {
    const std::int64_t now = services.now();
    const std::size_t most = options->recipients_in_hand;
    storage::LeaseWishes wishes{.holder = holder,
                                .now = now,
                                .until = now + lease_time.count(),
                                .messages = most_messages - std::min(most_messages, in_hand.messages()),
                                .messages_per_lane = unknown_lane_messages,
                                .room = {},
                                .recipients = most - std::min(most, in_hand.count()),
                                .held = in_hand.accounts()};
    const auto tell = [&](const std::string& lane) {
        const std::size_t messages = allowance(lane);
        wishes.room[lane] = messages - std::min(messages, in_hand.messages_of(lane));
    };
    for (const auto& [lane, messages] : in_hand.lanes()) tell(lane);
    for (const auto& [lane, target] : lane_targets) tell(lane);
    return wishes;
}

// Leases due mail and dispatches it; returns when the next will be due.
asio::awaitable<std::optional<std::int64_t>> Runner::Implementation::lease() {
    storage::LeaseWishes wanted = wishes();
    if (wanted.messages == 0 || wanted.recipients == 0) {
        all_seen = false;  // what has come meanwhile is looked for when there is room
        co_return std::nullopt;
    }
    storage::Result<storage::Leased> leased = co_await services.store.write(storage::lease_due(std::move(wanted)));
    if (!leased) throw std::runtime_error(leased.error().text);
    waiting_lanes = std::move(leased->waiting);
    all_seen = leased->all_seen;
    for (storage::QueueMessage& message : leased->messages) {
        in_hand.take(message);
        if (!message.recipients.empty()) dispatch_or_let_go(std::move(message));
    }
    leased_up_to = in_hand.count();
    co_return leased->next_due_at;
}

asio::awaitable<void> Runner::Implementation::extend_leases() {
    const std::int64_t now = services.now();
    if (now < extend_at) co_return;
    extend_at = now + extend_after.count();
    std::vector<storage::QueueRecipientId> recipients = in_hand.recipients();
    if (recipients.empty()) co_return;
    const auto done = co_await services.store.write(
        storage::extend_leases(holder, std::move(recipients), now + lease_time.count(), now));
    if (!done) throw std::runtime_error(done.error().text);
}

// Those of some seconds together. Their loss is no harm: it is logged alone.
asio::awaitable<void> Runner::Implementation::write_tls_results(std::shared_ptr<Implementation> self) {
    asio::steady_timer timer(self->executor, tls_results_together);
    co_await timer.async_wait(asio::use_awaitable);
    const std::int64_t oldest = self->services.now() / day_seconds - tls_result_days;
    std::string why;
    try {
        const auto done =
            co_await self->services.store.write(storage::count_tls_results(self->tls_results.take(), oldest));
        if (!done) why = done.error().text;
    } catch (const std::exception& error) {
        why = error.what();
    }
    if (!why.empty()) self->services.log.write(services::Level::error, "queue", "", "not-counted", {{"reason", why}});
}

// A message is done: there may be room to lease more.
void Runner::Implementation::look_for_more(const storage::QueueMessage& done) {
    const auto is_low = [&](const storage::QueueRecipient& recipient) {
        return waiting_lanes.contains(recipient.lane) &&
               in_hand.messages_of(recipient.lane) * 2 <= allowance(recipient.lane);
    };
    const bool low = std::ranges::any_of(done.recipients, is_low);
    if (low || (!all_seen && in_hand.count() * 2 <= leased_up_to)) wake();
}

std::int64_t Runner::Implementation::back_off() const {
    const auto& waits = options->schedule.waits;
    return std::min(waits.empty() ? longest_back_off : waits.front(), longest_back_off).count();
}

void Runner::Implementation::forget_unused() {
    const std::int64_t now = services.now();
    std::erase_if(lane_targets, [&](const auto& entry) { return in_hand.messages_of(entry.first) == 0; });
    if (now < forget_at) return;
    forget_at = now + forget_after;
    std::erase_if(targets, [&](const auto& entry) {
        const Target& target = *entry.second;
        return target.waiting.empty() && target.open + target.opening == 0 && now - target.used_at > remembered;
    });
    std::erase_if(domains, [&](const auto& entry) {
        return entry.second.asking.empty() && now - entry.second.asks_again_at > remembered;
    });
}

asio::awaitable<void> Runner::Implementation::sleep_until(std::int64_t when) {
    const std::int64_t seconds = std::clamp<std::int64_t>(when - services.now(), 0, longest_sleep.count());
    alarm.expires_after(std::chrono::seconds(seconds));
    asio::error_code ignored;
    co_await alarm.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Runner::Implementation::wake() {
    woken = true;
    alarm.cancel();
}

// Answers of other servers are recorded; waiting mail stays leased until the next start releases it.
void Runner::Implementation::begin_stopping() {
    for (smtp::Client* client : sending) client->interrupt();
    connector.stop();
    close_idle();
    wake();
    const locking::Lock lock(ended_mutex);
    if (busy == 0) ended.notify_all();
}

Runner::Runner(asio::any_io_executor executor, RunnerServices services, RunnerOptions options)
    : implementation_(std::make_shared<Implementation>(std::move(executor), std::move(services), std::move(options))) {}

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
    asio::post(self->executor, [self] { self->begin_stopping(); });
    const auto until = std::chrono::steady_clock::now() + patience;
    const locking::Lock lock(self->ended_mutex);
    while (self->busy != 0 && self->ended.wait_until(self->ended_mutex, until)) continue;
}

void Runner::configure(RunnerOptions options) {
    asio::post(implementation_->executor,
               [self = implementation_, shared = std::make_shared<const RunnerOptions>(std::move(options))] {
                   const std::shared_ptr<const RunnerOptions> before = std::exchange(self->options, shared);
                   self->routes_told = false;
                   self->connector.forget_trust();
                   for (const auto& [key, target] : self->targets)
                       target->concurrency.configure(shared->connections_per_destination, self->back_off());
                   self->take_over_routes(before->outbound.routes);
                   self->wake();
               });
}

}  // namespace server::queue
