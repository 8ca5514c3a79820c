// How the session waits for its client: idling or not (RFC 2177), and the signal by which changes wake it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "protocols/net/stream.h"

namespace imap {

struct Waiting {
    std::optional<std::string> idle_tag;                // of the current IDLE
    std::chrono::steady_clock::time_point pushed_at{};  // while idling: when something was last sent to the client
    std::unique_ptr<net::Signal> signal;                // since the first SELECT or NOTIFY

    // Raises the signal; thread-safe.
    net::Signal::Notifier notifier(const net::Stream& stream) {
        if (!signal) signal = std::make_unique<net::Signal>(stream.executor());
        return signal->notifier();
    }
};

}  // namespace imap
