// The inside of a Stream: buffers, TLS and deflate over a socket, each step done as far as it goes without waiting.
// The waiting itself stands in stream.cpp. For protocols/net's own .cpp files.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "protocols/net/deflate.h"
#include "protocols/net/due.h"
#include "protocols/net/input_buffer.h"
#include "protocols/net/io.h"
#include "protocols/net/stream.h"
#include "protocols/net/tls_session.h"
#include "protocols/net/waiter.h"

namespace net {

// A peer that has less than this taken or given within its deadline is as good as silent.
inline constexpr std::size_t least_pace_octets = std::size_t{64} << 10;

struct Stream::Implementation {
    explicit Implementation(asio::ip::tcp::socket accepted);
    ~Implementation();
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;

    // The next line, if it is here whole; LineTooLong once its end has come.
    std::optional<ReadLine> take_line(std::size_t max_octets);
    void consume(std::size_t octets);

    // What came of trying to have more input without waiting.
    enum class Next : std::uint8_t {
        input,    // there is more in `input` now
        blocked,  // the caller must wait for `wanted`; buffers have been given back
        turn,     // much has come in one go: the thread's other connections have their turn, then the caller goes on
    };
    // Throws PeerGone, Interrupted.
    Next next_input();
    // A line has begun and has not ended: some of it is here, or was and has been dropped.
    bool in_line() const { return !input.empty() || dropped_; }
    // So many octets more have been taken in chunks; enough of them have their time anew.
    void chunk_taken(std::size_t octets);
    std::size_t sent() const { return sent_; }  // of what is being flushed
    // False: all output has been handed to the kernel. True: the caller must wait for `wanted`. Throws PeerGone.
    bool must_wait_to_send();
    // False: the handshake is done. True: the caller must wait for `wanted`. Throws as TlsSession::handshake, PeerGone.
    bool must_wait_to_shake_hands();
    // What a finished wait means, in exceptions.
    void waited(Waiter::Reason reason);
    void throw_if_interrupted();

    // What was written is the end of the compressed output; what comes behind the end of the peer's is plain.
    void end_deflate();

    std::string& output_to_append();
    void perhaps_readable() { perhaps_readable_ = true; }  // the next read tries before it waits
    void shut_down();                                      // no more output; input may still come
    void close();

    std::shared_ptr<Waiter> waiter;
    int socket = -1;
    asio::ip::tcp::endpoint remote;
    asio::ip::tcp::endpoint local;
    std::chrono::milliseconds limit = std::chrono::minutes(5);
    Waiter::For wanted = Waiter::For::read;
    Due chunks_due{limit};  // the next least_pace_octets that read_chunk() takes, or the line behind them
    bool closing = false;   // what is written now has one limit for all of it

    InputBuffer input;
    std::string output;  // as the door wrote it
    std::unique_ptr<TlsSession> tls;
    std::unique_ptr<Deflate> deflate;
    bool deflate_ending = false;  // only for what the peer compressed before it knew, or what is left of its last flush
    std::uint64_t octets_in = 0;
    std::uint64_t octets_out = 0;
    std::optional<Interrupted::Cause> interrupted;

  private:
    Io receive(std::span<char> into, std::size_t& taken);
    Io send(std::string_view octets, std::size_t& given);
    Io try_fill();
    Io inflate_some();
    bool leave_deflate();
    void drop_line(std::string_view piece);
    void note_wanted(Io io);
    void give_buffers_back();

    std::string wire_;  // what is being sent, deflated where that is on
    std::size_t sent_ = 0;
    std::size_t in_turn_ = 0;               // octets received, and inflated, since others had their turn
    std::size_t chunk_octets_ = 0;          // taken since chunks_due began
    std::size_t scanned_ = 0;               // octets of input known to have no LF
    std::unique_ptr<LineTooLong> dropped_;  // in a line that is too long: what was dropped of it so far
    bool gone_ = false;                     // the peer closed, or the connection broke
    bool perhaps_readable_ = false;         // reading without waiting first may be worth the call
};

}  // namespace net
