// The alphabet is that of generated passwords, in small letters: whatever is left of what was typed is hashed.
#include "server/auth/app_passwords.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/sasl/scram_keys.h"

namespace server::auth {

using storage::AppPasswordScope;

namespace {

constexpr std::size_t app_password_groups = 6;
constexpr std::size_t app_password_group = 4;

constexpr std::array<std::pair<AppPasswordScope, std::string_view>, 4> scope_words{
    {{AppPasswordScope::all, "all"},
     {AppPasswordScope::mail, "mail"},
     {AppPasswordScope::receive, "receive"},
     {AppPasswordScope::send, "send"}}};

}  // namespace

std::string generate_app_password() { return random_groups(app_password_groups, app_password_group); }

std::optional<std::string> app_password_hash(std::string_view typed) {
    std::string letters;
    for (const char typed_one : typed) {
        if (typed_one == '-' || base::is_space(typed_one)) continue;
        const char letter = base::to_lower(typed_one);
        if (!base::is_alpha(letter) && !base::is_digit(letter)) return std::nullopt;
        letters += letter;
        if (letters.size() > app_password_groups * app_password_group) return std::nullopt;
    }
    if (letters.size() < app_password_groups * app_password_group) return std::nullopt;
    return sasl::sha256(letters);
}

storage::NewAppPassword make_app_password(std::string_view password, std::string label, AppPasswordScope scope,
                                          const HashCost& cost) {
    storage::NewAppPassword made{.label = std::move(label),
                                 .scope = scope,
                                 .sha256 = app_password_hash(password).value(),
                                 .scram_sha_256 = {},
                                 .created_at = 0,
                                 .expires_at = std::nullopt};
    if (cost.scram) made.scram_sha_256 = make_scram_keys(password, cost);
    return made;
}

bool is_within(AppPasswordScope scope, const services::LoginAttempt& attempt) {
    const bool reads = attempt.area == "imap" || attempt.area == "pop3";
    const bool sends = attempt.area == "smtp" || attempt.area == "submission";
    switch (scope) {
        case AppPasswordScope::all:
            return attempt.mechanism != "form";
        case AppPasswordScope::mail:
            return reads || sends;
        case AppPasswordScope::receive:
            return reads;
        case AppPasswordScope::send:
            return sends;
    }
    return false;
}

std::optional<LabelledName> labelled_name(std::string_view name) {
    const std::size_t at = std::min(name.rfind('@'), name.size());
    const std::size_t sign = name.find('%');
    if (sign == 0 || sign >= at) return std::nullopt;
    LabelledName named{.account = std::string(name.substr(0, sign)).append(name.substr(at)),
                       .label = std::string(base::trim(name.substr(sign + 1, at - sign - 1)))};
    if (!storage::is_app_password_label(named.label)) return std::nullopt;
    return named;
}

std::string_view word_of(AppPasswordScope scope) {
    return std::ranges::find(scope_words, scope, &decltype(scope_words)::value_type::first)->second;
}

std::optional<AppPasswordScope> scope_of(std::string_view word) {
    const auto* const found = std::ranges::find(scope_words, word, &decltype(scope_words)::value_type::second);
    if (found == scope_words.end()) return std::nullopt;
    return found->first;
}

}  // namespace server::auth
