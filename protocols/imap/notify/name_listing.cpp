// LIST responses for changed names. RFC 5465 §5.4, §5.5.
#include "protocols/imap/notify/name_listing.h"

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "storage/normal_names.h"

namespace imap {
namespace {

constexpr std::size_t steps_of_a_name = 100;

// Attributes of a name without a mailbox, or without one for this client. `present`: names of mailboxes, ascending.
std::vector<std::string_view> attributes_of_none(const News::Name& one, const std::vector<std::string_view>& present,
                                                 const std::vector<std::string>& subscriptions) {
    std::vector<std::string_view> attributes;
    if (!one.no_access) attributes.emplace_back("\\NonExistent");
    const std::string inferiors = one.name + storage::hierarchy_delimiter;
    const auto below = std::ranges::lower_bound(present, inferiors);
    if (below != present.end() && below->starts_with(inferiors)) attributes.emplace_back("\\HasChildren");
    if (std::ranges::binary_search(subscriptions, one.name)) attributes.emplace_back("\\Subscribed");
    return attributes;
}

}  // namespace

base::Slices list_names(const News& news, const MailboxNames& names, std::vector<ListedName>& listed) {
    base::Pace pace;
    wire::List command;
    command.extended = true;
    command.returns.subscribed = true;
    for (const News::Name& one : news.names) {
        command.patterns.push_back(one.name);
        co_await pace.step();
    }
    // The names outlive the lister.
    MailboxLister lister(std::move(command), std::shared_ptr<const MailboxNames>(std::shared_ptr<void>(), &names));
    while (lister.go_on()) co_yield base::pause;
    const std::vector<Listed> found = lister.take_listed();
    std::unordered_map<std::string_view, const Listed*> by_name;
    for (const Listed& one : found) {
        by_name.emplace(one.name, &one);
        co_await pace.step(steps_of_a_name);
    }
    std::vector<std::string_view> present;
    for (const storage::Mailbox& mailbox : names.mailboxes) {
        present.emplace_back(mailbox.name);
        co_await pace.step();
    }
    std::ranges::sort(present);
    co_yield base::pause;
    for (const News::Name& one : news.names) {
        co_await pace.step(steps_of_a_name);
        ListedName& listing = listed.emplace_back(ListedName{.name = one.name, .attributes = {}, .old_name = {}});
        const auto known = by_name.find(one.name);
        listing.attributes =
            known != by_name.end() ? known->second->attributes : attributes_of_none(one, present, names.subscriptions);
        if (one.no_access) listing.attributes.emplace_back("\\NoAccess");
        if (one.old_name) listing.old_name = *one.old_name;
    }
}

}  // namespace imap
