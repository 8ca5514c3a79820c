// Emails and Threads of an account, as JMAP has them. RFC 8621 §3, §4; the sides of IMAP: RFC 8474 §5. An Email is one
// content with one internal date, whatever mailboxes it lies in: so its id and receivedAt never change, are IMAP's
// EMAILID and INTERNALDATE, and stay over COPY and MOVE. What is \Deleted is not shown (§4.1.1). Of another account's
// mailboxes only those are looked at that the actor may read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "storage/query.h"
#include "storage/rights.h"

namespace storage {

// Whose emails, and who asks.
struct EmailAccess {
    AccountId account;
    AccountId actor;
};

// Where an Email lies: a message with its own flags.
struct EmailPlace {
    MailboxId mailbox;
    Uid uid;
    Flags flags;
    ModSeq modseq;
};

struct Email {
    std::string id;
    std::string thread_id;
    std::string blob_id;
    BlobId content;
    std::int64_t received_at = 0;  // Unix seconds
    std::uint64_t size_octets = 0;
    std::vector<EmailPlace> places;  // never empty; by mailbox and UID
    std::string summary;             // of mime; only if asked for

    // Those of any of its messages (RFC 8621 §4.1.1).
    Flags flags() const;
};

// The account's state, and the names of its keywords by number.
struct EmailState {
    ModSeq modseq;
    std::vector<std::string> keywords;
};
// Refuses no_such_account if the actor may see nothing of it.
Query<EmailState> email_state(EmailAccess access);

// The emails with these ids, in the same order; nullopt: there is none, or it is not for the actor.
Query<std::vector<std::optional<Email>>> get_emails(EmailAccess access, std::vector<std::string> ids, bool summaries);

// A Thread's emails, oldest first (RFC 8621 §3), at most `most`; nullopt: there is none.
struct EmailThread {
    std::string id;
    std::vector<std::string> email_ids;
};
Query<std::vector<std::optional<EmailThread>>> get_threads(EmailAccess access, std::vector<std::string> ids,
                                                           std::size_t most);

// What has changed (RFC 8620 §5.2). A state is the account's MODSEQ; an intermediate one also says how far the changes
// of that MODSEQ have been told: opaque to clients.
struct ObjectChanges {
    std::string new_state;
    bool has_more = false;
    std::vector<std::string> created;
    std::vector<std::string> updated;
    std::vector<std::string> destroyed;
};
// At most `most` ids. Refuses conflict if that state is unknown, too old or not of this account.
Query<ObjectChanges> email_changes(EmailAccess access, std::string since, std::size_t most);
Query<ObjectChanges> thread_changes(EmailAccess access, std::string since, std::size_t most);
std::string state_text(ModSeq modseq);

// The mailboxes of the account that the actor may read, ascending.
Query<std::vector<MailboxId>> readable_mailboxes(EmailAccess access);

// What is looked up of a scanned email only when somebody asks.
class EmailLookUp {
  public:
    virtual ThreadId thread() = 0;
    virtual std::string_view summary() = 0;
    // All its messages that are shown, in whatever mailboxes of the account.
    virtual const std::vector<EmailPlace>& places() = 0;
    // Flags of any email of its thread, this one among them; each of them in `see`, until that returns false.
    virtual void see_thread(const std::function<bool(const Flags&)>& see) = 0;

  protected:
    ~EmailLookUp() = default;
};

// An email during a scan, as the first of its messages. Valid only during that call.
struct ScannedEmail {
    MailboxId mailbox;
    Uid uid;
    std::uint8_t system_flags = 0;
    std::string_view keywords;  // KeywordSet's octets
    std::int64_t received_at = 0;
    std::uint64_t size_octets = 0;
    BlobId content;
    EmailLookUp& more;

    Flags flags() const { return {system_flags, KeywordSet(std::string(keywords))}; }
};
using SeeEmail = std::function<bool(const ScannedEmail&)>;

// Shows the emails in these mailboxes, each once, those with the latest internal date first, until `see` returns false.
// Mailboxes that the actor may not read are passed over. No more than necessary is read: buckets of UIDs are read in
// the order of their newest message. A long read.
struct EmailScan {
    std::vector<MailboxId> mailboxes;
    std::unordered_map<MailboxId, UidSet> only;  // of these mailboxes no other messages
};
Query<std::monostate> scan_emails(EmailAccess access, EmailScan scan, SeeEmail see);

// The ids of emails that a scan has shown.
struct EmailKey {
    BlobId content;
    std::int64_t received_at = 0;
    friend auto operator<=>(const EmailKey&, const EmailKey&) = default;
};
Query<std::vector<std::string>> name_emails(EmailAccess access, std::vector<EmailKey> emails);

// What the id of a blob (object_id_text.h) names for the actor: a message that it may read, or its own upload
// (uploads.h). Parts are found in it by the caller.
struct ClientBlob {
    BlobId content;
    std::uint64_t size_octets = 0;
    std::string summary;  // as it is stored; empty: there is none
};
// nullopt: there is none, or it is not for the actor.
Query<std::optional<ClientBlob>> find_client_blob(EmailAccess access, std::string id);

}  // namespace storage
