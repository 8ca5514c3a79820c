// Workers, one per connection. A worker connects before it takes a message: so a failed connection does not affect
// messages that other connections may still send. RFC 5321 §3.8, §4.5.4.1, §5.1.
#include <algorithm>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "protocols/net/spawn.h"
#include "server/queue/fairness.h"
#include "server/queue/listed.h"
#include "server/queue/runner_implementation.h"
#include "server/queue/send_message.h"
#include "storage/blobs.h"
#include "storage/store_await.h"

namespace server::queue {
namespace {

using Kind = smtp::Outcome::Kind;

constexpr std::chrono::seconds idle_time{2};  // how long a connection without work is kept
constexpr std::size_t looked_at_once = 64;    // next hops, in search of those that may get a connection
constexpr std::uint32_t most_tries = 2;       // connections for one message, without waiting in between
// Messages of one connection that were sent and whose outcome is being written down, while the next one is sent: with
// more of them a commit takes more, but after a crash so many may be sent twice.
constexpr std::uint32_t most_unsettled = 8;

// A part of the connections is reserved for next hops that have answered: silent ones must not use up all of them.
std::uint32_t most_unproven(std::uint32_t connections) {
    return std::max<std::uint32_t>(1, connections - connections / 4);
}

template <class Map, class Key>
std::uint32_t count_of(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? 0 : found->second;
}
template <class Map, class Key>
void count_down(Map& map, const Key& key) {
    const auto found = map.find(key);
    if (--found->second == 0) map.erase(found);
}

// Takes recipients out of `part` that another connection may serve at once; only the others' outcomes stay.
Part take_undecided(Part& part, std::vector<smtp::Outcome>& outcomes) {
    Part again{.message = part.message, .tries = part.tries + 1};
    again.message.recipients.clear();
    std::vector<storage::QueueRecipient> decided;
    std::vector<smtp::Outcome> theirs;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        auto& into = outcomes[i].elsewhere ? again.message.recipients : decided;
        into.push_back(std::move(part.message.recipients[i]));
        if (!outcomes[i].elsewhere) theirs.push_back(std::move(outcomes[i]));
    }
    part.message.recipients = std::move(decided);
    outcomes = std::move(theirs);
    return again;
}

std::string tls_of(const smtp::Client& client) {
    if (!client.is_tls()) return {};
    const net::TlsFacts facts = client.tls_facts();
    return facts.version + ' ' + facts.cipher;
}

std::string protection_of(const Connected& connected, const storage::QueueMessage& message) {
    return connected.protection + (says_requiretls(connected, message) ? "+requiretls" : "");
}

// What the store says when a message is about to be sent, in one look.
struct AtSending {
    std::set<storage::QueueRecipientId> leased;
    std::string beginning;  // of the content; empty: it cannot be read
};

storage::Query<AtSending> at_sending(const storage::QueueMessage& message, const std::string& holder) {
    return [id = message.id, blob = message.blob, holder](storage::Snapshot& snapshot) -> storage::Result<AtSending> {
        storage::Result<std::set<storage::QueueRecipientId>> leased = storage::leased_recipients(id, holder)(snapshot);
        if (!leased) return std::unexpected(std::move(leased.error()));
        if (leased->empty()) return AtSending{};
        storage::Result<std::string> beginning = storage::read_blob(blob, 0, chunk_octets)(snapshot);
        return AtSending{*std::move(leased), std::move(beginning).value_or("")};
    };
}

// While stopping, a temporary outcome may be our own doing: such recipients stay due as before.
void keep_answered(Part& part, AttemptFacts& facts) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < part.message.recipients.size(); ++i) {
        if (facts.outcomes[i].kind == Kind::temporary) continue;
        std::swap(part.message.recipients[kept], part.message.recipients[i]);
        std::swap(facts.outcomes[kept], facts.outcomes[i]);
        ++kept;
    }
    part.message.recipients.resize(kept);
    facts.outcomes.resize(kept);
}

}  // namespace

