// Sums behind one lock that is held for a few instructions. Networks are kept in the order of what they hold, so that
// the heaviest one is found at once.
#include "server/budget/budgets.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "protocols/locking/mutex.h"

namespace server::budget {
namespace {

using auth::AddressOctets;
using Time = std::chrono::steady_clock::time_point;

constexpr std::size_t looked_at = 32;                // networks, to find one that must give way
constexpr std::size_t most_crowded_out = 16;         // connections for one that needs room
constexpr std::chrono::seconds time_of_its_own{10};  // after which a connection gives way to any other

std::size_t index(net::Resource what) { return static_cast<std::size_t>(what); }
std::size_t index(Share share) { return static_cast<std::size_t>(share); }

// The networks around an address: of many addresses that are easily had by one person.
struct Wide {
    AddressOctets prefix{};
    std::uint64_t quarters = 0;  // of the budget that it may hold
};

AddressOctets first_octets(const AddressOctets& address, std::size_t octets) {
    AddressOctets prefix{};
    std::copy_n(address.begin(), octets, prefix.begin());
    return prefix;
}

bool is_ipv4(const AddressOctets& address) {
    return std::ranges::all_of(address.begin(), address.begin() + 10, [](std::uint8_t octet) { return octet == 0; });
}

// IPv4: the address, its /24. IPv6: its /64, /56 and /48. The last octet tells prefixes of different lengths apart.
std::vector<Wide> tiers_of(const AddressOctets& address) {
    std::vector<Wide> tiers{{auth::client_network(address), 1}};
    const auto add = [&](std::size_t octets, std::uint64_t quarters) {
        Wide wide{first_octets(address, octets), quarters};
        wide.prefix.back() = static_cast<std::uint8_t>(octets);
        wide.prefix[octets] = 0xff;  // no client network has this
        tiers.push_back(wide);
    };
    if (is_ipv4(address)) {
        AddressOctets prefix = first_octets(address, 15);
        prefix[0] = 0xff;
        tiers.push_back({prefix, 2});
        return tiers;
    }
    add(7, 2);
    add(6, 3);
    return tiers;
}

struct Hash {
    std::size_t operator()(const AddressOctets& address) const noexcept {
        return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.data()), address.size()});
    }
};

}  // namespace

struct Budgets::State {
    explicit State(const Limits& given, Clock time) : limits(given), clock(std::move(time)) {}

    struct Network {
        Amounts held{};
        std::list<Connection*> connections;  // the oldest first
    };
    using Victims = std::vector<std::function<void()>>;

    bool fits(const Connection& holder, std::size_t what, std::uint64_t octets) const REQUIRES(mutex);
    bool make_room(Connection& holder, std::size_t what, std::uint64_t octets, Victims& victims) REQUIRES(mutex);
    bool crowd_out_one(Connection& holder, std::size_t what, std::uint64_t octets, Victims& victims) REQUIRES(mutex);
    void crowd_out(Connection& victim, Victims& victims) REQUIRES(mutex);
    bool gives_room(const Connection& victim, std::size_t what) const REQUIRES(mutex);
    // Adds to, or takes from, all sums of strangers in which the connection counts.
    void add(const Connection& holder, std::size_t what, std::uint64_t octets) REQUIRES(mutex);
    void subtract(const Connection& holder, std::size_t what, std::uint64_t octets) REQUIRES(mutex);
    void enter(Connection& stranger) REQUIRES(mutex);
    void leave(Connection& stranger) REQUIRES(mutex);
    std::uint64_t own_part(std::size_t what) const REQUIRES(mutex) { return limits.strangers[what] / (2 * shares); }
    bool is_gateway(const AddressOctets& address) const REQUIRES(mutex) {
        return std::ranges::find(limits.gateways, address) != limits.gateways.end();
    }

    mutable locking::Mutex mutex;
    Limits limits GUARDED_BY(mutex);
    const Clock clock;
    // Of strangers:
    std::array<Amounts, shares> by_share GUARDED_BY(mutex){};
    std::unordered_map<AddressOctets, Amounts, Hash> by_tier GUARDED_BY(mutex);
    std::unordered_map<AddressOctets, Network, Hash> networks GUARDED_BY(mutex);  // by client network
    std::array<std::set<std::pair<std::uint64_t, AddressOctets>>, resources> by_weight GUARDED_BY(mutex);
    std::list<Connection*> by_age GUARDED_BY(mutex);  // the oldest first
    // Of accounts:
    std::unordered_map<std::int64_t, Amounts> by_account GUARDED_BY(mutex);
    // Of those that were crowded out and have not ended yet: counted nowhere else.
    Amounts leaving GUARDED_BY(mutex){};
};

