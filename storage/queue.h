// The queue of messages for other servers (RFC 5321 §4.5.4), and the one operation that accepts a message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocols/bits/dsn.h"
#include "protocols/bits/tls_wish.h"
#include "storage/failing_addresses.h"
#include "storage/filed_lists.h"
#include "storage/messages.h"
#include "storage/return_addresses.h"
#include "storage/trace.h"

namespace storage {

namespace dsn_notify = bits::dsn_notify;
using bits::DsnReturn;
using bits::TlsWish;

struct NewQueueRecipient {
    std::string forward_path;        // without <>
    std::uint8_t notify = 0;         // dsn_notify bits
    std::string original_recipient;  // ORCPT as given, "rfc822;..." or empty
};

struct NewQueueMessage {
    std::string reverse_path;  // empty: a bounce; it never causes another bounce
    std::string envelope_id;   // ENVID, decoded, or empty
    DsnReturn dsn_return = DsnReturn::unspecified;
    bool eight_bit_mime = false;
    bool smtputf8 = false;
    bool submitted = false;        // by one of our users, or made here: it may be re-encoded for a server that needs it
    std::string session;           // the receiving session's id, for the log
    std::int64_t release_at = 0;   // not sent before (RFC 4865); 0: at once
    AccountId account;             // who submitted it: accounts take turns; 0: nobody
    std::string flow{};            // whose turn it takes among senders, if not the reverse-path's: a list's
    std::string prefix{};          // header fields that are sent before the content, with their line ends
    std::string signing_domain{};  // of ours, if it sends the message on under its own reverse-path
    TlsWish tls_wish = TlsWish::by_policy;
    std::optional<LongSender> long_sender{};  // the sender that the reverse-path stands for by a token
    std::vector<NewQueueRecipient> recipients;
};

// Who is taken off a mailing list (lists.h).
struct ListLeaver {
    std::string list;     // its name
    std::string address;  // of the member
};

// A message to be put into mailboxes here and into the queue, in one commit (250 means that it is on disk).
struct Acceptance {
    StagedBlob content;
    std::string summary;                    // as in NewMessage
    std::vector<std::string> thread_names;  // as in NewMessage
    TextSizes text_sizes;                   // as in NewMessage
    std::int64_t received_at = 0;
    struct Local {
        MailboxId mailbox;
        NamedFlags flags;
        bool junk = false;          // into the account's mailbox for that instead, which is made if it is missing
        bool may_overdraw = false;  // with any room left, it takes a message that is larger than that
        bool may_skip = false;      // of a list: if it is full, the others get the message all the same
    };
    std::vector<Local> local;
    std::optional<NewQueueMessage> remote;
    std::vector<NewQueueMessage> forwards{};      // the same content for others: each alias sends on as itself
    std::vector<std::int64_t> bounced_members{};  // of lists (lists.h): what was sent to them has come back
    std::optional<ListMail> list_mail{};          // what is known of the list that it came from
    std::vector<ListLeaver> leavers{};            // their request it is
    TraceText trace{};                            // where it came to lie is added to it
};
struct Accepted {
    struct Local {
        MailboxId mailbox;
        Uid uid;
    };
    std::vector<Local> local;
    std::optional<QueueMessageId> queue_message;
    std::vector<QueueMessageId> forwards{};  // as in the acceptance
};
// Also accepts `notices` (of success, RFC 3461 §5.2.3) in the same commit. Refuses over_quota, no_such_mailbox,
// storage_full: then nothing was stored.
Operation<Accepted> accept_message(Acceptance acceptance, std::vector<Acceptance> notices = {});

// Accepts our own notices alone.
Operation<std::monostate> accept_notices(std::vector<Acceptance> notices);

// held: by an administrator: it waits, and is not tried (queue_choice.h).
enum class RecipientState : std::uint8_t { pending, delivered, failed, relayed, held };
// Its fate is not decided yet.
constexpr bool is_waiting(RecipientState state) {
    return state == RecipientState::pending || state == RecipientState::held;
}

struct QueueRecipient {
    QueueRecipientId id;
    std::string forward_path;
    std::string domain;  // of the forward-path, lower case, or "[1.2.3.4]"
    std::string lane;    // of all recipients with the same next hop: its domain, or the route's name (queue_leases.h)
    std::uint8_t notify = 0;
    std::string original_recipient;
    RecipientState state = RecipientState::pending;
    std::uint32_t attempts = 0;
    std::int64_t next_attempt_at = 0;  // while leased: the lease's end
    std::int64_t not_before = 0;       // no attempt earlier, whoever wants it (RFC 4865)
    std::string holder;                // of the lease (queue_leases.h); empty: not leased
    bool asked = false;                // an administrator wants it tried now, even if its next hop was failing
    std::int64_t last_attempt_at = 0;  // 0: never
    std::string last_reply;            // of the other server, or our own text; one line
    std::string last_status;           // enhanced status code, "4.4.1"
    std::string last_remote;           // name of the other server
    bool said = false;                 // last_reply is the other server's
    std::string last_protection{};     // of the last attempt's session: AttemptVia::protection
    bool untold = false;               // its sender is still to be told of its failure; if it is pending: of its delay
};

struct QueueMessage {
    QueueMessageId id;
    std::string reverse_path;
    std::string envelope_id;
    DsnReturn dsn_return = DsnReturn::unspecified;
    bool eight_bit_mime = false;
    bool smtputf8 = false;
    bool submitted = false;
    std::string session;
    std::int64_t queued_at = 0;
    bool delay_notified = false;
    BlobId blob;
    std::uint64_t size_octets = 0;
    AccountId account;          // whose turn it takes; 0: nobody's
    std::uint32_t reports = 0;  // how often its sender was told of failures or a delay
    std::string prefix{};       // as in NewQueueMessage
    std::string signing_domain{};
    TlsWish tls_wish = TlsWish::by_policy;
    std::vector<QueueRecipient> recipients;
};

Query<QueueMessage> get_queue_message(QueueMessageId id);  // all recipients; refuses no_such_queue_message

// The result of an attempt for one recipient.
struct AttemptOutcome {
    QueueRecipientId recipient;
    RecipientState state = RecipientState::pending;  // pending: try again at next_attempt_at
    std::int64_t next_attempt_at = 0;
    std::string reply;
    std::string status;
    std::string remote;
    bool said = false;         // `reply` is the other server's
    bool tell = false;         // the sender is to be told: failed, or delayed (once for a message)
    bool bad_address = false;  // failed, and the reason lies in the address: counts for failing_addresses.h
};
// How the other server was reached. Empty: no server was.
struct AttemptVia {
    std::string address;
    std::string tls;         // version and cipher: "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: no TLS
    std::string protection;  // DeliveryAttempt::protection (delivery_attempts.h)
};
// What notices tell the sender.
struct SenderTold {
    std::uint32_t reports = 0;  // QueueMessage::reports, when they were made
    std::vector<QueueRecipientId> failed;
    bool delay = false;  // of all that are pending
};
// While others of its recipients are pending, the sender of a message from outside, which may be forged, is told so
// often; and once more at the end, of all the rest.
constexpr std::uint32_t most_early_reports = 2;
constexpr std::int64_t report_patience = 300;  // seconds, for which others that are being tried put a report off
// Records outcomes (one that is held meanwhile stays so, unless its fate is decided), also as rows of delivery_attempt,
// and accepts `notices` (bounces, delay notices) in the same commit; a message without pending recipients leaves the
// queue. Refuses conflict, having recorded nothing, if the sender must now be told more, or was told meanwhile:
// failures and delays are told together, when no other recipient of the message is being tried, or one of them has
// waited for report_patience. Bad addresses are counted for the account that submitted the message, and counted anew
// once they have taken one.
Operation<std::monostate> record_attempt(QueueMessageId message, std::vector<AttemptOutcome> outcomes, std::int64_t now,
                                         std::vector<Acceptance> notices, std::optional<SenderTold> told = {},
                                         AttemptVia via = {}, const SuppressionOptions& suppression = {});

}  // namespace storage
