// Reads commands from the stream: lines and literals; answers invalid ones. RFC 3501 §2.2, §4.3; RFC 7888.
// wire/parse/receiver.h parses; the session decides whether a command is allowed now.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/imap/wire/parse/receiver.h"
#include "protocols/imap/wire/response/response.h"
#include "protocols/net/allowance.h"

namespace net {
class Stream;
}
namespace services {
class SessionLog;
}

namespace imap {

class Answers;
struct Options;

class CommandReader {
  public:
    // All of these must outlive it.
    CommandReader(net::Stream& stream, const Options& options, const services::SessionLog& log, Answers& answers);

    // The next command, complete except for an APPEND's literals. nullopt: it was invalid, which has been answered.
    asio::awaitable<std::optional<wire::Command>> next();
    // For an APPEND: the line after a literal whose octets were read. nullopt: it was invalid, which has been answered.
    asio::awaitable<std::optional<wire::AppendParts>> next_append_parts();
    // Answers a command that is refused, after dropping the literals that it has announced.
    asio::awaitable<void> refuse(wire::Condition condition, std::string_view text, std::string_view code = {});

    // Counts an invalid command: too many in a row end the session.
    void count_bad();
    void forgive_bad() { bad_in_a_row_ = 0; }

    // Sets the limits and timeouts for a client that has, or has not, logged in.
    void set_limits(bool logged_in);
    void set_utf8(bool utf8) { receiver_.set_utf8(utf8); }

  private:
    asio::awaitable<wire::Event> read_line_event();
    asio::awaitable<void> take_literal(wire::NeedLiteral literal);
    asio::awaitable<void> skip_octets(std::uint64_t octets);
    asio::awaitable<void> conclude(wire::Event event);
    void reject(const wire::Rejected& rejected);

    net::Stream& stream_;
    const Options& options_;
    const services::SessionLog& log_;
    Answers& answers_;
    wire::Receiver receiver_;
    net::Hold literals_;  // of the command that is being read
    std::uint64_t literal_octets_ = 0;
    std::size_t line_octets_;
    unsigned bad_in_a_row_ = 0;
};

}  // namespace imap
