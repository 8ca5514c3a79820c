// Threads: which contents belong together, in any account. RFC 8474 §5.2 (THREADID), RFC 8621 §3. For storage/*.cpp
// only: inside an operation. A content never changes its thread, since clients keep the id: a message that connects two
// threads joins the older one, and they stay two.
#pragma once

#include <string>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/types.h"

namespace storage {

// The oldest thread that has one of these names (mime::thread_names), else a new one; adds all the names to it.
ThreadId join_thread(engine::Connection& connection, BlobId content, const std::vector<std::string>& names);

// Deletes the thread's names if it has no content any more.
void forget_empty_thread(engine::Connection& connection, ThreadId thread);

}  // namespace storage
