// One of an account's connections, as connection_limit.h counts them.
#pragma once

namespace services {

// Its destructor frees the slot.
class ConnectionSlot {
  public:
    virtual ~ConnectionSlot() = default;
};

}  // namespace services
