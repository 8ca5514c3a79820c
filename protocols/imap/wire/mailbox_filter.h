// A set of mailboxes that a command applies to: filter-mailboxes of RFC 5465 §6 (NOTIFY) and RFC 7377 §2.2 (ESEARCH).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace imap::wire {

struct MailboxFilter {
    enum class Kind : std::uint8_t {
        selected,
        selected_delayed,  // only in NOTIFY
        inboxes,
        personal,
        subscribed,
        subtree,
        subtree_one,  // only in ESEARCH
        named,
    };
    Kind kind = Kind::selected;
    std::vector<std::string> names;  // of subtree, subtree_one and named; at least one
};

}  // namespace imap::wire