struct Runner::Implementation::Unsettled {
    asio::steady_timer room;  // ended when there is some
    std::uint32_t messages = 0;
};

// Accounts take turns here, too.
void Runner::Implementation::await_worker(const TargetPointer& target, Part part) {
    std::vector<storage::AccountId> accounts;
    for (const Part& other : target->waiting) accounts.push_back(other.message.account);
    const auto place = static_cast<std::ptrdiff_t>(place_in_turn(accounts, part.message.account));
    target->waiting.insert(target->waiting.begin() + place, std::move(part));
    hungry[target->hop.key] = target;
}

// In turn, and in slices: where many targets wait for who may have no more connections, other work goes on meanwhile.
void Runner::Implementation::start_workers() {
    without = 0;
    if (!looking) look_at_hungry();
}

void Runner::Implementation::look_at_hungry() {
    const auto is_full = [this] { return connections >= options->connections && idle.empty(); };
    auto at = hungry.upper_bound(last_looked_at);
    for (std::size_t looked = 0; looked < looked_at_once && without < hungry.size() && !is_full(); ++looked) {
        if (at == hungry.end()) at = hungry.begin();
        if (at->second->waiting.empty()) {
            at = hungry.erase(at);
            continue;
        }
        last_looked_at = at->first;
        const TargetPointer target = (at++)->second;
        without = start_worker(target) ? 0 : without + 1;
    }
    looking = without < hungry.size() && !is_full() && !stopping;
    if (looking) asio::post(executor, [self = shared_from_this()] { self->look_at_hungry(); });
}

// No account takes so many connections that the others' next hops would have to wait for theirs.
bool Runner::Implementation::may_connect(storage::AccountId account, bool proven) const {
    if (!may_have_more(count_of(connections_of, account), options->connections - connections)) return false;
    const std::uint32_t most = most_unproven(options->connections);
    return proven || may_have_more(count_of(unproven_of, account), most - std::min(most, unproven));
}

bool Runner::Implementation::start_worker(const TargetPointer& target) {
    const std::uint32_t own = target->opening + target->open;
    const bool wanted = target->waiting.size() > target->opening + target->idle.size();
    if (stopping || !wanted || own >= target->concurrency.window(services.now())) return false;
    const bool proven = target->concurrency.is_proven();
    if (connections >= options->connections) {
        close_idle();  // to have room next time
        return false;
    }
    const auto next = std::ranges::find_if(target->waiting,
                                           [&](const Part& part) { return may_connect(part.message.account, proven); });
    if (next == target->waiting.end()) {
        close_idle();
        return false;
    }
    const storage::AccountId account = next->message.account;
    std::rotate(target->waiting.begin(), next, next + 1);
    take_place({.account = account, .proven = proven});
    ++target->opening;
    net::spawn("queue", executor, work(shared_from_this(), target, account, proven));
    return true;
}

void Runner::Implementation::close_idle() {
    for (asio::steady_timer* timer : std::exchange(idle, {})) timer->cancel();
}

asio::awaitable<void> Runner::Implementation::work(std::shared_ptr<Implementation> self, TargetPointer target,
                                                   storage::AccountId account, bool proven) {
    std::optional<Part> at_hand;
    std::string why;
    const auto place = std::make_shared<Place>(Place{.account = account, .proven = proven});
    try {
        co_await self->deliver(target, place, at_hand);
    } catch (const std::exception& error) {
        why = error.what();
    }
    if (!why.empty()) {
        self->services.log.write(services::Level::error, "queue", at_hand ? at_hand->message.session : "",
                                 "worker-failed", {{"next-hop", target->hop.key}, {"reason", why}});
    }
    if (at_hand) {
        AttemptFacts facts;
        facts.outcomes.assign(at_hand->message.recipients.size(), smtp::temporary("4.3.0", why));
        co_await settle(self, *std::move(at_hand), std::move(facts));
    }
    self->take_back(*place);
    self->leave_place(*place);
    self->start_workers();
}

