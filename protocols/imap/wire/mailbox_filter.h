// Which mailboxes a command means where these may be many: filter-mailboxes of RFC 5465 §6 (NOTIFY) and RFC 7377 §2.2
// (ESEARCH), as a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace imap::wire {

struct MailboxFilter {
    enum class Kind : std::uint8_t {
        selected,
        selected_delayed,  // NOTIFY alone
        inboxes,
        personal,
        subscribed,
        subtree,
        subtree_one,  // ESEARCH alone
        named,
    };
    Kind kind = Kind::selected;
    std::vector<std::string> names;  // of subtree, subtree_one and named; at least one
};

}  // namespace imap::wire
