// Answers that may be given again until their time is over (RFC 1035 §3.2.1, RFC 2308 §5), on the thread of whoever
// asks: what libunbound remembers takes a way over two other threads and back, and judging one message asks for five.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "protocols/dns/answer.h"
#include "protocols/locking/mutex.h"

namespace dns {

// Thread-safe.
class AnswerCache {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // Beyond that much, what was not asked for lately is forgotten.
    explicit AnswerCache(std::size_t most_octets) : half_(most_octets / 2) {}

    std::optional<RawAnswer> find(const std::string& name, RecordType type, Time now);
    // Failures and bogus answers are not kept, nor is what lasts no second.
    void put(const std::string& name, RecordType type, const RawAnswer& answer, std::chrono::seconds lasts, Time now);
    void clear();

  private:
    struct Entry {
        RawAnswer answer;
        Time until;
    };
    using Entries = std::unordered_map<std::string, Entry>;
    void keep(std::string key, Entry entry) REQUIRES(mutex_);

    const std::size_t half_;
    locking::Mutex mutex_;
    Entries young_ GUARDED_BY(mutex_);
    Entries old_ GUARDED_BY(mutex_);  // used again, they are young
    std::size_t young_octets_ GUARDED_BY(mutex_) = 0;
};

}  // namespace dns
