// The one stream type of all protocols: buffered lines with a limit, literals in chunks, corked writes, deadlines,
// STARTTLS. Over TCP or TLS; OpenSSL works directly on the non-blocking socket, so that an idle connection holds no
// buffer (protocols/README.md "Network"). One coroutine at a time uses a stream, on the thread that owns it.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "protocols/base/slices.h"

namespace net {

class Allowance;  // protocols/net/allowance.h
class TlsContext;
struct ServerIdentity;  // protocols/net/tls.h

// The peer went away, or the connection broke. Not an error: the session just ends.
class PeerGone : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The deadline passed before the peer did what we waited for. The session says so (421, BYE) and ends.
class DeadlinePassed : public std::runtime_error {
  public:
    DeadlinePassed() : std::runtime_error("deadline passed") {}
};

// interrupt() was called: the session says why (421, BYE) and ends.
class Interrupted : public std::runtime_error {
  public:
    enum class Cause : std::uint8_t {
        shutdown,     // the server stops
        logged_out,   // its log-in was ended
        crowded_out,  // others need what the connection holds, or it wants more than it may hold (allowance.h)
    };
    explicit Interrupted(Cause why = Cause::shutdown) : std::runtime_error(text_of(why)), cause_(why) {}
    Cause cause() const { return cause_; }

  private:
    static const char* text_of(Cause why) {
        if (why == Cause::shutdown) return "server is shutting down";
        return why == Cause::logged_out ? "logged out" : "crowded out";
    }
    Cause cause_;
};

// A line without its CRLF; valid until the next call on the stream.
struct Line {
    std::string_view text;
    bool bare_lf = false;  // ended by LF alone: each door decides what that means
};
// The line had more octets than allowed: all of it, with its line end, has been read and dropped, except its first and
// last octets.
struct LineTooLong {
    static constexpr std::size_t kept_octets = 160;  // of each, at most
    std::string begin{};
    std::string end{};
};
using ReadLine = std::variant<Line, LineTooLong>;

// Wakes a stream's wait(). notify() may be called from any thread, often, cheaply.
class Signal;

enum class WaitOutcome { readable, signalled, deadline };

// Facts of a TLS session, for Received fields, logs and channel bindings.
struct TlsFacts {
    std::string version;         // "TLSv1.3"
    std::string cipher;          // "TLS_AES_128_GCM_SHA256"
    std::string server_name;     // SNI, or empty
    std::string alpn{};          // the protocol agreed on (RFC 7301), or empty
    bool by_dane = false;        // if we are the client: a TLSA record matched
    std::string verify_error{};  // if we are the client: why the certificate is not trusted; empty: it is
};

// What is known of the peer without reading.
enum class PeerState : std::uint8_t {
    there,
    sends_no_more,  // it may still read, or be gone altogether: what is sent next will tell
    gone,
};

class Stream {
  public:
    explicit Stream(asio::ip::tcp::socket socket);
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) noexcept;
    ~Stream();  // closes; for a clean end call close() first

    // --- reading. All throw PeerGone at end of file or on an error, DeadlinePassed when the deadline passes.

    // The next line, at most max_octets without its CRLF. A CR not followed by LF is part of the line.
    asio::awaitable<ReadLine> read_line(std::size_t max_octets);
    // The same without waiting, for pipelined commands. nullopt if the line is not complete yet, or after interrupt();
    // never throws.
    std::optional<ReadLine> try_read_line(std::size_t max_octets);
    // The next octets as one chunk, at least one and at most max_octets; valid until the next call.
    asio::awaitable<std::string_view> read_chunk(std::size_t max_octets);
    // Octets that were received already and can be had without waiting (pipelined commands).
    std::string_view buffered() const;
    void consume(std::size_t octets);  // drops the first octets of buffered()
    // Reads more into the buffer, so that buffered() grows by at least one octet. For scanners such as SMTP data.
    asio::awaitable<void> fill();

    // For long work that nobody may be waiting for any more. Never waits.
    PeerState peer_state() const;

    // --- waiting, without holding a buffer. Returns `readable` at once if octets are buffered.
    asio::awaitable<WaitOutcome> wait();
    asio::awaitable<WaitOutcome> wait(Signal& signal);

    // --- writing. write() appends; nothing is sent before flush(). The writer of a long answer calls drain() in
    // between, and a session after each command: it sends only if the buffer is over its limit (back-pressure). It then
    // lets the thread's other connections run, and also after a slice of work: after a few calls or milliseconds, so
    // that pipelined commands cost others no more than one; accounts take turns (thread_turns.h). Then it throws
    // PeerGone if the peer is gone.
    void write(std::string_view octets);
    std::string& output();  // to append to directly; valid until the next call on the stream
    asio::awaitable<void> flush();
    asio::awaitable<void> drain();

