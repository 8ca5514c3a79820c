// The seals of now, with the secrets that the store keeps: made at first use, and renewed now and then by whoever needs
// one. Old secrets verify what they have sealed until that has expired.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>

#include "server/delivery/seals.h"
#include "storage/store.h"

namespace server::delivery {

asio::awaitable<storage::Result<Seals>> current_seals(storage::Store& store, std::int64_t now);

}  // namespace server::delivery
