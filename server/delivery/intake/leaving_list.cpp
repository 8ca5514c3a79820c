// IncomingMessage, where it asks that its author be taken off mailing lists (RFC 2369 §3.2): nobody is taken off by
// others. Our users ask where they have logged in; of others SPF or DKIM must prove that the mail is from their domain.
#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/mailauth/domain_name.h"
#include "server/delivery/intake/incoming_message.h"
#include "server/delivery/list_mail.h"
#include "storage/domains.h"
#include "storage/lists.h"
#include "storage/store_await.h"

namespace server::delivery {

using storage::Reason;
using storage::Result;

// Whether the author is who it seems to be.
asio::awaitable<Result<std::monostate>> IncomingMessage::check_leaver() {
    const std::string domain = author_.substr(author_.rfind('@') + 1);
    if (envelope_.reverse_path.empty() || !automatic_.empty())
        co_return storage::refuse(Reason::not_permitted, "no list is left by automatic mail");
    if (author_.empty() || !mailauth::normal_domain(domain))
        co_return storage::refuse(Reason::not_permitted,
                                  "a list is left by its member alone: From must have one address");
    if (envelope_.submitter) {
        const Result<bool> own = co_await is_own(author_);
        if (!own) co_return std::unexpected(own.error());
        if (*own) co_return std::monostate{};
        co_return storage::refuse(Reason::not_permitted, author_ + " is not an address of yours");
    }
    const Result<bool> ours = co_await house_.store.read(storage::is_our_domain(domain));
    if (!ours) co_return std::unexpected(ours.error());
    if (*ours) co_return storage::refuse(Reason::not_permitted, "log in to leave a list as " + author_);
    const bool judged = std::ranges::any_of(judged_authors_, [&](const std::string& author) {
        return mailauth::normal_domain(author) == mailauth::normal_domain(domain);
    });
    if (judged && unproven_.empty()) co_return std::monostate{};
    co_return storage::refuse(may_be_proven_ ? Reason::unavailable : Reason::not_permitted,
                              "neither SPF nor DKIM proves that this is from " + domain +
                                  ": ask the owners of the list, at its address with -owner");
}

// Only who is proven learns whether there is such a member.
asio::awaitable<Result<std::monostate>> IncomingMessage::add_leavers(storage::Acceptance& acceptance) {
    left_.clear();
    for (const services::IntakeRecipient& recipient : envelope_.recipients) {
        const std::string& name = recipient.recipient.left_list;
        if (name.empty()) continue;
        Done proven = co_await check_leaver();
        if (!proven) co_return proven;
        const Result<storage::MailingList> list = co_await house_.store.read(storage::find_list(name));
        if (!list) co_return storage::refuse(Reason::no_such_account, "the list is gone: " + name);
        const auto member = std::ranges::find_if(list->members, [&](const storage::ListMember& one) {
            return one.receives && base::iequals(one.address, author_);
        });
        if (member == list->members.end())
            co_return storage::refuse(Reason::not_permitted, author_ + " is no member of " + name);
        acceptance.leavers.push_back({.list = name, .address = member->address});
        left_.push_back(name);
    }
    co_return std::monostate{};
}

}  // namespace server::delivery
