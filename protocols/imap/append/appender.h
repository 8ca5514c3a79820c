// Receives APPEND's messages: literals from the socket and parts named by URLs go into the store and through the
// summarizer. RFC 3501 §6.3.11, RFC 3502 (MULTIAPPEND), RFC 4469 (CATENATE), RFC 7889 (APPENDLIMIT), RFC 3516 §4.4
// (literal8); also REPLACE's (RFC 8508). If the client allows it, a message is refused before it is sent. All messages
// are stored in one commit.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/imap/append/catenate.h"
#include "protocols/imap/connection/connection.h"
#include "protocols/imap/wire/command.h"
#include "protocols/mime/summary.h"
#include "protocols/net/allowance.h"
#include "protocols/net/stream.h"
#include "storage/accounts.h"
#include "storage/blobs.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"

namespace imap {

class Changes;
class CommandReader;
class Selection;

// Runs one APPEND or REPLACE. Exists only during that command.
class Appender {
  public:
    Appender(const Connection& connection, CommandReader& reader, const Selection& selection, Changes& changes)
        : connection_(connection),
          reader_(reader),
          selection_(selection),
          changes_(changes),
          memory_(net::Resource::memory, connection.stream.allowance()),
          staged_(net::Resource::staging, connection.stream.allowance()) {}

    // Always answers the command.
    asio::awaitable<void> run(wire::Append command);
    asio::awaitable<void> run(wire::Replace command);

  private:
    struct Target {
        storage::Mailbox mailbox;
        storage::Account account;
    };
    static storage::Query<Target> target_named(storage::AccountId account, std::string name);
    // Why the command is refused.
    struct Objection {
        bool bad = false;
        std::string code;
        std::string text;
    };
    using Verdict = std::optional<Objection>;
    // The message being received.
    struct Incoming {
        Incoming(storage::Store& store, storage::AccountId account, const mime::ParseLimits& limits,
                 wire::AppendMessage message)
            : head(std::move(message)), content(store, account), summarizer(limits) {}
        wire::AppendMessage head;
        storage::BlobWriter content;
        mime::Summarizer summarizer;
        std::size_t parts = 0;
    };

    asio::awaitable<Verdict> find_replaced(const wire::Replace& command);
    asio::awaitable<void> run(wire::AppendParts parts);
    asio::awaitable<Verdict> find_target();
    asio::awaitable<Verdict> take(wire::AppendParts& parts);
    asio::awaitable<Verdict> take(wire::AppendMessage& message);
    asio::awaitable<Verdict> take(wire::AppendUrl& url);
    asio::awaitable<Verdict> take(wire::AppendLiteral& literal);
    asio::awaitable<void> take_octets(std::uint64_t octets);
    asio::awaitable<void> take_url_literal(std::uint64_t octets);
    asio::awaitable<Verdict> take_stored(const CatenatedPart& part, std::string_view url);
    asio::awaitable<void> store(std::string_view octets);
    asio::awaitable<Verdict> finish_message();
    Verdict object(const wire::AppendLiteral& literal) const;
    Verdict object_to(std::uint64_t octets) const;
    asio::awaitable<void> refuse(Objection objection);
    asio::awaitable<void> place();
    asio::awaitable<void> answer_replaced(std::string code);

    Connection connection_;
    CommandReader& reader_;
    const Selection& selection_;
    Changes& changes_;
    std::string mailbox_;                       // as the client names it
    std::optional<Target> target_;              // once looked up
    std::optional<storage::Message> replaced_;  // REPLACE: in the selected mailbox
    std::optional<Incoming> incoming_;
    std::vector<storage::NewMessage> messages_;
    std::uint64_t octets_ = 0;            // of all messages
    std::uint64_t held_octets_ = 0;       // of messages kept in memory
    net::Hold memory_;                    // for these
    net::Hold staged_;                    // for all
    std::uint64_t catenated_octets_ = 0;  // from URLs
    Verdict failed_;                      // an error while a literal was coming in: answered after its end
};

}  // namespace imap
