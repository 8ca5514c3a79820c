// SearchSnippet: RFC 8621 §5.
#pragma once

#include <asio/awaitable.hpp>

#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> search_snippet_get(Call& call);

}  // namespace jmap
