// What copying and moving messages says of the lists that they came from (filed_lists.h). For storage/*.cpp only.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/filed_lists.h"
#include "storage/types.h"

namespace storage {

// Content that came from a list.
void note_list_mail(engine::Connection& connection, BlobId content, const ListMail& mail);

// The account has put these contents from one of its mailboxes into another. Where that says something about a list, it
// costs one question for each of them.
void note_filing(engine::Connection& connection, AccountId account, MailboxId from, MailboxId to,
                 const std::vector<BlobId>& contents, std::int64_t now);

}  // namespace storage
