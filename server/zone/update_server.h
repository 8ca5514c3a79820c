// The server that takes our updates of the DNS: every question and update is signed, every answer verified (RFC 8945).
// How octets get there and back is passed in.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/zone/update_plan.h"
#include "server/zone/wire/message.h"
#include "server/zone/wire/tsig.h"

namespace server::zone {

// The server is not reached, or will not, in words for the administrator.
class UpdateFailure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class UpdateServer {
  public:
    // Sends a message and returns its answer; throws UpdateFailure.
    using Exchange = std::function<asio::awaitable<std::string>(std::string message)>;
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    // The messages' IDs count on from `first_id`.
    UpdateServer(Exchange exchange, TsigKey key, Clock now, std::uint16_t first_id);

    // The zone of this server in which the name lies.
    asio::awaitable<std::string> zone_of(std::string name);
    // The records of its name and type, as this server has them.
    asio::awaitable<void> look_at(Standing& standing);
    asio::awaitable<void> update(Update update);

  private:
    struct Answer {
        Message message;
        bool is_signed = false;  // else it is a refusal: all others must be
    };
    asio::awaitable<Answer> exchange(std::string message);
    asio::awaitable<Message> ask(std::string name, std::uint16_t type);

    Exchange exchange_;
    TsigKey key_;
    Clock now_;
    std::uint16_t id_;
};

struct Updated {
    std::vector<std::string> zones;
    std::vector<WireRecord> removed;
    std::vector<WireRecord> added;
    std::vector<std::string> others;    // UpdatePlan's
    std::vector<WireRecord> not_there;  // taken, but not to be seen afterwards
};

// Makes the wishes true, zone by zone. `only_look`: says what it would do.
asio::awaitable<Updated> update_zones(UpdateServer& server, const Wishes& wishes, bool only_look);

}  // namespace server::zone
