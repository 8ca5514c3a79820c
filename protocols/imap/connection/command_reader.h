// The client's octets on their way in: lines and literals become commands, what is none is answered. RFC 3501 §2.2,
// §4.3; RFC 7888. How they read is wire/parse/receiver.h's; whether a command may come now, the session's.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/imap/wire/parse/receiver.h"
#include "protocols/imap/wire/response/response.h"

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
    // All of these outlive it.
    CommandReader(net::Stream& stream, const Options& options, const services::SessionLog& log, Answers& answers);

    // The next command, whole but for the literals of an APPEND. Nothing: what came was none, which has been answered.
    asio::awaitable<std::optional<wire::Command>> next();
    // Of an APPEND, the line behind a literal whose octets have been read. Nothing: it was no good, likewise.
    asio::awaitable<std::optional<wire::AppendParts>> next_append_parts();
    // Answers a command that will not be done, once what it has announced is dropped.
    asio::awaitable<void> refuse(wire::Condition condition, std::string_view text, std::string_view code = {});

    // Too many in a row that are no commands end the conversation.
    void count_bad();
    void forgive_bad() { bad_in_a_row_ = 0; }

    // What one may send, and how long one may wait with it, who has logged in, or has not.
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
    std::size_t line_octets_;
    unsigned bad_in_a_row_ = 0;
};

}  // namespace imap
