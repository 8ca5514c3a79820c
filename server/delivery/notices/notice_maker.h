// Makes bounces, delay and success notices, ready to be accepted: composed, stored, addressed. RFC 3461 §6,
// RFC 5321 §6.1. Never a notice about a notice: a message with an empty reverse-path gets none. The intake and the
// queue decide when to send one.
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
    std::uint64_t returned_octets = 50u << 10;  // of a longer message only the header section is returned
};

class NoticeMaker {
  public:
    NoticeMaker(storage::Store& store, services::Directory& directory, services::EventLog& log, NoticeOptions options,
                std::function<std::string(std::size_t)> random_text);

    // The notice about these recipients, to be accepted in the same commit that records the reason. nullopt if no one
    // is to be notified: no reverse-path, not wanted, or an address of ours that does not exist. Refuses if it cannot
    // be stored now: then the reason must not be recorded either, or mail would vanish silently. `retry_until` is for
    // delays.
    asio::awaitable<storage::Result<std::optional<storage::Acceptance>>> make(NoticeKind kind,
                                                                              const ReportedMessage& message,
                                                                              std::vector<Reported> recipients,
                                                                              std::int64_t now,
                                                                              std::int64_t retry_until);
    // A message of ours in plain words to this address, to be accepted too. nullopt: an address of ours that does not
    // exist.
    asio::awaitable<storage::Result<std::optional<storage::Acceptance>>> tell(std::string to, std::string subject,
                                                                              std::string text, std::int64_t now);

  private:
    asio::awaitable<storage::Result<std::optional<storage::Acceptance>>> address(NoticeKind kind,
                                                                                 const ReportedMessage& message);
    asio::awaitable<std::string> read_beginning(const ReportedMessage& message, std::uint64_t octets);
    asio::awaitable<storage::Result<std::monostate>> write_content(const ReportedMessage& message,
                                                                   mime::DeliveryReport report,
                                                                   storage::Acceptance& acceptance);
    asio::awaitable<storage::Result<std::monostate>> stage(std::string content, storage::Acceptance& acceptance);

    storage::Store& store_;
    services::Directory& directory_;
    services::EventLog& log_;
    NoticeOptions options_;
    std::function<std::string(std::size_t)> random_text_;
};

}  // namespace server::delivery