void Runner::Implementation::take_place(const Place& place) {
    ++connections;
    ++connections_of[place.account];
    if (place.proven) return;
    ++unproven;
    ++unproven_of[place.account];
}

void Runner::Implementation::leave_place(const Place& place) {
    --connections;
    count_down(connections_of, place.account);
    if (place.proven) return;
    --unproven;
    count_down(unproven_of, place.account);
}

// The host has answered: its connection counts as one of those that do, however long it stays.
void Runner::Implementation::prove(Place& place) {
    if (std::exchange(place.proven, true)) return;
    --unproven;
    count_down(unproven_of, place.account);
    start_workers();
}

// A host that says nothing for long keeps no place from those that would answer: dead ones would take them all, one by
// one. Of these places, too, each account leaves as many as it has.
void Runner::Implementation::put_aside(Place& place) {
    const std::uint32_t most = options->slow_connections;
    if (!place.opening || !may_have_more(count_of(slow_of, place.account), most - std::min(most, slow))) return;
    place.aside = true;
    leave_place(place);
    ++slow;
    ++slow_of[place.account];
    start_workers();
}

void Runner::Implementation::take_back(Place& place) {
    place.opening = false;
    if (!std::exchange(place.aside, false)) return;
    --slow;
    count_down(slow_of, place.account);
    take_place(place);
}

asio::awaitable<void> Runner::Implementation::deliver(const TargetPointer& target, const std::shared_ptr<Place>& place,
                                                      std::optional<Part>& at_hand) {
    std::expected<Connected, smtp::Outcome> connected;
    std::exception_ptr fault;
    const std::shared_ptr<const RunnerOptions> current = options;
    std::set<dns::Party> parties{party_of(place->account)};
    for (const Part& part : target->waiting) parties.insert(party_of(part.message.account));
    asio::steady_timer slow_timer(executor, options->slow_after);
    slow_timer.async_wait([self = shared_from_this(), place](const asio::error_code& error) {
        if (!error) self->put_aside(*place);
    });
    try {
        connected = co_await connector.connect(target->hop, {current, &current->outbound}, std::move(parties));
    } catch (...) {
        fault = std::current_exception();
    }
    slow_timer.cancel();
    take_back(*place);
    --target->opening;
    if (fault) {
        not_connected(target, smtp::temporary("4.3.0", "connecting failed"));
        std::rethrow_exception(fault);
    }
    // A route that has changed meanwhile: what failed is not what will be tried. Its mail has its next hop anew.
    if (!connected && current->outbound.routes != options->outbound.routes) co_return;
    if (!connected) {
        not_connected(target, std::move(connected.error()));
        co_return;
    }
    ++target->open;
    try {
        co_await empty(target, *connected, *place, at_hand);
    } catch (...) {
        fault = std::current_exception();
    }
    // Until it is closed it counts, for the other server too.
    if (!fault) co_await connected->client->quit();
    --target->open;
    if (fault) std::rethrow_exception(fault);
}

