// The one stream type of every door: buffered lines with a limit, literals in chunks, corked writes, deadlines,
// STARTTLS. Over TCP or TLS; OpenSSL straight on the non-blocking socket, so that an idle connection holds no buffer
// (protocols/README.md "Network"). One coroutine at a time uses a stream, on the thread that owns it.
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

namespace net {

class TlsContext;  // protocols/net/tls.h

// The peer went away, or the connection broke. Not an error of anyone here: the session just ends.
class PeerGone : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The deadline passed before the peer did what was awaited. The session says so (421, BYE) and ends.
class DeadlinePassed : public std::runtime_error {
  public:
    DeadlinePassed() : std::runtime_error("deadline passed") {}
};

// interrupt() was called: the session says why (421, BYE) and ends.
class Interrupted : public std::runtime_error {
  public:
    enum class Cause : std::uint8_t {
        shutdown,
        logged_out
    };  // the server stops · what it logged in with holds no more
    explicit Interrupted(Cause why = Cause::shutdown)
        : std::runtime_error(why == Cause::shutdown ? "server is shutting down" : "logged out"), cause_(why) {}
    Cause cause() const { return cause_; }

  private:
    Cause cause_;
};

// A line without its CRLF; valid until the next call on the stream.
struct Line {
    std::string_view text;
    bool bare_lf = false;  // ended by LF alone: each door decides what that means
};
// The line had more octets than allowed: all of it has been read and dropped, up to and with its line end, but for how
// it began and how it ended.
struct LineTooLong {
    static constexpr std::size_t kept_octets = 160;  // of each, at most
    std::string begin{};
    std::string end{};
};
using ReadLine = std::variant<Line, LineTooLong>;

// Another thread's "look": wakes a stream's wait(). notify() may be called from any thread, often, cheaply.
class Signal;

enum class WaitOutcome { readable, signalled, deadline };

// Facts of a TLS session, for Received fields, logs and channel bindings.
struct TlsFacts {
    std::string version;         // "TLSv1.3"
    std::string cipher;          // "TLS_AES_128_GCM_SHA256"
    std::string server_name;     // SNI, or empty
    std::string alpn{};          // the protocol agreed on (RFC 7301), or empty
    std::string verify_error{};  // on our side as a client: why the server is not who it should be; empty: it is
};

class Stream {
  public:
    explicit Stream(asio::ip::tcp::socket socket);
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) noexcept;
    ~Stream();  // closes; for a clean end call close() first

    // --- reading. All throw PeerGone at end of file or error, DeadlinePassed when the deadline passes.

    // The next line, at most max_octets without its CRLF. A CR not followed by LF is part of the line.
    asio::awaitable<ReadLine> read_line(std::size_t max_octets);
    // The same where it would not wait: for pipelined commands. Nothing if the line is not here yet; never throws.
    std::optional<ReadLine> try_read_line(std::size_t max_octets);
    // At least one octet and at most max_octets of what comes next, as one chunk; valid until the next call.
    asio::awaitable<std::string_view> read_chunk(std::size_t max_octets);
    // Octets that are already here and would be returned without waiting (pipelined commands).
    std::string_view buffered() const;
    void consume(std::size_t octets);  // drops so many of buffered()
    // Reads more into the buffer, so that buffered() grows by at least one octet. For scanners such as SMTP data.
    asio::awaitable<void> fill();

    // --- waiting, with no buffer held. Returns readable at once when octets are buffered.
    asio::awaitable<WaitOutcome> wait();
    asio::awaitable<WaitOutcome> wait(Signal& signal);

    // --- writing. write() appends; nothing is sent before flush(). With more than a bounded amount appended, a writer
    // of long answers calls drain(), which sends only when the buffer is over its limit (back-pressure), and lets the
    // thread's other connections have their turn then.
    void write(std::string_view octets);
    std::string& output();  // to append to directly, until the next call on the stream
    asio::awaitable<void> flush();
    asio::awaitable<void> drain();

    // --- deadline: each later call that waits for the peer (read, flush, wait) may take this long; 5 min unless set.
    // Octets that trickle in win no time: a line, once begun, has so long as a whole, also one that is dropped; and so
    // have 64 KiB of what is read in chunks or flushed, or the rest of it.
    void set_deadline(std::chrono::milliseconds each_wait);

    // --- TLS. Octets buffered in plain text are dropped (no command injection, RFC 3207 §5). Throws PeerGone or
    // std::runtime_error with OpenSSL's reason when the handshake fails.
    asio::awaitable<void> start_tls_server(TlsContext& context);
    asio::awaitable<void> start_tls_client(TlsContext& context, std::string server_name);
    bool is_tls() const;
    TlsFacts tls_facts() const;
    // For SCRAM-SHA-256-PLUS: "tls-exporter" (RFC 9266) and "tls-server-end-point" (RFC 5929) data; empty without TLS.
    std::string channel_binding(std::string_view type) const;

    // Deflates everything from here on, both ways (RFC 4978); what was buffered in plain is kept as the first input.
    // Each flush lets the peer inflate all of it.
    void start_deflate();
    bool is_deflating() const;
    // Back to plain, both ways (RFC 8437 §4.1): what was written before is the end of what is compressed.
    asio::awaitable<void> stop_deflate();
    // Gives back what memory can be spared while nothing is written for long; the next output compresses a bit less.
    void rest_deflate();

    // --- PROXY protocol, v1 or v2: reads the header that must come first, before anything else and before TLS, and
    // takes remote() and local() from it. Throws PeerGone when there is none. Only for proxies that config names
    // (CLIENTS.md 26).
    asio::awaitable<void> read_proxy_header();

    // --- ending
    // Makes the pending or next wait for the peer's input (read_line, read_chunk, fill, wait) throw Interrupted, once;
    // writing still works. On the stream's thread only.
    void interrupt();
    // Interrupts the stream from elsewhere on its thread, wherever it has been moved to; does nothing once it is gone.
    class Interrupter;
    Interrupter interrupter() const;
    asio::awaitable<void> close();  // flushes, TLS close_notify, shuts down; bounded time, never throws
    asio::any_io_executor executor() const;
    const asio::ip::tcp::endpoint& remote() const;  // of the client, as the PROXY protocol gave it where allowed
    const asio::ip::tcp::endpoint& local() const;
    std::uint64_t octets_in() const;
    std::uint64_t octets_out() const;

  private:
    asio::awaitable<void> shake_hands();
    asio::awaitable<void> linger();

    struct Implementation;
    std::shared_ptr<Implementation> implementation_;  // shared with nothing but the weak handles of Interrupters
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
    // A function to be called from any thread, also after the Signal is gone.
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
