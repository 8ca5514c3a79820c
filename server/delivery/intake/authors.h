// Whom a submission shows as its authors. RFC 5322 §3.6.2 (From, Sender), §3.6.6 (resent messages); RFC 6409 §6.1, §8.
// Pure: it reads the fields and lists the addresses; the intake asks the directory whose they are.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "server/delivery/intake/header_section.h"

namespace server::delivery {

// What a header section claims about its authors.
struct Claims {
    std::vector<std::string> own;        // must be addresses of the submitter
    std::vector<std::string> mentioned;  // must not be addresses of other accounts here
    std::string fault;                   // why the section cannot be judged; empty: it can
};

// From and Sender must be the submitter's, or, where the first Resent-From is, at least no one else's here: so mail
// from elsewhere can be resent. Each address counts that a mail program may show: also those in display names, comments
// and encoded words. `most_addresses` of one field; more are a fault, since some reader may show those that were not
// read.
Claims claims_of(const HeaderFacts& facts, std::size_t most_addresses);

}  // namespace server::delivery
