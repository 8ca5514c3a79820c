// What a test lets a connection hold.
#pragma once

#include <atomic>

#include "protocols/net/allowance.h"

namespace support {

class Purse : public net::Allowance {
  public:
    explicit Purse(std::uint64_t most) : most(most) {}
    bool take(net::Resource what, std::uint64_t octets) override {
        if (what != net::Resource::memory) return true;
        if (held + octets > most) return false;
        held += octets;
        return true;
    }
    void give_back(net::Resource what, std::uint64_t octets) override {
        if (what == net::Resource::memory) held -= octets;
    }
    void belong_to(std::int64_t) override {}
    std::int64_t account() const override { return 0; }

    std::atomic<std::uint64_t> most;  // octets of memory; disk is not counted
    std::atomic<std::uint64_t> held = 0;
};

}  // namespace support