class Budgets::Connection : public net::Allowance {
  public:
    Connection(std::shared_ptr<State> state, const AddressOctets& address, Share share, std::function<void()> crowd_out)
        : state_(std::move(state)),
          address(address),
          network(auth::client_network(address)),
          tiers(tiers_of(address)),
          share(index(share)),
          exempt(auth::is_this_machine(address)),
          began(state_->clock()),
          crowd_out(std::move(crowd_out)) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() override;

    bool take(net::Resource what, std::uint64_t octets) override;
    void give_back(net::Resource what, std::uint64_t octets) override;
    void belong_to(std::int64_t account) override;
    std::int64_t account() const override { return owner; }

  private:
    void leave_owner() REQUIRES(state_->mutex);

    const std::shared_ptr<State> state_;

  public:  // for State, with its mutex
    const AddressOctets address;
    const AddressOctets network;
    const std::vector<Wide> tiers;
    const std::size_t share;
    const bool exempt;  // counts only once it has logged in
    const Time began;
    const std::function<void()> crowd_out;
    Amounts held{};
    std::atomic<std::int64_t> owner = 0;  // an account; 0: a stranger
    bool is_leaving = false;              // was crowded out
    bool is_entered = false;
    std::list<Connection*>::iterator in_network;
    std::list<Connection*>::iterator in_age;
};

bool Budgets::State::fits(const Connection& holder, std::size_t what, std::uint64_t octets) const {
    const std::uint64_t most = limits.strangers[what];
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < shares; ++i) {
        const std::uint64_t more = i == holder.share ? octets : 0;
        sum += std::max(by_share[i][what] + more, own_part(what));
    }
    return sum <= most;
}

// Whether its end would leave more for others: not while its door holds no more than its own part.
bool Budgets::State::gives_room(const Connection& victim, std::size_t what) const {
    return victim.held[what] != 0 && by_share[victim.share][what] > own_part(what);
}

void Budgets::State::crowd_out(Connection& victim, Victims& victims) {
    leave(victim);
    victim.is_leaving = true;
    for (std::size_t i = 0; i < resources; ++i) leaving[i] += victim.held[i];
    victims.push_back(victim.crowd_out);
}

bool Budgets::State::crowd_out_one(Connection& holder, std::size_t what, std::uint64_t octets, Victims& victims) {
    if (leaving[what] > limits.strangers[what] / 4) return false;  // first they must end
    const auto own = networks.find(holder.network);
    const std::uint64_t mine = (own == networks.end() ? 0 : own->second.held[what]) + octets;
    std::size_t looked = 0;
    for (auto at = by_weight[what].rbegin(); at != by_weight[what].rend() && looked < looked_at; ++at, ++looked) {
        if (at->first <= mine) break;
        for (Connection* connection : networks[at->second].connections) {
            if (connection == &holder || !gives_room(*connection, what)) continue;
            crowd_out(*connection, victims);
            return true;
        }
    }
    const Time now = clock();
    looked = 0;
    for (Connection* connection : by_age) {
        if (++looked > looked_at || now - connection->began < time_of_its_own) break;
        if (connection == &holder || !gives_room(*connection, what)) continue;
        crowd_out(*connection, victims);
        return true;
    }
    return false;
}

bool Budgets::State::make_room(Connection& holder, std::size_t what, std::uint64_t octets, Victims& victims) {
    if (!is_gateway(holder.address)) {
        for (const Wide& tier : holder.tiers) {
            const auto found = by_tier.find(tier.prefix);
            const std::uint64_t held = found == by_tier.end() ? 0 : found->second[what];
            if (held + octets > limits.strangers[what] / 4 * tier.quarters) return false;
        }
    }
    for (std::size_t i = 0; !fits(holder, what, octets); ++i) {
        if (i == most_crowded_out || !crowd_out_one(holder, what, octets, victims)) return false;
    }
    return true;
}

void Budgets::State::add(const Connection& holder, std::size_t what, std::uint64_t octets) {
    by_share[holder.share][what] += octets;
    for (const Wide& tier : holder.tiers) by_tier[tier.prefix][what] += octets;
    Network& network = networks[holder.network];
    by_weight[what].erase({network.held[what], holder.network});
    network.held[what] += octets;
    by_weight[what].insert({network.held[what], holder.network});
}

void Budgets::State::subtract(const Connection& holder, std::size_t what, std::uint64_t octets) {
    by_share[holder.share][what] -= octets;
    for (const Wide& tier : holder.tiers) by_tier[tier.prefix][what] -= octets;
    Network& network = networks[holder.network];
    by_weight[what].erase({network.held[what], holder.network});
    network.held[what] -= octets;
    by_weight[what].insert({network.held[what], holder.network});
}

