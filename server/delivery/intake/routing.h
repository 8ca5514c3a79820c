// Where an accepted message goes, and which of its recipients are reached by that alone. RFC 3461 §5.2.3, §5.2.7;
// RFC 6531 §3.6. Pure.
// What a success notice says is dsn.h's, what the next server makes of its wishes that server's.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "protocols/services/intake.h"
#include "server/delivery/notices/dsn.h"
#include "storage/queue.h"

namespace server::delivery {

// Members of aliases that the message does not reach while it reaches others: no reason to refuse it for those, but one
// to tell (RFC 5321 §3.9, §6.1). Where it reaches nobody, nobody is left out: the message is refused.
struct LeftOut {
    struct Member {
        std::string alias;  // as the sender named it
        Reported report;    // on the member's own address
    };
    std::vector<Member> members;
    std::set<storage::MailboxId> full;  // mailboxes of members
};
// For a message of this size, as far as quotas are known.
LeftOut left_out_of(const services::IntakeEnvelope& envelope, std::uint64_t octets);
// Whether there are aliases of which it may come to that.
bool may_leave_out(const services::IntakeEnvelope& envelope);

// Each mailbox but the full ones and each forward-path once. DSN wishes travel on to the one address of an alias; to
// the several of another they go without SUCCESS (RFC 3461 §5.2.7.2, §5.2.7.3 (c)).
void add_targets(storage::Acceptance& acceptance, const services::IntakeEnvelope& envelope, const LeftOut& left_out);

// Where an alias leads: accounts and addresses elsewhere. Empty for an account's own address and for what is not ours.
std::vector<std::string> alias_targets(const services::IntakeRecipient& recipient);

// Recipients whose delivery ends with the acceptance, whether their sender wants to hear of it or not.
struct Successes {
    std::vector<Reported> delivered;  // to a mailbox here
    std::vector<Reported> expanded;   // aliases of several addresses
};
Successes successes_of(const services::IntakeEnvelope& envelope);

// Whether the sender asked to be told of a success, and can be.
bool wants_success(const services::IntakeEnvelope& envelope);

// Whether the local part of an address in it is internationalized: such a message goes on with SMTPUTF8 alone.
bool needs_smtputf8(const storage::NewQueueMessage& message);
bool needs_smtputf8(const ReportedMessage& message, const Successes& successes);

}  // namespace server::delivery
