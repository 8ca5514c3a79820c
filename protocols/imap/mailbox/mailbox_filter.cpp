// Mailbox filters. RFC 5465 §6, RFC 7377 §2.2. Subtrees are found by names alone, so a hierarchy cannot loop.
#include "protocols/imap/mailbox/mailbox_filter.h"

#include "storage/mailboxes.h"
#include "storage/normal_names.h"

namespace imap {

std::string superior_of(const std::string& name) {
    const std::size_t at = name.rfind(storage::hierarchy_delimiter);
    return at == std::string::npos ? std::string() : name.substr(0, at);
}

bool is_in_subtree(const NameSet& tops, std::string_view name) {
    while (!name.empty()) {
        if (tops.contains(name)) return true;
        const std::size_t at = name.rfind(storage::hierarchy_delimiter);
        name = name.substr(0, at == std::string_view::npos ? 0 : at);
    }
    return false;
}

MailboxFilter::MailboxFilter(const wire::MailboxFilter& asked) : kind_(asked.kind) {
    for (const std::string& name : asked.names) names_.insert(storage::normal_mailbox_name(name));
}

bool MailboxFilter::fits(const std::string& name, bool own, bool subscribed) const {
    using Kind = wire::MailboxFilter::Kind;
    switch (kind_) {
        case Kind::selected:
        case Kind::selected_delayed:
            return false;
        case Kind::inboxes:  // mail may be delivered to any of one's own mailboxes (RFC 5465 §6.3)
        case Kind::personal:
            return own;
        case Kind::subscribed:
            return subscribed;
        case Kind::subtree:
            return is_in_subtree(names_, name);
        case Kind::subtree_one:
            return names_.contains(name) || names_.contains(superior_of(name));
        case Kind::named:
            return names_.contains(name);
    }
    return false;
}

}  // namespace imap
