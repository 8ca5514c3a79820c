// Stands for what an account may hold.
#pragma once

#include <cstdint>

#include "protocols/net/allowance.h"

namespace test {

// Grants so many octets.
struct FixedAllowance : net::Allowance {
    explicit FixedAllowance(std::uint64_t octets) : left(octets) {}
    bool take(net::Resource, std::uint64_t octets) override {
        if (octets > left) return false;
        left -= octets;
        return true;
    }
    void give_back(net::Resource, std::uint64_t octets) override { left += octets; }
    void belong_to(std::int64_t) override {}
    std::int64_t account() const override { return 0; }
    std::uint64_t left;
};

}  // namespace test
