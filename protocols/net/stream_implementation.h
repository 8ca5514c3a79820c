// The inside of a Stream: buffers, TLS and deflate over a socket; each step goes as far as it can without waiting.
// stream.cpp does the waiting. For protocols/net's own .cpp files.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "protocols/net/allowance.h"
#include "protocols/net/deflate.h"
#include "protocols/net/input_buffer.h"
#include "protocols/net/io.h"
#include "protocols/net/stream.h"
#include "protocols/net/thread_turns.h"
#include "protocols/net/time_limit.h"
#include "protocols/net/tls_session.h"
#include "protocols/net/waiter.h"

namespace net {

// A peer that takes or gives less than this within its deadline counts as silent.
inline constexpr std::size_t least_pace_octets = std::size_t{64} << 10;

// An IPv4 address in IPv6's spelling (::ffff:192.0.2.1) as IPv4: logs and limits know one spelling of each address.
asio::ip::tcp::endpoint without_v4_mapping(const asio::ip::tcp::endpoint& endpoint);

struct Stream::Implementation {
    explicit Implementation(asio::ip::tcp::socket accepted);
    ~Implementation();
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;

    // The next line, if it is complete; LineTooLong once its end has come.
    std::optional<ReadLine> take_line(std::size_t max_octets);
    void consume(std::size_t octets);

    // Tries to get more input without waiting. True: there is more in `input` now. False: the caller must wait for
    // `wanted`: for the socket (the buffers were returned to the pool), or for its next turn, since much has come at
    // once or others of its party wait for theirs. Throws PeerGone, Interrupted.
    bool more_input();
    // A line has begun but not ended: some of it is buffered, or was dropped.
    bool in_line() const { return !input.empty() || dropped_; }
    // Counts octets taken in chunks; every least_pace_octets restart the deadline.
    void chunk_taken(std::size_t octets);
    std::size_t sent() const { return sent_; }  // of what is being flushed
    std::size_t flushed_octets() const { return wire_.size(); }
    // False: all output has been handed to the kernel. True: the caller must wait for `wanted`. Throws PeerGone.
    bool must_wait_to_send();
    // False: the handshake is done. True: the caller must wait for `wanted`. Throws as TlsSession::handshake, PeerGone.
    bool must_wait_to_shake_hands();
    TimeLimit due() const { return TimeLimit(limit, last_moment); }  // of a wait that begins
    // Waits for `wanted`. The time limit is for the peer: a turn comes anyway.
    asio::awaitable<Waiter::Reason> wait(TimeLimit& due);
    asio::awaitable<Waiter::Reason> wait_for_turn();
    // Throws the exception for the reason why a wait for `wanted` ended.
    void waited(Waiter::Reason reason);
    void throw_if_interrupted();

    // Counts a step of the session's work: true if a slice is full since others on its thread could run.
    bool turn_is_over();
    void begin_turn();
    // Whose turn on the thread it is when this session works.
    ThreadTurns::Party party() const;

    // Ends our compressed output; the peer's input is plain after the end of its compressed stream.
    void end_deflate();

    std::string& output_to_append();
    void perhaps_readable() { perhaps_readable_ = true; }  // the next read tries before it waits
    void shut_down();                                      // no more output; input may still come
    void close();

    std::shared_ptr<Waiter> waiter;
    int socket = -1;
    asio::ip::tcp::endpoint remote;
    asio::ip::tcp::endpoint local;
    std::chrono::milliseconds limit = std::chrono::minutes(5);  // of each wait
    std::optional<TimeLimit::Clock::time_point> last_moment;    // of all of them
    enum class Wanted { read, write, turn };
    Wanted wanted = Wanted::read;
    TimeLimit chunks_due{limit};  // for the next least_pace_octets of read_chunk(), or the line after them
    bool closing = false;         // from now on one limit for all output together

    std::shared_ptr<Allowance> allowance;
    Hold tls_memory{Resource::memory};
    Hold input_memory{Resource::memory};   // while the rest of a line is awaited
    Hold output_memory{Resource::memory};  // while the peer has not taken all of it

    InputBuffer input;
    std::string output;  // before compression
    std::unique_ptr<TlsSession> tls;
    std::unique_ptr<Deflate> deflate;
    bool stores_output = false;   // instead of compressing it
    bool deflate_ending = false;  // only input is still inflated, until the peer's compressed stream ends
    std::uint64_t octets_in = 0;
    std::uint64_t octets_out = 0;
    std::optional<Interrupted::Cause> interrupted;
    bool is_crowded_out = false;  // others wait for what it holds: nothing waits for the peer any more

  private:
    Io receive(std::span<char> into, std::size_t& taken);
    Io send(std::string_view octets, std::size_t& given);
    Io try_fill();
    Io inflate_some();
    bool leave_deflate();
    void drop_line(std::string_view piece);
    void note_wanted(Io io);
    void give_buffers_back();
    bool others_come_first() const;

    ThreadTurns& turns_;
    bool has_turn_ = false;  // since it waited for one, until it waits for its peer

    std::string wire_;  // being sent; compressed if deflate is on
    std::size_t sent_ = 0;
    std::size_t in_turn_ = 0;  // octets received and inflated since other connections could run
    unsigned steps_in_turn_ = 0;
    std::chrono::steady_clock::time_point turn_began_ = std::chrono::steady_clock::now();
    std::size_t chunk_octets_ = 0;          // taken since chunks_due was restarted
    std::size_t scanned_ = 0;               // octets of input known to have no LF
    std::unique_ptr<LineTooLong> dropped_;  // while a too long line is being dropped: its kept octets so far
    bool gone_ = false;                     // the peer closed, or the connection broke: nothing more will come
    bool send_broken_ = false;              // it takes nothing more; what it said before may still be here
    bool perhaps_readable_ = false;         // try to read before waiting
};

}  // namespace net