asio::awaitable<void> Runner::Implementation::empty(const TargetPointer& target, Connected& connected, Place& place,
                                                    std::optional<Part>& at_hand) {
    const Busy while_open(*this);
    const auto unsettled = std::make_shared<Unsettled>(asio::steady_timer(executor));
    for (std::uint32_t sent = 0; sent < options->messages_per_connection && connected.client->usable(); ++sent) {
        const bool wanted = co_await has_work(target);
        if (!wanted) co_return;
        at_hand = std::move(target->waiting.front());
        target->waiting.pop_front();
        std::optional<std::string> beginning = co_await keep_wanted(*at_hand);
        if (!beginning) {
            at_hand.reset();
            continue;
        }
        const auto began = std::chrono::steady_clock::now();
        Sent one = co_await send(connected, at_hand->message, *std::move(beginning));
        smtp::SendResult& result = one.result;
        const auto took = std::chrono::steady_clock::now() - began;
        if (result.unheard && sent > 0 && !stopping) {
            // The reused connection had timed out: try the same message over a new one.
            target->waiting.push_front(*std::exchange(at_hand, std::nullopt));
            hungry[target->hop.key] = target;
            co_return;
        }
        if (!one.is_our_fault) learn(target, connected, result, sent == 0);
        if (target->concurrency.is_proven()) prove(place);
        if (!stopping && at_hand->tries < most_tries) {
            Part again = take_undecided(*at_hand, result.recipients);
            // Behind the other mail: if it is this message that breaks connections, theirs must not suffer.
            if (!again.message.recipients.empty()) {
                target->waiting.push_back(std::move(again));
                hungry[target->hop.key] = target;
            }
        }
        AttemptFacts facts{.outcomes = std::move(result.recipients),
                           .remote = connected.remote,
                           .address = connected.endpoint.address().to_string(),
                           .tls = tls_of(*connected.client),
                           .protection = protection_of(connected, at_hand->message),
                           .took = std::chrono::duration_cast<std::chrono::milliseconds>(took),
                           .remote_does_dsn = connected.client->peer().dsn};
        Part part = *std::exchange(at_hand, std::nullopt);
        ++unsettled->messages;
        net::spawn("queue", executor, settle_apart(shared_from_this(), std::move(part), std::move(facts), unsettled));
        co_await has_room(*unsettled);
    }
}

