// Quotas: RFC 9425.
#pragma once

#include <asio/awaitable.hpp>

#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> quota_get(Call& call);            // RFC 9425 §4.2
asio::awaitable<Json> quota_changes(Call& call);        // RFC 9425 §4.3
asio::awaitable<Json> quota_query(Call& call);          // RFC 9425 §4.4
asio::awaitable<Json> quota_query_changes(Call& call);  // RFC 9425 §4.5

}  // namespace jmap
