// Threads: which contents of an account belong together. RFC 8474 §5.2 (THREADID), RFC 8621 §3. Each account has its
// own: what others have must not show in them. For storage/*.cpp only: inside an operation. A content never changes its
// thread, since clients keep the id: a message that connects two threads joins the older one, and they stay two.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/engine/batch.h"
#include "storage/types.h"

namespace storage {

// Names (mime::thread_names) as they are stored.
using ThreadKeys = std::vector<std::int64_t>;
ThreadKeys thread_keys(const std::vector<std::string>& names);

// The account has this content from now on: puts it into the oldest of its threads that has one of these names, else
// into a new one, to which it adds all the names. Does nothing if it had the content before.
void own_content(engine::Batch& batch, AccountId account, BlobId content, const ThreadKeys& names);
// The same for a content that is copied from another account: it keeps its ids (RFC 8474 §5.1), but none of the names,
// which may be of messages that were not copied.
void own_copied_content(engine::Batch& batch, AccountId from, AccountId account, BlobId content);

// Puts a content from before schema 17 into the threads of the accounts that have it, if it is not there yet.
void name_old_content(engine::Batch& batch, BlobId content, const ThreadKeys& names);

// Call when references to a content are gone: forgets it for the accounts that have no message of it any more, and the
// names of threads that become empty.
void disown_content(engine::Connection& connection, BlobId content);

}  // namespace storage
