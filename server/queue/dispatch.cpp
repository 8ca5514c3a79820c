// Assigns the recipients of a leased message to next hops: by routes at once, by DNS after one look-up per domain.
// Recipients with the same next hop are sent together (RFC 5321 §5.1, §4.5.4.1).
#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "protocols/net/spawn.h"
#include "server/queue/fairness.h"
#include "server/queue/here.h"
#include "server/queue/next_hop_lookup.h"
#include "server/queue/runner_implementation.h"

namespace server::queue {
namespace {

constexpr std::size_t looked_back = 64;  // of the waiting parts, to find one of the same message

bool was_asked(const Part& part) {
    return std::ranges::any_of(part.message.recipients, &storage::QueueRecipient::asked);
}

}  // namespace

// What was held may be for addresses here, which the directory knows.
void Runner::Implementation::dispatch_or_let_go(storage::QueueMessage message) {
    const auto was_held = [this](const storage::QueueRecipient& recipient) {
        return services.intake != nullptr && recipient.not_before != 0;
    };
    storage::QueueMessage held = message;
    std::erase_if(held.recipients, std::not_fn(was_held));
    std::erase_if(message.recipients, was_held);
    if (!held.recipients.empty()) net::spawn("queue", executor, dispatch_held(shared_from_this(), std::move(held)));
    if (!message.recipients.empty()) dispatch_elsewhere(std::move(message));
}

asio::awaitable<void> Runner::Implementation::dispatch_held(std::shared_ptr<Implementation> self,
                                                            storage::QueueMessage message) {
    const Busy while_delivered(*self);
    std::optional<HeldMessage> held;
    std::string why;
    try {
        held = co_await divide_held(self->services.directory, message);
    } catch (const std::exception& error) {
        why = error.what();
    }
    if (!held) {
        self->let_go(message, why);
        co_return;
    }
    if (!held->elsewhere.recipients.empty()) self->dispatch_elsewhere(std::move(held->elsewhere));
    if (held->here.recipients.empty()) co_return;
    AttemptFacts facts{.here = true};
    try {
        facts.outcomes = co_await deliver_here(self->services.store, *self->services.intake, *held);
    } catch (const std::exception& error) {
        facts.outcomes.assign(held->here.recipients.size(), smtp::temporary("4.3.0", error.what()));
    }
    co_await settle(self, Part{.message = std::move(held->here)}, std::move(facts));
}

void Runner::Implementation::dispatch_elsewhere(storage::QueueMessage message) {
    const storage::QueueMessage whole = message;
    try {
        dispatch(std::move(message));
    } catch (const std::exception& error) {
        let_go(whole, error.what());
    }
}

// A message that cannot be dispatched is due again when its lease has expired; until then it is not in hand.
void Runner::Implementation::let_go(const storage::QueueMessage& message, std::string_view why) {
    services.log.write(services::Level::error, "queue", message.session, "not-dispatched",
                       {{"queue", message.id.value}, {"reason", why}});
    in_hand.give_back(message);
}

void Runner::Implementation::dispatch(storage::QueueMessage message) {
    // Parts are copies of the message without recipients: a message to many hosts has many.
    std::vector<storage::QueueRecipient> recipients = std::exchange(message.recipients, {});
    const storage::TlsWish wish = wish_for(message);
    std::map<std::string, std::optional<NextHop>> hops;  // by domain
    std::map<std::string, std::pair<NextHop, Part>> by_hop;
    std::map<std::string, Part> by_domain;  // to be looked up in the DNS
    for (storage::QueueRecipient& recipient : recipients) {
        auto found = hops.find(recipient.domain);
        if (found == hops.end())
            found = hops.emplace(recipient.domain, known_next_hop(recipient.domain, wish, options->outbound)).first;
        Part* part = nullptr;
        if (found->second) {
            part =
                &by_hop.try_emplace(found->second->key, *found->second, Part{.message = message}).first->second.second;
        } else {
            part = &by_domain.try_emplace(recipient.domain, Part{.message = message}).first->second;
        }
        part->message.recipients.push_back(std::move(recipient));
    }
    for (auto& [key, to] : by_hop) put(target_of(to.first), std::move(to.second));
    for (auto& [domain, part] : by_domain) await_resolution(domain, std::move(part));
}

void Runner::Implementation::await_resolution(const std::string& domain, Part part) {
    const storage::TlsWish wish = wish_for(part.message);
    Unresolved& unresolved = domains[{domain, wish}];
    const storage::AccountId account = part.message.account;
    const bool not_now = services.now() < unresolved.asks_again_at && !was_asked(part);
    unresolved.waiting.push_back(std::move(part));
    if (not_now && unresolved.asking.empty()) {
        settle_all(std::exchange(unresolved.waiting, {}), unresolved.failure);
        return;
    }
    if (unresolved.asking.insert(account).second)
        net::spawn("queue", executor, resolve(shared_from_this(), domain, wish, account));
}

asio::awaitable<void> Runner::Implementation::resolve(std::shared_ptr<Implementation> self, std::string domain,
                                                      storage::TlsWish wish, storage::AccountId account) {
    std::expected<NextHop, smtp::Outcome> hop;
    std::string fault;
    try {
        const std::shared_ptr<const RunnerOptions> current = self->options;
        hop = co_await look_up_next_hop(self->services.resolver, self->policies, party_of(account), domain, wish,
                                        {current, &current->outbound}, self->services.random_below);
    } catch (const std::exception& error) {
        fault = error.what();
    }
    if (!fault.empty()) {
        self->services.log.write(services::Level::error, "queue", "", "not-resolved",
                                 {{"domain", domain}, {"reason", fault}});
        hop = std::unexpected(smtp::temporary("4.4.3", fault));
    }
    Unresolved& unresolved = self->domains[{domain, wish}];
    std::vector<Part> waiting = std::exchange(unresolved.waiting, {});
    unresolved.asking.erase(account);
    if (hop) {
        unresolved.asks_again_at = 0;
        if (unresolved.asking.empty()) self->domains.erase({domain, wish});
        const TargetPointer target = self->target_of(*hop);
        for (Part& part : waiting) self->put(target, std::move(part));
    } else {
        unresolved.failure = hop.error();
        const bool later = hop.error().kind == smtp::Outcome::Kind::temporary;
        unresolved.asks_again_at = later ? self->services.now() + self->back_off() : 0;
        self->settle_all(std::move(waiting), hop.error());
    }
}

TargetPointer Runner::Implementation::target_of(const NextHop& hop) {
    TargetPointer& target = targets[hop.key];
    if (!target) {
        target = std::make_shared<Target>(
            Target{.hop = hop, .concurrency = Concurrency(options->connections_per_destination, back_off())});
    }
    target->hop = hop;  // its password or the order of its hosts may have changed
    target->used_at = services.now();
    return target;
}

void Runner::Implementation::put(const TargetPointer& target, Part part) {
    for (const storage::QueueRecipient& recipient : part.message.recipients) lane_targets[recipient.lane] = target;
    if (was_asked(part)) target->concurrency.revive();
    if (target->concurrency.is_dead(services.now())) {
        std::vector<Part> parts;
        parts.push_back(std::move(part));
        settle_all(std::move(parts), target->failure);
        return;
    }
    std::deque<Part>& waiting = target->waiting;
    const auto last = waiting.rbegin() + static_cast<std::ptrdiff_t>(std::min(waiting.size(), looked_back));
    const auto same =
        std::find_if(waiting.rbegin(), last, [&](const Part& other) { return other.message.id == part.message.id; });
    if (same != last) {
        std::ranges::move(part.message.recipients, std::back_inserter(same->message.recipients));
    } else {
        connector.join(target->hop.key, party_of(part.message.account));
        await_worker(target, std::move(part));
    }
    if (target->idle.empty()) {
        start_worker(target);
    } else {
        (*target->idle.begin())->cancel();
    }
}

// All of them get this outcome, without an attempt.
void Runner::Implementation::settle_all(std::vector<Part> parts, const smtp::Outcome& outcome) {
    for (Part& part : parts) {
        AttemptFacts facts;
        facts.outcomes.assign(part.message.recipients.size(), outcome);
        net::spawn("queue", executor, settle(shared_from_this(), std::move(part), std::move(facts)));
    }
}

// After a reload: how a next hop failed says nothing of how it is now, and what waits in hand gets its next hop anew.
void Runner::Implementation::take_over_routes(const std::vector<Route>& before) {
    const std::vector<Route>& now = options->outbound.routes;
    if (before == now) return;
    renewed.merge(renewed_lanes(before, now, options->outbound.remote_port));
    std::vector<Part> waiting;
    for (const auto& [key, target] : targets) {
        target->concurrency.revive();
        std::ranges::move(std::exchange(target->waiting, {}), std::back_inserter(waiting));
    }
    for (Part& part : waiting) dispatch_or_let_go(std::move(part.message));
}

}  // namespace server::queue
