// Memory that was used for a while, such as by many connections at once, goes back to the system: the allocator keeps
// freed pieces for reuse.
#pragma once

#include <asio/awaitable.hpp>

namespace net {
class WorkerPool;
}

namespace server {

// Gives freed memory back if there is much of it. The work, some milliseconds, is done on a thread of the pool.
asio::awaitable<void> give_memory_back(net::WorkerPool& pool);

}  // namespace server
