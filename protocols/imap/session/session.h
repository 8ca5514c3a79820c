// One client's session, from greeting to goodbye: reads commands, lets commands/ run them, and answers in order.
// RFC 3501 §3 (states), §5.5 (pipelining), §7 (responses); RFC 9051 where it is clearer. Owns all parts that the
// commands use; each has its own header.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "protocols/imap/changes/changes.h"
#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/commands/client.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/command_reader.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/connection/waiting.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "protocols/services/event_log.h"

namespace imap {

class Session {
  public:
    // options and services must outlive it.
    Session(net::Stream stream, std::string id, const Options& options, const Services& services);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // The whole session. Never throws.
    asio::awaitable<void> converse();

  private:
    asio::awaitable<void> loop();
    void greet();
    asio::awaitable<void> pace();  // before a push
    asio::awaitable<void> idle_line();
    asio::awaitable<void> receive();
    asio::awaitable<void> execute(wire::Command& command);
    std::uint8_t state() const;                                  // one bit of wire::state
    bool defers_changes(const wire::Command& command) const;     // changes are not reported after it
    bool targets_are_known(const wire::Command& command) const;  // for such a command: nor before it

    net::Stream stream_;
    const Options& options_;
    Services services_;
    services::SessionLog log_;
    Enabled enabled_;
    Login login_;
    Waiting waiting_;
    Answers answers_;
    CommandReader reader_;
    Connection connection_;
    Selection selection_;
    MailboxNews news_;
    Changes changes_;
    Client client_;  // references to all of these
    std::chrono::steady_clock::time_point started_;
};

}  // namespace imap