    // --- long work that stays on this thread, since what it works on is the session's alone: others on the thread have
    // their turn between its slices. What the work throws comes out here.
    asio::awaitable<void> give_way();
    asio::awaitable<void> take_turns(base::Slices work);

    // --- deadline: how long each later call may wait for the peer (read, flush, wait); 5 min by default. A peer that
    // sends octet by octet gets no more time: the limit is for a whole line (also one that is being dropped), and for
    // each 64 KiB (or the rest) that is read in chunks or flushed. No wait lasts beyond `last_moment`, if it is given,
    // however many waits there are (by a sixteenth of `each_wait` at most).
    void set_deadline(std::chrono::milliseconds each_wait,
                      std::optional<std::chrono::steady_clock::time_point> last_moment = {});

    // --- TLS. Octets buffered in plain text are dropped (no command injection, RFC 3207 §5). Throws PeerGone or
    // std::runtime_error with OpenSSL's reason when the handshake fails.
    asio::awaitable<void> start_tls_server(TlsContext& context);
    asio::awaitable<void> start_tls_client(TlsContext& context, ServerIdentity server);
    asio::awaitable<void> start_tls_client(TlsContext& context, std::string server_name);
    bool is_tls() const;
    TlsFacts tls_facts() const;
    // For SCRAM-SHA-256-PLUS: "tls-exporter" (RFC 9266) and "tls-server-end-point" (RFC 5929) data; empty without TLS.
    std::string channel_binding(std::string_view type) const;

    // Compresses everything from here on, both ways (RFC 4978); octets buffered so far are the first compressed input.
    // Each flush lets the peer inflate all that was sent.
    void start_deflate();
    bool is_deflating() const;
    // Back to plain, both ways (RFC 8437 §4.1): ends the compressed stream after what was written so far.
    asio::awaitable<void> stop_deflate();
    // Whether output is compressed but little: in stored blocks, without the compressor's memory. For a client that
    // idles. No effect without compression.
    void store_output(bool on);

    // --- PROXY protocol, v1 or v2: reads the header, which must come first, before anything else and before TLS, and
    // takes remote() and local() from it. Throws PeerGone if there is none. Only for proxies named in the config
    // (CLIENTS.md 26).
    asio::awaitable<void> read_proxy_header();

    // --- what the connection may hold: given before anything else. The stream asks it for its own buffers, sessions
    // for what they keep. nullptr: everything is granted.
    void set_allowance(std::shared_ptr<Allowance> allowance);
    const std::shared_ptr<Allowance>& allowance() const;

    // --- ending
    // Makes the pending or next wait for the peer's input (read_line, read_chunk, fill, wait) throw Interrupted, once;
    // writing still works. On the stream's thread only.
    void interrupt();
    // Interrupts the stream from other code on its thread, even after it was moved; does nothing once it is destroyed.
    class Interrupter;
    Interrupter interrupter() const;
    // Flushes, TLS close_notify, shuts down, reads on for a moment so that the peer sees our last words; bounded time,
    // never throws.
    struct Linger {
        std::chrono::milliseconds time{1000};
        std::size_t octets = std::size_t{1} << 20;
    };
    asio::awaitable<void> close() { return close(Linger()); }
    asio::awaitable<void> close(Linger how);
    asio::any_io_executor executor() const;
    const asio::ip::tcp::endpoint& remote() const;  // the client's, also when a trusted proxy sent it
    const asio::ip::tcp::endpoint& local() const;
    std::uint64_t octets_in() const;
    std::uint64_t octets_out() const;

  private:
    asio::awaitable<WaitOutcome> wait_for_input(Signal* signal);
    asio::awaitable<void> leave_plain_text();
    asio::awaitable<void> shake_hands(bool in_turn);
    asio::awaitable<void> linger(Linger how);

    struct Implementation;
    std::shared_ptr<Implementation> implementation_;  // shared only with the weak pointers of Interrupters
};

class Stream::Interrupter {
  public:
    void operator()(Interrupted::Cause cause = Interrupted::Cause::shutdown) const;

  private:
    friend class Stream;
    explicit Interrupter(std::weak_ptr<Implementation> stream) : stream_(std::move(stream)) {}
    std::weak_ptr<Implementation> stream_;
};

// See above. Bound to the executor of the stream that will wait for it.
class Signal {
  public:
    explicit Signal(asio::any_io_executor executor);
    ~Signal();
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    // A function that any thread may call, even after the Signal is gone.
    struct Notifier {
        std::shared_ptr<void> state;
        void operator()() const;
    };
    Notifier notifier() const;
    bool pending() const;  // notified since the last clear()
    void clear();

  private:
    friend class Stream;
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace net
