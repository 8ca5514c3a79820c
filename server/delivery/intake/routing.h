// Where an accepted message goes, and which recipients it thereby reaches. RFC 3461 §5.2.3, §5.2.7; RFC 6531 §3.6.
// Pure. dsn.h writes success notices; the next server handles the DSN parameters passed on to it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocols/services/intake.h"
#include "server/delivery/notices/dsn.h"
#include "server/delivery/seals.h"
#include "storage/queue.h"

namespace server::delivery {

// Members of aliases that the message does not reach although it reaches others: the message is accepted, but someone
// must be notified (RFC 5321 §3.9, §6.1). If it reaches no one, the message is refused and this is empty.
struct LeftOut {
    struct Member {
        std::string alias;   // as the sender named it
        Reported report;     // about the member's own address
        bool whole = false;  // it is about the alias itself: none of its members gets the message
    };
    std::vector<Member> members;
    std::set<storage::MailboxId> full;  // mailboxes of members
};
// For a message of this size, by the quotas as known now.
LeftOut left_out_of(const services::IntakeEnvelope& envelope, std::uint64_t octets);
// Whether members may be left out at all: there are aliases.
bool may_leave_out(const services::IntakeEnvelope& envelope);

// What the queue must know of the message, for recipients elsewhere.
storage::NewQueueMessage queued_message(const services::IntakeEnvelope& envelope);

// Until it is due, a message that is to be held is the queue's alone: where it leads here is found out then.
void leave_to_queue(services::IntakeEnvelope& envelope);

// The message as it goes to one mailing list, whose fields it gets; or, first, to all that are none.
struct ListPart {
    std::string list;
    services::IntakeEnvelope envelope;
};
std::vector<ListPart> parts_of(services::IntakeEnvelope envelope);

// Whether it is an alias that sends mail on to others' domains.
bool sends_on(const services::IntakeRecipient& recipient);

// How aliases send a message on.
struct Forwarding {
    std::optional<Seals> seals{};  // for return addresses; none: its sender is ours or nobody, and stays as it is
    std::int64_t now = 0;
};

// Adds each mailbox (except full ones) and each forward-path once; of several, a mailbox may go over its quota once.
// DSN parameters are passed on to an alias's only address; to one of several they go without SUCCESS (RFC 3461
// §5.2.7.2, §5.2.7.3 (c)). What an alias sends on has a reverse-path of its own domain, which gets the bounces back to
// the sender, and its Delivered-To; an address that several lead to gets it from the first.
void add_targets(storage::Acceptance& acceptance, const services::IntakeEnvelope& envelope, const LeftOut& left_out,
                 const Forwarding& forwarding);

// The targets of an alias: accounts and addresses elsewhere. Empty for an account's own address and for other domains.
std::vector<std::string> alias_targets(const services::IntakeRecipient& recipient);

// Recipients whose delivery is complete with the acceptance, whether a success notice is wanted or not.
struct Successes {
    std::vector<Reported> delivered;  // to a mailbox here
    std::vector<Reported> expanded;   // aliases with several addresses
};
Successes successes_of(const services::IntakeEnvelope& envelope);

// NOTIFY without SUCCESS. SUCCESS alone becomes NEVER: no bit at all would mean the default.
std::uint8_t without_success(std::uint8_t notify);

// Whether the sender asked for success notices, and has an address to send them to.
bool wants_success(const services::IntakeEnvelope& envelope);

// Whether an address has a non-ASCII local part: such a message can only be sent with SMTPUTF8.
bool needs_smtputf8(const storage::NewQueueMessage& message);
bool needs_smtputf8(const ReportedMessage& message, const Successes& successes);

}  // namespace server::delivery
