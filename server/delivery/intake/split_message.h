// A message that goes to a mailing list, and to others or another list: each list adds fields of its own, so that the
// content is received as several messages at once. The intake makes it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocols/services/intake.h"

namespace server::delivery {

class SplitMessage : public services::IncomingMessage {
  public:
    struct Part {
        std::unique_ptr<services::IncomingMessage> message;
        std::string list;  // empty: not to a list
    };
    // Tells the sender that a part was refused although another is accepted.
    using Tell = std::function<asio::awaitable<void>(std::string list, storage::Refusal refusal)>;

    // That for others than lists comes first: if it is refused, nothing is accepted.
    SplitMessage(std::vector<Part> parts, Tell tell) : parts_(std::move(parts)), tell_(std::move(tell)) {}

    bool fits(std::size_t octets) const override;
    void append(std::string_view octets) override;
    asio::awaitable<storage::Result<std::monostate>> write(std::string_view octets) override;
    void give_up(std::string why) override;
    asio::awaitable<storage::Result<Receipt>> finish() override;

  private:
    std::vector<Part> parts_;
    Tell tell_;
    std::vector<std::pair<std::string, storage::Refusal>> refused_;
};

}  // namespace server::delivery
