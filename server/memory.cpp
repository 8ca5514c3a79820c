// glibc's allocator gives back by itself only what lies at the end of a heap.
#include "server/memory.h"

#include <malloc.h>

#include <cstddef>

#include "protocols/net/worker_pool.h"

namespace server {

namespace {

constexpr std::size_t kept_octets = std::size_t{16} << 20;  // of freed memory: the next messages will need some

}  // namespace

asio::awaitable<void> give_memory_back(net::WorkerPool& pool) {
    co_await pool.run(net::WorkerPool::Party(), [] {
        if (mallinfo2().fordblks > kept_octets) malloc_trim(0);
        return false;
    });
}

}  // namespace server
