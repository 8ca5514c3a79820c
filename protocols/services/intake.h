// Accepts messages: content comes in pieces, is hashed, measured and parsed meanwhile, and is stored in one commit.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocols/net/allowance.h"
#include "protocols/services/authenticator.h"
#include "protocols/services/directory.h"
#include "storage/queue.h"
#include "storage/result.h"

namespace services {

// One recipient of a transaction, as given in RCPT (RFC 5321 §3.3) and resolved by the directory.
struct IntakeRecipient {
    Recipient recipient;
    std::uint8_t notify = 0;         // storage::dsn_notify bits
    std::string original_recipient;  // ORCPT
};

// What the intake finds out about mail that may come. Destroying it ends that.
class Inquiry {
  public:
    virtual ~Inquiry() = default;
};

// All that is known before the content: for policy, trace fields and the log.
struct IntakeEnvelope {
    std::string session;         // id of the receiving session
    std::string area;            // "smtp", "submission", "http"
    std::string client_address;  // textual IP address
    std::string client_name;     // as given in HELO/EHLO, or empty
    std::string protocol;        // for Received's "with": SMTP, ESMTP, ESMTPS, ESMTPSA, UTF8SMTPS, HTTP ... (RFC 3848)
    std::string tls;             // "TLSv1.3 TLS_AES_128_GCM_SHA256", or empty
    std::optional<Identity> submitter;  // the authenticated submitter; empty for mail from outside
    std::string reverse_path;           // without <>, empty for bounces
    std::string envelope_id;            // ENVID
    storage::DsnReturn dsn_return = storage::DsnReturn::unspecified;
    bool eight_bit_mime = false;
    bool binary_mime = false;  // parts labelled binary are octets, not lines (RFC 3030 §3): the intake encodes them
    bool smtputf8 = false;
    storage::TlsWish tls_wish = storage::TlsWish::by_policy;  // by MAIL; the header section may say more
    std::int64_t release_at = 0;  // not to be sent before (RFC 4865), Unix seconds; 0: at once
    std::vector<IntakeRecipient> recipients;
    std::shared_ptr<Inquiry> inquiry;           // Intake::inquire()'s, or nullptr
    std::shared_ptr<net::Allowance> allowance;  // of the connection, for what is staged; nullptr: no limit
};

// A message being received. Destroying it before finish() leaves nothing behind.
class IncomingMessage {
  public:
    virtual ~IncomingMessage() = default;
    // Content in pieces of any size, with CRLF line ends (but for binary_mime) and dots unstuffed. fits(): write would
    // neither wait nor fail.
    virtual bool fits(std::size_t octets) const = 0;
    virtual void append(std::string_view octets) = 0;  // only if fits()
    virtual asio::awaitable<storage::Result<std::monostate>> write(std::string_view octets) = 0;
    // The session refuses it for a reason of its own: frees what is held, takes nothing more. finish() refuses then.
    virtual void give_up(std::string why) = 0;
    // Accepts: returns after the commit is on disk. Refuses too_large, mail_loop (hop count), over_quota,
    // storage_full, not_deliverable (policy), not_convertible; then nothing has been stored.
    struct Receipt {
        std::string id;  // for the reply and the log
    };
    virtual asio::awaitable<storage::Result<Receipt>> finish() = 0;
};

class Intake {
  public:
    virtual ~Intake() = default;
    // Starts a message whose envelope is complete. Adds Received and (on delivery) Return-Path; for submissions also
    // makes the changes that RFC 6409 §8 allows: adds a missing Date, Message-ID or From, and makes a malformed Date or
    // Message-ID anew; removes Bcc.
    virtual std::unique_ptr<IncomingMessage> begin(IntakeEnvelope envelope) = 0;
    // The first recipient is known: what takes time may begin, on this executor, which is the session's. nullptr:
    // nothing does.
    virtual std::shared_ptr<Inquiry> inquire(const IntakeEnvelope& envelope, const asio::any_io_executor& executor) = 0;
    // The largest message accepted, in octets (SIZE, RFC 1870).
    virtual std::uint64_t max_message_octets() const = 0;
};

}  // namespace services
