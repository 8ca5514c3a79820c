// Conversations: which contents belong together, whoever has them. RFC 8474 §5.2 (THREADID), RFC 8621 §3. For
// storage/*.cpp only: inside an operation.
// A content is put into a thread once and stays there, since clients keep the id: where a message joins what had been
// two threads, it is in the older one, and they stay two.
#pragma once

#include <string>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/types.h"

namespace storage {

// The oldest thread that knows one of these names (mime::thread_names), else a new one; from now on it knows them all.
ThreadId join_thread(engine::Connection& connection, BlobId content, const std::vector<std::string>& names);

// Forgets the thread's names where no content is in it any more.
void forget_empty_thread(engine::Connection& connection, ThreadId thread);

}  // namespace storage
