// One read for most; a write when the secret is old.
#include "server/delivery/return_addresses.h"

#include <utility>

#include "protocols/sasl/scram_keys.h"
#include "storage/return_addresses.h"
#include "storage/store_await.h"
#include "storage/store_options.h"

namespace server::delivery {

namespace {

constexpr std::size_t secret_octets = 32;
constexpr std::int64_t renewed_after = 90 * Seals::day_seconds;

}  // namespace

asio::awaitable<storage::Result<Seals>> current_seals(storage::Store& store, std::int64_t now) {
    const std::int64_t valid_days = store.options().sending_on.return_addresses_valid.count();
    storage::Result<std::vector<storage::ReturnSecret>> kept = co_await store.read(storage::return_secrets());
    if (kept && (kept->empty() || kept->front().created_at < now - renewed_after)) {
        const std::int64_t longest_use = (valid_days + 2) * Seals::day_seconds;
        kept = co_await store.write(storage::renew_return_secret(sasl::random_octets(secret_octets), now,
                                                                 now - renewed_after, now - longest_use));
    }
    if (!kept) co_return std::unexpected(std::move(kept.error()));
    std::vector<std::string> secrets;
    for (storage::ReturnSecret& one : *kept) secrets.push_back(std::move(one.secret));
    co_return Seals(std::move(secrets), now, valid_days);
}

}  // namespace server::delivery
