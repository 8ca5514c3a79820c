// States of types as their /get methods give them: RFC 8620 §5.1.
#include "web/jmap/state_change.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "web/jmap/wire/changes.h"

namespace jmap {
namespace {

struct PushedType {
    std::string_view name;
    std::string (*state)(const storage::PushFacts&);
};

std::string state_of_all(const storage::PushFacts& facts) { return to_text(State{.modseq = facts.modseq.value}); }
std::string state_of_arrivals(const storage::PushFacts& facts) { return std::to_string(facts.arrivals); }

constexpr PushedType pushed_types[] = {
    {"Mailbox", state_of_all},
    {"Thread", state_of_all},
    {"Email", state_of_all},
    {"EmailDelivery", state_of_arrivals},  // RFC 8621 §1.5: it has no other methods
};

}  // namespace

bool is_pushed_type(std::string_view type) {
    return std::ranges::find(pushed_types, type, &PushedType::name) != std::end(pushed_types);
}

Json type_states(const storage::PushFacts& now, const std::optional<storage::PushFacts>& before,
                 const std::optional<std::vector<std::string>>& types) {
    Json states = Json::object();
    for (const PushedType& type : pushed_types) {
        if (types && std::ranges::find(*types, type.name) == types->end()) continue;
        std::string state = type.state(now);
        if (before && type.state(*before) == state) continue;
        states[std::string(type.name)] = std::move(state);
    }
    return states;
}

Json state_change(const std::string& account_id, Json states) {
    return {{"@type", "StateChange"}, {"changed", {{account_id, std::move(states)}}}};
}

Json push_verification(const std::string& subscription_id, const std::string& code) {
    return {{"@type", "PushVerification"}, {"pushSubscriptionId", subscription_id}, {"verificationCode", code}};
}

}  // namespace jmap
