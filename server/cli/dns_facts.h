// What the records of `mailstead dns` are made of: config, store, certificate, this machine's addresses.
#pragma once

#include <string>
#include <vector>

#include "server/cli/context.h"
#include "server/zone/records.h"

namespace server::cli {

// `name`: a domain of ours, which gets its first key if it has none, or the host's name for its own records alone.
// `addresses`: where the host is, if the command line says so; else those that it listens on, or its interfaces' public
// ones. Throws Failure.
zone::Facts dns_facts(Context& context, const std::string& name, const std::vector<std::string>& addresses);

}  // namespace server::cli
