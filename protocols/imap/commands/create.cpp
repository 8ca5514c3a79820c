// CREATE. RFC 3501 §6.3.3; USE: RFC 6154 §3 (CREATE-SPECIAL-USE); MAILBOXID: RFC 8474 §4.1.
// Superiors that are missing are made by the store; names are judged there too.
// A special use is given once: a second mailbox for it would leave clients guessing (USEATTR).
#include <algorithm>

#include "protocols/imap/mailbox/special_use.h"
#include "protocols/imap/session/session.h"
#include "protocols/imap/wire/object_id.h"

namespace imap {

using asio::awaitable;
using storage::Result;
using storage::SpecialUse;

namespace {

// \All, \Flagged and \Important are views over other mailboxes, which we do not have.
bool can_be_assigned(SpecialUse use) {
    return use == SpecialUse::archive || use == SpecialUse::drafts || use == SpecialUse::junk ||
           use == SpecialUse::sent || use == SpecialUse::trash;
}

}  // namespace

awaitable<void> Session::run(wire::Create command) {
    SpecialUse use = SpecialUse::none;
    if (!command.special_use.empty()) {
        const std::optional<SpecialUse> named = find_special_use(command.special_use.front());
        if (command.special_use.size() > 1 || !named || !can_be_assigned(*named)) {
            answer_no("This special use cannot be given", "USEATTR");
            co_return;
        }
        const Result<std::vector<storage::Mailbox>> mailboxes =
            co_await services_.store.read(storage::list_mailboxes(account()));
        if (!mailboxes) {
            answer_no(mailboxes.error());
            co_return;
        }
        if (std::ranges::find(*mailboxes, *named, &storage::Mailbox::special_use) != mailboxes->end()) {
            answer_no("Another mailbox has this special use", "USEATTR");
            co_return;
        }
        use = *named;
    }
    const Result<storage::Mailbox> created =
        co_await services_.store.write(storage::create_mailbox(account(), command.mailbox, use));
    if (created) {
        caused(created->name);
        if (rev2_ && created->name != command.mailbox) co_await tell_name(*created, command.mailbox);
        answer_ok("Created", wire::mailbox_id_code(static_cast<std::uint64_t>(created->id.value)));
    } else {
        answer_no(created.error());
    }
}

}  // namespace imap
