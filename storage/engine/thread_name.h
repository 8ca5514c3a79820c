// Names for the store's threads, for top and gdb.
#pragma once

#include <pthread.h>

namespace storage::engine {

// Names the calling thread; at most 15 letters.
inline void name_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace storage::engine
