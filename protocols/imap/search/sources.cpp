// The mailboxes that an ESEARCH searches. RFC 7377 §2.2. All mailboxes are listed only if a filter needs that; given
// names are looked up one by one, since they need no right to be listed.
#include "protocols/imap/search/sources.h"

#include <algorithm>
#include <set>
#include <utility>

#include "protocols/imap/mailbox/mailbox_filter.h"
#include "protocols/imap/mailbox/mailbox_list.h"
#include "storage/messages.h"
#include "storage/rights.h"

namespace imap {

using storage::Mailbox;
using storage::Result;

namespace {

bool is_found_by_list(const wire::MailboxFilter& filter) {
    using Kind = wire::MailboxFilter::Kind;
    return filter.kind != Kind::selected && filter.kind != Kind::named;
}

Result<std::vector<Mailbox>> listed(storage::Snapshot& snapshot, storage::AccountId account,
                                    const std::vector<MailboxFilter>& filters) {
    constexpr storage::Rights needed = storage::right::lookup | storage::right::read;
    Result<MailboxNames> names = read_mailbox_names(account)(snapshot);
    if (!names) return std::unexpected(std::move(names.error()));
    std::erase_if(names->mailboxes, [&](const Mailbox& mailbox) {
        const bool own = mailbox.account == account;
        return (mailbox.rights & needed) != needed || std::ranges::none_of(filters, [&](const MailboxFilter& filter) {
                   return filter.fits(mailbox.name, own, mailbox.subscribed);
               });
    });
    return std::move(names->mailboxes);
}

}  // namespace

storage::Query<std::vector<Mailbox>> read_search_sources(storage::AccountId account,
                                                         std::vector<wire::MailboxFilter> asked) {
    return [account, asked = std::move(asked)](storage::Snapshot& snapshot) -> Result<std::vector<Mailbox>> {
        const std::vector<MailboxFilter> filters(asked.begin(), asked.end());
        std::set<std::string> named;
        for (const MailboxFilter& filter : filters) named.insert(filter.names().begin(), filter.names().end());
        Result<std::vector<Mailbox>> sources;
        if (std::ranges::any_of(asked, is_found_by_list)) sources = listed(snapshot, account, filters);
        if (!sources) return sources;
        std::set<storage::MailboxId> found;
        for (const Mailbox& mailbox : *sources) found.insert(mailbox.id);
        for (const std::string& name : named) {
            Result<Mailbox> mailbox = storage::find_mailbox(account, name, storage::right::read)(snapshot);
            if (mailbox && found.insert(mailbox->id).second) sources->push_back(*std::move(mailbox));
        }
        return sources;
    };
}

storage::Query<SearchedMailbox> look_into(storage::AccountId account, Mailbox mailbox) {
    return [account, mailbox = std::move(mailbox)](storage::Snapshot& snapshot) -> Result<SearchedMailbox> {
        const storage::Access access(mailbox.id, account);
        const Result<Mailbox> now = storage::get_mailbox(access)(snapshot);
        if (!now) return std::unexpected(now.error());
        const Result<storage::MailboxView> view = storage::view_mailbox(access)(snapshot);
        if (!view) return std::unexpected(view.error());
        Result<std::vector<std::string>> keywords = storage::list_keywords(access)(snapshot);
        if (!keywords) return std::unexpected(std::move(keywords.error()));
        SelectedMailbox seen({.access = access,
                              .owner = mailbox.account,
                              .name = mailbox.name,
                              .uid_validity = now->uid_validity,
                              .read_only = true,
                              .rights = now->rights},
                             *view);
        seen.claim_recent({now->recent_from, view->uid_next});
        return SearchedMailbox{.mailbox = std::move(seen), .keywords = *std::move(keywords)};
    };
}

}  // namespace imap
