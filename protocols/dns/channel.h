// A context of libunbound whose descriptor Asio watches, and its answers. For dns/*.cpp only.
#pragma once

#include <unbound.h>

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstddef>
#include <utility>

#include "protocols/base/handle.h"
#include "protocols/dns/answer.h"
#include "protocols/dns/unbound_context.h"

namespace dns {

// What a callback of libunbound is given.
using UnboundResult = base::Handle<ub_result, ub_resolve_free>;

// Of at most so many records.
RawAnswer to_answer(int error, const ub_result* result, std::size_t max_records);

// libunbound never calls back after its context is destroyed.
struct Channel {
    Channel(const asio::any_io_executor& executor, UnboundContext made)
        : context(std::move(made)), descriptor(executor, ub_fd(context.handle.get())) {}
    // The descriptor belongs to libunbound: it must not be closed twice.
    ~Channel() { descriptor.release(); }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    UnboundContext context;
    asio::posix::stream_descriptor descriptor;
    const std::chrono::steady_clock::time_point made_at = std::chrono::steady_clock::now();
    std::size_t lookups = 0;  // under way
};

}  // namespace dns
