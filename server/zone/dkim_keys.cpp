// Selectors are dates, so that people see which key is the newer one.
#include "server/zone/dkim_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/mailauth/dkim_public_key.h"

namespace server::zone {

namespace {

std::string selector_of(storage::DkimAlgorithm algorithm, const std::vector<storage::DkimKey>& taken,
                        std::int64_t now) {
    const std::time_t at = now;
    std::tm day{};
    gmtime_r(&at, &day);
    const std::string name = fmt::format("m{:04}{:02}{:02}{}", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday,
                                         algorithm == storage::DkimAlgorithm::ed25519 ? "e" : "");
    const auto is_taken = [&](const std::string& selector) {
        return std::ranges::any_of(taken, [&](const storage::DkimKey& key) { return key.selector == selector; });
    };
    std::string selector = name;
    for (int number = 2; is_taken(selector); ++number) selector = fmt::format("{}-{}", name, number);
    return selector;
}

}  // namespace

mailauth::KeyAlgorithm algorithm_of(storage::DkimAlgorithm algorithm) {
    return algorithm == storage::DkimAlgorithm::rsa ? mailauth::KeyAlgorithm::rsa : mailauth::KeyAlgorithm::ed25519;
}

bool publishes(std::string_view record, const storage::DkimKey& key) {
    const auto published = mailauth::parse_dkim_key_record(record);
    return published && published->algorithm == algorithm_of(key.algorithm) &&
           base::encode_base64(published->data) == key.public_key;
}

storage::DkimKey new_dkim_key(std::string domain, storage::DkimAlgorithm algorithm,
                              const std::vector<storage::DkimKey>& taken, std::int64_t now) {
    mailauth::KeyPair pair = mailauth::make_key(algorithm_of(algorithm));
    return {.domain = std::move(domain),
            .selector = selector_of(algorithm, taken, now),
            .algorithm = algorithm,
            .state = storage::DkimState::published,
            .state_at = now,
            .created_at = now,
            .seen_at = 0,
            .public_key = std::move(pair.public_key),
            .private_key = std::move(pair.private_key)};
}

}  // namespace server::zone
