// Reading what emails.h is made of. For storage/*.cpp only: inside a query.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/emails.h"
#include "storage/engine/connection.h"
#include "storage/object_id_sealer.h"

namespace storage {

// The mailboxes of the account that the actor may read, ascending. Refuses no_such_account if the account does not
// exist, or the actor may see none of it.
Result<std::vector<MailboxId>> readable(engine::Connection& connection, const EmailAccess& access);

// A message that is shown.
struct EmailRow {
    BlobId content;
    MailboxId mailbox;
    Uid uid;
    Flags flags;
    ModSeq modseq;
    ModSeq shown;
    std::int64_t internal_date = 0;
    std::uint64_t size_octets = 0;
    ContentIds ids = ContentIds::of_account;
    ThreadId thread;
    std::string summary;
};

// All messages that have one of these contents and lie in one of these mailboxes, by content, date, mailbox and UID.
std::vector<EmailRow> rows_with(engine::Connection& connection, AccountId account,
                                const std::vector<MailboxId>& mailboxes, std::vector<BlobId> contents, bool summaries);

// Many contents for statements with a list of fixed length.
class ContentList {
  public:
    static constexpr std::size_t size = 50;

    explicit ContentList(std::vector<BlobId> contents);  // in any order, also repeated
    static std::string placeholders();
    // The next so many, filled up with the last one; empty at the end.
    std::vector<BlobId> next();

  private:
    std::vector<BlobId> contents_;
    std::size_t done_ = 0;
};

}  // namespace storage
