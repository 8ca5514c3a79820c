// A name may say which app password is meant: then no account has it.
#include "server/auth/found.h"

#include <utility>

#include "protocols/base/text.h"
#include "storage/known_networks.h"
#include "storage/login_networks.h"
#include "storage/second_factors.h"

namespace server::auth {

using services::Identity;
using storage::Reason;
using storage::Refusal;
using storage::Result;

namespace {

// The account's app password that is meant: the one with the hash; for SCRAM, the one with the label.
Result<std::optional<storage::AppPasswordKeys>> find_app_password(storage::Snapshot& snapshot, const Asked& asked,
                                                                  storage::AccountId account, bool labelled) {
    if (asked.for_scram) {
        if (!labelled) return std::nullopt;
        return storage::find_app_password_keys(account, asked.labelled->label, asked.now)(snapshot);
    }
    if (!asked.app_password_hash) return std::nullopt;
    Result<std::optional<storage::AppPassword>> found =
        storage::find_app_password(account, *asked.app_password_hash, asked.now)(snapshot);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found || (labelled && !base::iequals((*found)->label, asked.labelled->label))) return std::nullopt;
    return storage::AppPasswordKeys{.password = *std::move(*found), .scram_sha_256 = {}};
}

}  // namespace

storage::Query<Found> find(Asked asked) {
    return [asked = std::move(asked)](storage::Snapshot& snapshot) -> Result<Found> {
        Result<storage::AccountCredentials> credentials = storage::refuse(Reason::no_such_account, "");
        if (asked.name) credentials = storage::find_credentials(*asked.name)(snapshot);
        const bool labelled = !credentials && asked.labelled;
        if (labelled) credentials = storage::find_credentials(asked.labelled->account)(snapshot);
        if (!credentials) return std::unexpected(std::move(credentials.error()));
        Result<std::optional<storage::AppPasswordKeys>> app =
            find_app_password(snapshot, asked, credentials->account.id, labelled);
        if (!app) return std::unexpected(std::move(app.error()));
        const Result<std::optional<std::int64_t>> known =
            storage::find_known_network(credentials->account.id, asked.network)(snapshot);
        if (!known) return std::unexpected(known.error());
        const Result<bool> noted =
            storage::is_login_network(credentials->account.id, asked.wide_network, asked.now)(snapshot);
        if (!noted) return std::unexpected(noted.error());
        const Result<std::optional<storage::SecondFactor>> factor =
            storage::find_second_factor(credentials->account.id)(snapshot);
        if (!factor) return std::unexpected(factor.error());
        return Found{*std::move(credentials),         *known, *noted, labelled, *std::move(app),
                     *factor && (*factor)->since != 0};
    };
}

Identity identity_of(const storage::AccountCredentials& found, std::chrono::steady_clock::time_point read_at) {
    return {.account = found.account.id,
            .name = found.account.name,
            .uid_only = found.account.uid_only,
            .generation = found.generation,
            .read_at = read_at};
}

Identity with_app_password(Identity identity, const storage::AppPassword& password) {
    identity.app_password = password.id;
    identity.app_password_label = password.label;
    return identity;
}

Refusal out_of_scope(const storage::AppPassword& password) {
    return {Reason::out_of_scope, "the app password \"" + password.label + "\" is not for this: its scope is " +
                                      std::string(word_of(password.scope))};
}

Refusal app_password_needed() {
    return {Reason::app_password_needed,
            "this account has a second factor: a program needs an app password of its own"};
}

}  // namespace server::auth