// Where outcomes cannot be written down, no more is sent.
asio::awaitable<void> Runner::Implementation::has_room(Unsettled& unsettled) {
    while (unsettled.messages >= most_unsettled) {
        unsettled.room.expires_at(std::chrono::steady_clock::time_point::max());
        asio::error_code ignored;
        co_await unsettled.room.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<void> Runner::Implementation::settle_apart(std::shared_ptr<Implementation> self, Part part,
                                                           AttemptFacts facts, std::shared_ptr<Unsettled> of) {
    co_await settle(std::move(self), std::move(part), std::move(facts));
    --of->messages;
    of->room.cancel();
}

// Waits a little for work; false if the connection is no longer needed.
asio::awaitable<bool> Runner::Implementation::has_work(const TargetPointer& target) {
    if (!stopping && target->waiting.empty() && connections < options->connections) {
        asio::steady_timer timer(executor, idle_time);
        const Listed of_target(target->idle, &timer);
        const Listed of_all(idle, &timer);
        asio::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    const bool surplus = target->open > std::max<std::uint32_t>(1, target->concurrency.window(services.now()));
    co_return !stopping && !target->waiting.empty() && !surplus;
}

// Lets go of recipients that an administrator has held or dropped since they were leased; nullopt if no other is left.
// Else the content's beginning.
asio::awaitable<std::optional<std::string>> Runner::Implementation::keep_wanted(Part& part) {
    storage::Result<AtSending> found = co_await services.store.read(at_sending(part.message, holder));
    if (!found) throw std::runtime_error(found.error().text);
    std::vector<storage::QueueRecipient>& recipients = part.message.recipients;
    const auto is_leased = [&](const storage::QueueRecipient& recipient) {
        return found->leased.contains(recipient.id);
    };
    if (std::ranges::all_of(recipients, is_leased)) co_return std::move(found->beginning);
    storage::QueueMessage gone = part.message;
    std::erase_if(gone.recipients, is_leased);
    std::erase_if(recipients, [&](const storage::QueueRecipient& recipient) { return !is_leased(recipient); });
    std::vector<storage::QueueRecipientId> ids;
    for (const storage::QueueRecipient& recipient : gone.recipients) ids.push_back(recipient.id);
    in_hand.give_back(gone);
    look_for_more(gone);
    storage::Result<std::monostate> given_up =
        co_await services.store.write(storage::give_up_leases(holder, std::move(ids), services.now()));
    if (!given_up) throw std::runtime_error(given_up.error().text);
    if (recipients.empty()) co_return std::nullopt;
    co_return std::move(found->beginning);
}

asio::awaitable<Runner::Implementation::Sent> Runner::Implementation::send(Connected& connected,
                                                                           const storage::QueueMessage& message,
                                                                           std::string beginning) {
    const Listed listed(sending, connected.client.get());
    smtp::SendResult result;
    std::string why;
    try {
        result = co_await send_message(services.store, services.log, connected, message, std::move(beginning), signing);
    } catch (const std::exception& error) {
        why = error.what();
    }
    const bool is_our_fault = !why.empty();
    if (is_our_fault) result.recipients.assign(message.recipients.size(), smtp::temporary("4.3.0", why));
    co_return Sent{.result = std::move(result), .is_our_fault = is_our_fault};
}

// What a message's result says about its next hop. Any answer is good, except 421 (RFC 5321 §3.8).
void Runner::Implementation::learn(const TargetPointer& target, const Connected& connected,
                                   const smtp::SendResult& result, bool first) {
    const bool answered = std::ranges::any_of(
        result.recipients, [](const smtp::Outcome& outcome) { return outcome.code != 0 && outcome.code != 421; });
    target->used_at = services.now();
    if (answered || connected.client->usable()) {
        target->concurrency.succeeded(services.now());
        start_worker(target);  // it may take one connection more now
        return;
    }
    if (!first || stopping) return;  // a server may end a connection after some messages
    connector.avoid(connected.endpoint, options->outbound);
    const std::uint32_t others = target->opening + target->open - 1;
    if (target->concurrency.broke(services.now(), others) == Concurrency::Verdict::dead)
        target->failure = result.recipients.front();
}

void Runner::Implementation::not_connected(const TargetPointer& target, smtp::Outcome outcome) {
    if (stopping) return;
    const std::int64_t now = services.now();
    const bool delivered = target->concurrency.has_delivered_lately(now);
    const Concurrency::Verdict verdict = target->concurrency.refused(now, target->opening + target->open);
    services.log.write(services::Level::info, "queue", "", "not-connected",
                       {{"next-hop", target->hop.key},
                        {"then", verdict == Concurrency::Verdict::dead    ? "given up for now"
                                 : verdict == Concurrency::Verdict::later ? "again soon"
                                                                          : "fewer connections"},
                        {"reason", outcome.line()}});
    if (verdict == Concurrency::Verdict::later) wake();  // the scheduler knows when
    if (verdict != Concurrency::Verdict::dead) return;
    // A server that has just accepted mail does not refuse all mail permanently.
    if (delivered) outcome.kind = Kind::temporary;
    if (outcome.kind == Kind::permanent) target->concurrency.revive();
    target->failure = outcome;
    std::vector<Part> parts(std::make_move_iterator(target->waiting.begin()),
                            std::make_move_iterator(target->waiting.end()));
    target->waiting.clear();
    settle_all(std::move(parts), outcome);
}

asio::awaitable<void> Runner::Implementation::settle(std::shared_ptr<Implementation> self, Part part,
                                                     AttemptFacts facts) {
    const Busy while_written(*self);
    const storage::QueueMessage whole = part.message;
    std::string why;
    try {
        if (self->stopping) keep_answered(part, facts);
        const std::shared_ptr<const RunnerOptions> current = self->options;
        if (!part.message.recipients.empty()) {
            co_await conclude(self->services, self->notice_maker, *current, part.message, std::move(facts),
                              [self] { return self->stopping.load(); });
        }
    } catch (const std::exception& error) {
        why = error.what();
    }
    // What could not be recorded is due again when its lease has expired.
    if (!why.empty()) {
        self->services.log.write(services::Level::error, "queue", whole.session, "not-recorded",
                                 {{"queue", whole.id.value}, {"reason", why}});
    }
    self->in_hand.give_back(whole);
    self->look_for_more(whole);
}

}  // namespace server::queue
