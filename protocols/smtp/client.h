// The sending client: one connection to another server, used by server/queue. RFC 5321 §3.3, §4.5.4; RFC 2920
// (PIPELINING), 3207 (STARTTLS), 4954 (AUTH), 3030 (BDAT), 3461 (DSN), 1870 (SIZE), 6531 (SMTPUTF8), 9422 (LIMITS),
// 8689 (REQUIRETLS). The queue chooses hosts, retries and bounces; a callback supplies the content in chunks.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/net/stream.h"
#include "protocols/net/tls.h"
#include "protocols/smtp/wire/data.h"
#include "protocols/smtp/wire/extensions.h"
#include "protocols/smtp/wire/reply.h"
#include "storage/queue.h"

namespace smtp {

enum class TlsPolicy {
    none,           // never
    opportunistic,  // if offered; any certificate is accepted, and so is plain text
    required,       // or the connection fails; the TlsContext decides which certificates are valid
};

// RFC 5321 §4.5.3.2. Each is for one wait; a multi-line reply, or a TLS handshake, must be complete within it, however
// slowly it comes.
struct ClientTimeouts {
    std::chrono::seconds greeting{300};
    std::chrono::seconds command{300};  // EHLO, STARTTLS, AUTH, MAIL, RCPT, RSET
    // The answers to as many RCPT as are sent at once; past it, no more recipients are named in this transaction.
    std::chrono::milliseconds envelope{30 * 60 * 1000};
    std::chrono::seconds data{120};     // for 354
    std::chrono::seconds block{180};    // for the peer to accept the next octets
    std::chrono::seconds message{600};  // for the answer to the whole message
    std::chrono::seconds quit{5};

    // The same, none of the waits longer than this.
    ClientTimeouts at_most(std::chrono::seconds longest) const;
};

struct ClientLimits {
    std::size_t reply_line_octets = 4096;
    wire::ReplyReader::Limits reply{};
    std::size_t pipelined_recipients = 50;  // sent before their answers are read (RFC 2920 §3.1: no deadlock)
    std::size_t chunk_octets = 131'072;     // of one BDAT
    std::size_t transactions = 100;         // for one message, if the peer takes few recipients in each
    int auth_rounds = 8;
};

struct ClientOptions {
    std::string hostname;  // ours, for EHLO
    TlsPolicy tls = TlsPolicy::opportunistic;
    bool implicit_tls = false;               // TLS before the greeting (a smart host's port 465)
    net::TlsContext* tls_context = nullptr;  // nullptr: no TLS at all
    net::ServerIdentity server;              // the peer's name and, by DANE, its certificate
    std::string username;                    // empty: no log-in
    std::string password;
    bool password_in_plain = false;  // may be sent without TLS
    bool requiretls = false;         // for messages that demand it: the server must announce it, too
    bool chunking = true;            // use BDAT if offered
    ClientTimeouts timeouts{};
    ClientLimits limits{};
};

// The result for one recipient, or for the whole connection.
struct Outcome {
    enum class Kind { accepted, temporary, permanent } kind = Kind::temporary;
    int code = 0;        // from the peer; 0: no reply, the text is ours
    std::string status;  // enhanced status code, never empty: the peer's, or derived from its code
    std::string text;    // lines separated by LF
    std::string said;    // the peer's reply unchanged, on one line; empty: no reply
    // The connection failed before the peer can have received the whole message: try another host at once.
    bool elsewhere = false;

