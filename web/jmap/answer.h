// Answers a request to the API: RFC 8620 §3. It knows no HTTP.
#pragma once

#include <asio/awaitable.hpp>
#include <expected>
#include <string>

#include "web/jmap/context.h"

namespace jmap {

// The text of the Response object, or the problem of the request as a whole; a log-in that has ended is one of status
// 401. Nothing is thrown. Calls run one after the other, as the RFC wants it.
asio::awaitable<std::expected<std::string, Problem>> answer(std::string request, const Context& context);

}  // namespace jmap
