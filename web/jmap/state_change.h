// What is pushed: which types of an account have another state now. RFC 8620 §7.1, §7.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/push_subscriptions.h"
#include "web/jmap/wire/i_json.h"

namespace jmap {

// Whether changes of such a type are pushed (RFC 8621 §1.5 has EmailDelivery).
bool is_pushed_type(std::string_view type);

// The TypeState of the types that differ from `before`, all if there is none; of those in `types` alone, if it is
// given. An empty object: nothing has changed for it.
Json type_states(const storage::PushFacts& now, const std::optional<storage::PushFacts>& before,
                 const std::optional<std::vector<std::string>>& types);

// The StateChange object: of one account.
Json state_change(const std::string& account_id, Json type_states);
// RFC 8620 §7.2.2.
Json push_verification(const std::string& subscription_id, const std::string& code);

}  // namespace jmap