    std::string line() const;  // all of it as one line, for the queue and the log
};

// For failures that we detect ourselves. The status is an enhanced one (RFC 3463).
Outcome temporary(std::string status, std::string text);
Outcome permanent(std::string status, std::string text);

struct OutgoingRecipient {
    std::string forward_path;
    std::uint8_t notify = 0;         // storage::dsn_notify bits
    std::string original_recipient;  // decoded ORCPT
};

struct OutgoingMessage {
    std::string reverse_path;
    std::uint64_t size_octets = 0;
    std::string envelope_id;
    storage::DsnReturn dsn_return = storage::DsnReturn::unspecified;
    bool eight_bit_mime = false;
    bool smtputf8 = false;    // an address or the header section has UTF-8
    bool requiretls = false;  // said if the peer announces it
    std::vector<OutgoingRecipient> recipients;
};

// The next piece of content, valid until the next call; empty at the end. An exception ends the connection and is
// passed on by send().
using NextChunk = std::function<asio::awaitable<std::string_view>()>;
// Starts the content from its beginning: called for each transaction that the message needs.
using OpenContent = std::function<NextChunk()>;

// Where a connection failed.
enum class FailedAt : std::uint8_t {
    dialogue,
    handshake,  // with opportunistic TLS: connect again without
    demand,     // it lacks what the message demands, and may be fine for others
    log_in,     // user and password are not accepted, or must not be sent to this server: the administrator's matter
};

struct ClientFailure {
    Outcome outcome;  // for every recipient of this connection
    FailedAt at = FailedAt::dialogue;
};

struct SendResult {
    std::vector<Outcome> recipients;  // one for each recipient of the message, in order
    // The connection was lost before the server replied at all: a reused connection had timed out. Try a new one.
    bool unheard = false;
};

class Client {
  public:
    Client(net::Stream stream, ClientOptions options);

    // Greeting, EHLO or HELO, STARTTLS, AUTH. After a failure only quit() may be called.
    asio::awaitable<std::expected<void, ClientFailure>> open();
    // One mail transaction, or several if the peer takes fewer recipients in one (RFC 5321 §4.5.3.1.10); may be called
    // again while usable().
    asio::awaitable<SendResult> send(OutgoingMessage message, OpenContent open_content);
    // Sends QUIT, waits shortly for the reply, and closes. Never throws.
    asio::awaitable<void> quit();

    bool usable() const { return usable_ && !is_spent(); }
    // Ends the current wait: undecided recipients become temporary. Only the reply to a message that was sent whole is
    // still awaited, or it would be sent twice. On the stream's thread only.
    void interrupt() {
        interrupted_ = true;
        if (!awaits_verdict_) stream_.interrupt();
    }
    const wire::PeerExtensions& peer() const { return peer_; }  // with dsn, the peer sends success notices
    bool is_tls() const { return stream_.is_tls(); }
    net::TlsFacts tls_facts() const { return stream_.tls_facts(); }  // of a TLS session alone

  private:
    // No more transactions in this session: the peer said so (RFC 9422, MAILMAX).
    bool is_spent() const { return peer_.max_transactions > 0 && transactions_ >= peer_.max_transactions; }

    struct Sending;
    class Broken;
    struct Ending {
        Outcome outcome;
        FailedAt at = FailedAt::dialogue;
    };

    asio::awaitable<void> introduce();
    asio::awaitable<void> say_ehlo();
    asio::awaitable<void> secure();
    asio::awaitable<void> shake_hands();
    asio::awaitable<void> log_in();
    Broken unprotected(std::string why, bool for_good) const;
    static Broken log_in_failed(std::string status, std::string why);

    asio::awaitable<void> attempt_once(Sending& sending, const OpenContent& open_content, bool can_throw);
    asio::awaitable<void> transact(Sending& sending, const OpenContent& open_content);
    asio::awaitable<void> name_recipients(Sending& sending);
    static void leave_over(Sending& sending, std::size_t first);
    asio::awaitable<void> read_envelope_replies(Sending& sending, std::size_t first, std::size_t last);
    asio::awaitable<void> send_data(Sending& sending, const NextChunk& next_chunk);
    asio::awaitable<wire::Reply> send_chunks(Sending& sending, const NextChunk& next_chunk);
    void write_mail(const OutgoingMessage& message);
    void write_rcpt(const OutgoingRecipient& recipient);
    std::optional<Outcome> impossible(const OutgoingMessage& message) const;

    asio::awaitable<wire::Reply> command(std::string line, std::chrono::seconds timeout);
    asio::awaitable<wire::Reply> read_reply(std::chrono::seconds timeout);
    asio::awaitable<void> flush_or_hear();
    static std::optional<Ending> ending_of(const std::exception& error);

    net::Stream stream_;
    ClientOptions options_;
    wire::ReplyReader replies_;
    wire::PeerExtensions peer_;
    bool usable_ = false;
    std::uint32_t transactions_ = 0;
    bool needs_reset_ = false;     // a transaction was left open
    bool heard_ = false;           // a reply has come since send() began
    bool awaits_verdict_ = false;  // the end of the data was sent: the peer may have the whole message
    bool interrupted_ = false;
};

}  // namespace smtp
