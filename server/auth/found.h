// What the store knows of a log-in's name, in one snapshot. For authenticator*.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "protocols/services/authenticator.h"
#include "server/auth/app_passwords.h"
#include "storage/accounts.h"
#include "storage/app_passwords.h"
#include "storage/query.h"

namespace server::auth {

// The account and where it has logged in from, at one moment.
struct Found {
    storage::AccountCredentials credentials;
    std::optional<std::int64_t> known_since;
    bool noted = false;
    bool labelled = false;
    std::optional<storage::AppPasswordKeys> app_password;
    bool second_factor = false;
};

struct Asked {
    std::optional<std::string> name;       // in normal form
    std::optional<LabelledName> labelled;  // the same name, if it may name an app password: the account in normal form
    std::string network;
    std::string wide_network;
    std::optional<std::string> app_password_hash;  // of what was given, if it may be one
    bool for_scram = false;                        // nothing was given yet: the one with the label is meant
    std::int64_t now = 0;
};

// Refuses no_such_account.
storage::Query<Found> find(Asked asked);

services::Identity identity_of(const storage::AccountCredentials& found, std::chrono::steady_clock::time_point read_at);
// The same, by an app password.
services::Identity with_app_password(services::Identity identity, const storage::AppPassword& password);
// What one that is for other doors is told.
storage::Refusal out_of_scope(const storage::AppPassword& password);
// What whoever comes with the account's own password is told where no code can be asked for.
storage::Refusal app_password_needed();

}  // namespace server::auth
