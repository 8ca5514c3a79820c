// FETCH responses for new messages, for NOTIFY and UPDATE. RFC 5465 §5.2, §7; RFC 5267 §4.3.
#include "protocols/imap/changes/arrivals.h"

#include <algorithm>
#include <exception>
#include <map>
#include <string>
#include <utility>

#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/fetch/fetcher.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/services/event_log.h"
#include "protocols/services/session_end.h"

namespace imap {

using asio::awaitable;

namespace {

void add_new(std::vector<wire::FetchItem>& items, const std::vector<wire::FetchItem>& more) {
    for (const wire::FetchItem& item : more) {
        if (std::ranges::find(items, item) == items.end()) items.push_back(item);
    }
}

}  // namespace

void Arrivals::clear() {
    arrived_ = {};
    own_ = {};
}

// One FETCH response for each new message, even if several want it (RFC 5465 §5.2), but none for messages that this
// client has stored itself (§1, §5.2). They come after EXISTS and before ADDTO, as in §7; §5.2 has them after ADDTO.
awaitable<void> Arrivals::tell(const std::vector<ContextChange>& changes) {
    const storage::UidSet own = std::exchange(own_, {});
    const storage::UidSet arrived = std::exchange(arrived_, {});
    const UpdateContexts& contexts = selection_.contexts();
    const auto wants_some = [](const UpdateContext& context) { return !context.fetch_atts().empty(); };
    if (news_.fetch_atts().empty() && std::ranges::none_of(contexts, wants_some)) co_return;
    std::map<std::vector<bool>, storage::UidSet> by_contexts;  // by the contexts that have them now and ask for items
    for (const auto& [first, last] : arrived.ranges()) {
        for (std::uint64_t value = first.value; value <= last.value; ++value) {
            const storage::Uid uid{static_cast<std::uint32_t>(value)};
            if (own.contains(uid)) continue;
            std::vector<bool> holding(contexts.size());
            for (std::size_t i = 0; i < contexts.size(); ++i) {
                holding[i] = wants_some(contexts[i]) && changes[i].added.contains(uid);
            }
            by_contexts[std::move(holding)].insert(uid);
        }
    }
    for (auto& [holding, uids] : by_contexts) {
        std::vector<wire::FetchItem> items = news_.fetch_atts();
        for (std::size_t i = 0; i < contexts.size(); ++i) {
            if (holding[i]) add_new(items, contexts[i].fetch_atts());
        }
        if (!items.empty()) co_await fetch(std::move(uids), std::move(items));
    }
}

awaitable<void> Arrivals::fetch(storage::UidSet uids, std::vector<wire::FetchItem> items) {
    wire::Fetch command;
    command.uid = connection_.enabled.tells_uids();
    command.items = std::move(items);
    const auto is_modseq = [](const wire::FetchItem& item) { return item.kind == wire::FetchItem::Kind::mod_seq; };
    if (connection_.enabled.condstore && std::ranges::none_of(command.items, is_modseq)) {
        command.items.push_back({.kind = wire::FetchItem::Kind::mod_seq});
    }
    std::string fault;
    try {
        Fetcher fetcher(connection_, selection_, command);
        co_await fetcher.run(std::move(uids));
    } catch (const std::exception& error) {
        if (services::ends_session(error) || connection_.answers.literal_open()) throw;
        fault = error.what();
    }
    if (!fault.empty()) connection_.log.error("fault", {{"during", "notify"}, {"reason", fault}});
}

}  // namespace imap