void Budgets::State::enter(Connection& stranger) {
    for (std::size_t i = 0; i < resources; ++i) add(stranger, i, stranger.held[i]);
    std::list<Connection*>& connections = networks[stranger.network].connections;
    stranger.in_network = connections.insert(connections.end(), &stranger);
    stranger.in_age = by_age.insert(by_age.end(), &stranger);
    stranger.is_entered = true;
}

void Budgets::State::leave(Connection& stranger) {
    for (std::size_t i = 0; i < resources; ++i) subtract(stranger, i, stranger.held[i]);
    const auto network = networks.find(stranger.network);
    network->second.connections.erase(stranger.in_network);
    by_age.erase(stranger.in_age);
    stranger.is_entered = false;
    for (const Wide& tier : stranger.tiers) {
        const auto found = by_tier.find(tier.prefix);
        if (found != by_tier.end() && found->second == Amounts{}) by_tier.erase(found);
    }
    if (!network->second.connections.empty()) return;
    for (std::size_t i = 0; i < resources; ++i) by_weight[i].erase({network->second.held[i], stranger.network});
    networks.erase(network);
}

Budgets::Connection::~Connection() {
    const locking::Lock lock(state_->mutex);
    leave_owner();
}

// Takes what is held out of the sums in which it counts.
void Budgets::Connection::leave_owner() {
    if (is_leaving) {
        for (std::size_t i = 0; i < resources; ++i) state_->leaving[i] -= held[i];
    } else if (owner != 0) {
        const auto found = state_->by_account.find(owner);
        for (std::size_t i = 0; i < resources; ++i) found->second[i] -= held[i];
        if (found->second == Amounts{}) state_->by_account.erase(found);
    } else if (is_entered) {
        state_->leave(*this);
    }
}

bool Budgets::Connection::take(net::Resource resource, std::uint64_t octets) {
    const std::size_t what = index(resource);
    State::Victims victims;
    bool granted = true;
    {
        const locking::Lock lock(state_->mutex);
        if (is_leaving) return false;
        if (owner != 0) {
            Amounts& sums = state_->by_account[owner];
            granted = sums[what] + octets <= state_->limits.account[what];
            if (granted) sums[what] += octets;
            if (sums == Amounts{}) state_->by_account.erase(owner);
        } else if (is_entered) {
            granted = state_->make_room(*this, what, octets, victims);
            if (granted) state_->add(*this, what, octets);
        }
        if (granted) held[what] += octets;
    }
    for (const auto& end : victims) end();
    return granted;
}

void Budgets::Connection::give_back(net::Resource resource, std::uint64_t octets) {
    const std::size_t what = index(resource);
    const locking::Lock lock(state_->mutex);
    held[what] -= octets;
    if (is_leaving) {
        state_->leaving[what] -= octets;
    } else if (owner != 0) {
        const auto found = state_->by_account.find(owner);
        found->second[what] -= octets;
        if (found->second == Amounts{}) state_->by_account.erase(found);
    } else if (is_entered) {
        state_->subtract(*this, what, octets);
    }
}

// What is held moves along, even beyond the account's limit: a log-in holds little, and the next wish is refused.
void Budgets::Connection::belong_to(std::int64_t account) {
    const locking::Lock lock(state_->mutex);
    if (is_leaving || owner == account) return;
    leave_owner();
    owner = account;
    if (account != 0) {
        Amounts& sums = state_->by_account[account];
        for (std::size_t i = 0; i < resources; ++i) sums[i] += held[i];
    } else if (!exempt) {
        state_->enter(*this);
    }
}

Budgets::Budgets(const Limits& limits, Clock clock) : state_(std::make_shared<State>(limits, std::move(clock))) {}

Budgets::~Budgets() = default;

void Budgets::configure(const Limits& limits) {
    const locking::Lock lock(state_->mutex);
    state_->limits = limits;
}

std::shared_ptr<net::Allowance> Budgets::admit(std::string_view address, Share share, std::uint64_t octets,
                                               std::function<void()> crowd_out) {
    const AddressOctets parsed = auth::parse_address(address).value_or(AddressOctets{});
    auto connection = std::make_shared<Connection>(state_, parsed, share, std::move(crowd_out));
    {
        const locking::Lock lock(state_->mutex);
        if (!connection->exempt) state_->enter(*connection);
    }
    if (!connection->take(net::Resource::memory, octets)) return nullptr;
    return connection;
}

Amounts Budgets::held_by_strangers() const {
    const locking::Lock lock(state_->mutex);
    Amounts sums{};
    for (const Amounts& share : state_->by_share) {
        for (std::size_t i = 0; i < resources; ++i) sums[i] += share[i];
    }
    return sums;
}

Amounts Budgets::held_by(std::int64_t account) const {
    const locking::Lock lock(state_->mutex);
    const auto found = state_->by_account.find(account);
    return found == state_->by_account.end() ? Amounts{} : found->second;
}

}  // namespace server::budget
