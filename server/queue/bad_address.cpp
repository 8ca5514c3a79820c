// A table. RFC 3463 §3.2 and §3.3, RFC 7505 §4.2.
#include "server/queue/bad_address.h"

#include <algorithm>

namespace server::queue {

namespace {

constexpr std::string_view bad_statuses[] = {
    "5.1.1",   // no such mailbox
    "5.1.2",   // no such system
    "5.1.3",   // no address at all
    "5.1.4",   // ambiguous
    "5.1.6",   // moved, nobody knows where to
    "5.1.10",  // its domain takes no mail (null MX)
    "5.2.1",   // the mailbox is disabled, for good
};

}  // namespace

bool says_address_is_bad(std::string_view status) {
    return std::ranges::find(bad_statuses, status) != std::end(bad_statuses);
}

}  // namespace server::queue
