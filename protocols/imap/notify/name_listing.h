// What LIST says of names that are news, with all attributes as they are now: RFC 5465 §5.4, §5.5. Pure; writing it is
// changes/mailbox_news.h's.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "protocols/base/slices.h"
#include "protocols/imap/mailbox/mailbox_list.h"
#include "protocols/imap/notify/notifier.h"

namespace imap {

// Views the news.
struct ListedName {
    std::string_view name;
    std::vector<std::string_view> attributes;
    std::optional<std::string_view> old_name;
};
// In the order of the news, in slices of a few milliseconds. The arguments must outlive them; `names` is the state that
// the news is about.
base::Slices list_names(const News& news, const MailboxNames& names, std::vector<ListedName>& listed);

}  // namespace imap
