// Bounces, delay and success notices as messages ready to be accepted: composed, stored, addressed. RFC 3461 §6,
// RFC 5321 §6.1. Never a notice about a notice: a message with an empty reverse-path gets none.
// When there is something to tell is the intake's and the queue's to know.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocols/services/directory.h"
#include "protocols/services/event_log.h"
#include "server/delivery/notices/dsn.h"
#include "storage/queue.h"

namespace server::delivery {

struct NoticeOptions {
    std::string hostname;
    std::uint64_t returned_octets = 50u << 10;  // a longer message is returned as its header section alone
};

class Notices {
  public:
    Notices(storage::Store& store, services::Directory& directory, services::EventLog& log, NoticeOptions options,
            std::function<std::string(std::size_t)> random_text);

    // The notice on these recipients, to be accepted in the commit that records why. Nothing when there is nobody to
    // tell: no reverse-path, nobody who wants it, an address of ours that does not exist.
    // Refuses when it cannot be stored now: then what it tells of must not be recorded either, lest mail vanish
    // silently. `retry_until` is for delays.
    asio::awaitable<storage::Result<std::optional<storage::Acceptance>>> make(NoticeKind kind,
                                                                              const ReportedMessage& message,
                                                                              std::vector<Reported> recipients,
                                                                              std::int64_t now,
                                                                              std::int64_t retry_until);

  private:
    asio::awaitable<storage::Result<std::optional<storage::Acceptance>>> address(const ReportedMessage& message);
    asio::awaitable<std::string> read_beginning(const ReportedMessage& message, std::uint64_t octets);
    asio::awaitable<storage::Result<std::monostate>> write_content(const ReportedMessage& message,
                                                                   mime::DeliveryReport report,
                                                                   storage::Acceptance& acceptance);

    storage::Store& store_;
    services::Directory& directory_;
    services::EventLog& log_;
    NoticeOptions options_;
    std::function<std::string(std::size_t)> random_text_;
};

}  // namespace server::delivery
