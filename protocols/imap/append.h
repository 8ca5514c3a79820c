// APPEND's messages on their way in: each literal flows from the socket into the store and through the summarizer.
// RFC 3501 §6.3.11, RFC 3502 (MULTIAPPEND), RFC 7889 (APPENDLIMIT), RFC 3516 §4.4 (literal8).
// What cannot be accepted is refused before it is read, where the client lets us. All messages are placed in one
// commit.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/imap/session.h"
#include "storage/accounts.h"
#include "storage/messages.h"

namespace imap {

// One APPEND command at work. Lives as long as that and no longer than the session.
class Appender {
  public:
    explicit Appender(Session& session) : session_(session) {}

    // Answers the command, whatever comes of it.
    asio::awaitable<void> run(wire::Append command);

  private:
    struct Target {
        storage::Mailbox mailbox;
        storage::Account account;
    };
    static storage::Query<Target> find_target(storage::AccountId account, std::string name);
    // Why this message will not be taken, as far as can be known before it comes.
    struct Objection {
        bool bad = false;
        std::string_view code;
        std::string_view text;
    };
    std::optional<Objection> object(const wire::AppendMessage& message) const;
    asio::awaitable<void> take(wire::AppendMessage message);
    asio::awaitable<std::optional<wire::AppendMessage>> next();
    asio::awaitable<void> refuse(Objection objection);
    asio::awaitable<void> conclude(wire::Event event);
    asio::awaitable<void> place();

    Session& session_;
    std::optional<Target> target_;
    std::vector<storage::NewMessage> messages_;
    std::uint64_t octets_ = 0;                // of all messages
    std::uint64_t held_octets_ = 0;           // of those that are in memory
    std::optional<storage::Refusal> failed_;  // while a message flowed in: the rest is read and dropped
    bool answered_ = false;
};

}  // namespace imap
