// App passwords: how they are made and typed, what their scopes let pass, and the names that SCRAM finds them by. Pure,
// but for the random octets. storage/app_passwords.h keeps them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocols/services/authenticator.h"
#include "server/auth/passwords.h"
#include "storage/app_passwords.h"

namespace server::auth {

// Six groups of four letters and digits without similar-looking ones, "xxxx-xxxx-…": 120 bits.
std::string generate_app_password();

// The hash of what was typed, with or without "-" and spaces, in any case; nullopt: it is no app password.
std::optional<std::string> app_password_hash(std::string_view typed);

// All that is stored for it.
storage::NewAppPassword make_app_password(std::string_view password, std::string label, storage::AppPasswordScope scope,
                                          const HashCost& cost);

// Whether a log-in at that door is within the scope. No app password opens the page: whoever is in there can make
// others.
bool is_within(storage::AppPasswordScope scope, const services::LoginAttempt& attempt);

// A log-in's name that says which app password is meant, for SCRAM: it proves one secret, and the server must know
// which before. "bob%phone@example.org" is {"bob@example.org", "phone"}, "bob%phone" {"bob", "phone"}; nullopt: it
// names none.
struct LabelledName {
    std::string account;
    std::string label;
};
std::optional<LabelledName> labelled_name(std::string_view name);

// "all", "mail", "receive", "send".
std::string_view word_of(storage::AppPasswordScope scope);
std::optional<storage::AppPasswordScope> scope_of(std::string_view word);

}  // namespace server::auth
