// mailstead dns NAME --update: RFC 2136 with TSIG.
#pragma once

#include <string>
#include <vector>

#include "server/cli/context.h"
#include "server/update_target.h"
#include "server/zone/records.h"

namespace server::cli {

struct UpdateWords {
    std::string server;    // "address" or "address@port"; empty: [dns] update_server
    std::string key_file;  // empty: [dns] update_key
    bool only_look = false;
    bool replace = false;
};

// Where to send updates, and the key from its file. Before the store is opened, which may give up the rights to read
// it. Throws Failure.
UpdateTarget update_target(Context& context, const UpdateWords& words);

// Changes the DNS and prints how. Throws Failure if the server will not, or something is not there afterwards.
void update_dns(Context& context, const UpdateTarget& target, const zone::Facts& facts,
                const std::vector<zone::Record>& records, const UpdateWords& words);

}  // namespace server::cli
