// STATUS' values. RFC 3501 §6.3.10; SIZE: RFC 8438; HIGHESTMODSEQ: RFC 7162 §3.1.7; DELETED, DELETED-STORAGE:
// RFC 9208 §4.1.4; APPENDLIMIT: RFC 7889 §3.1. The counters are columns of the mailbox; only RECENT must be counted,
// over the messages that no session has claimed yet.
#include "protocols/imap/selection/mailbox_status.h"

#include <algorithm>
#include <utility>

#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "storage/messages.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;
using wire::StatusItem;

namespace {

constexpr std::size_t most_recent_counted = 10'000;  // if there are more, this number is reported

std::uint64_t status_value(const storage::Mailbox& mailbox, StatusItem item, std::uint32_t recent,
                           const Options& options) {
    switch (item) {
        case StatusItem::messages:
            return mailbox.messages;
        case StatusItem::recent:
            return recent;
        case StatusItem::uid_next:
            return mailbox.uid_next.value;
        case StatusItem::uid_validity:
            return mailbox.uid_validity;
        case StatusItem::unseen:
            return mailbox.unseen;
        case StatusItem::deleted:
            return mailbox.deleted;
        case StatusItem::size:
            return mailbox.size_octets;
        case StatusItem::highest_mod_seq:
            return mailbox.highest_modseq.value;
        case StatusItem::mailbox_id:
            return static_cast<std::uint64_t>(mailbox.id.value);
        case StatusItem::deleted_storage:
            return mailbox.deleted_octets;
        case StatusItem::append_limit:
            return options.message_octets;
    }
    return 0;
}

awaitable<std::uint32_t> count_recent(const Connection& connection, const Selection& selection,
                                      const storage::Mailbox& mailbox) {
    if (selection.is(mailbox.id)) co_return selection->recent_count();
    if (mailbox.recent_from >= mailbox.uid_next) co_return 0;
    storage::UidSet uids;
    uids.insert(mailbox.recent_from, storage::Uid{UINT32_MAX});
    const storage::Access access(mailbox.id, connection.login.account());
    const Result<std::vector<storage::Message>> recent = co_await connection.services.store.read(
        storage::read_messages(access, std::move(uids), false, most_recent_counted));
    co_return recent ? static_cast<std::uint32_t>(recent->size()) : 0;
}

}  // namespace

awaitable<void> tell_status(Connection connection, const Selection& selection, const storage::Mailbox& mailbox,
                            const std::vector<StatusItem>& items) {
    std::uint32_t recent = 0;
    if (std::ranges::find(items, StatusItem::recent) != items.end()) {
        recent = co_await count_recent(connection, selection, mailbox);
    }
    std::vector<std::pair<StatusItem, std::uint64_t>> values;
    for (const StatusItem item : items)
        values.emplace_back(item, status_value(mailbox, item, recent, connection.options));
    connection.answers.say().mailbox_status(mailbox.name, values);
    co_await connection.stream.drain();
}

}  // namespace imap
