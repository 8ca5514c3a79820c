#include "server/queue/tls_results.h"

#include <utility>

namespace server::queue {
namespace {

constexpr std::int64_t seconds_a_day = 86'400;
constexpr std::size_t most_kinds = 10'000;  // that wait to be written; the rest is not counted

struct Words {
    std::string_view words;
    std::string_view type;
};
// The first whose words occur.
constexpr Words known[] = {
    {"does not offer", "starttls-not-supported"},       {"and refused", "starttls-not-supported"},
    {"hostname mismatch", "certificate-host-mismatch"}, {"expired", "certificate-expired"},
    {"self-signed", "certificate-not-trusted"},         {"self signed", "certificate-not-trusted"},
    {"unable to get", "certificate-not-trusted"},       {"unable to verify", "certificate-not-trusted"},
};

}  // namespace

std::string_view result_type_of(std::string_view reason) {
    for (const Words& one : known) {
        if (reason.contains(one.words)) return one.type;
    }
    return "validation-failure";
}

void TlsResults::count(Kind kind, std::int64_t now) {
    auto key = std::pair(now / seconds_a_day, std::move(kind));
    const auto found = counts_.find(key);
    if (found != counts_.end()) {
        ++found->second;
    } else if (counts_.size() < most_kinds) {
        counts_.emplace(std::move(key), 1);
        if (counts_.size() == 1 && begun_) begun_();
    }
}

std::vector<storage::TlsResult> TlsResults::take() {
    std::vector<storage::TlsResult> results;
    for (const auto& [key, sessions] : std::exchange(counts_, {})) {
        const auto& [day, kind] = key;
        results.push_back({day, kind.domain, kind.policy_type, kind.result_type, kind.mx_host, sessions});
    }
    return results;
}

}  // namespace server::queue
