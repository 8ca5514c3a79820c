// services::ConnectionLimit for tests: counts the slots that are taken, and refuses when told to.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "protocols/services/connection_limit.h"

namespace support {

class FakeConnectionLimit : public services::ConnectionLimit {
  public:
    storage::Result<std::unique_ptr<services::ConnectionSlot>> take(const services::Identity&, net::Stream&,
                                                                    services::LoggedInSession) override {
        if (full) return storage::refuse(storage::Reason::too_many, "Too many connections");
        return std::make_unique<Counted>(taken);
    }

    std::atomic<bool> full = false;
    std::atomic<int> taken = 0;

  private:
    struct Counted : services::ConnectionSlot {
        explicit Counted(std::atomic<int>& count) : taken(count) { ++taken; }
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        ~Counted() override { --taken; }
        std::atomic<int>& taken;
    };
};

}  // namespace support
