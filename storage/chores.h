// Work that is repeated now and then, by one of the servers on a store: a row with a lease for each kind of work. A
// start needs no special care: whoever held the lease before may take it again.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "storage/query.h"

namespace storage {

// True: the work is due, and the caller's until `until`, when others may take it. False: it is done already, or by
// somebody else. Times are Unix seconds. `holder` is this server's name, as in leases of the queue.
Operation<bool> take_chore(std::string name, std::string holder, std::int64_t now, std::int64_t until);

// The work is done, and due again at `next_at`. Does nothing if another has taken it meanwhile.
Operation<std::monostate> end_chore(std::string name, std::string holder, std::int64_t next_at);

}  // namespace storage
