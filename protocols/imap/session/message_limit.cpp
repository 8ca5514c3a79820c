// MESSAGELIMIT: how many messages one command works on. RFC 9738 §3.
// The newest are dealt with; the answer says how far that came, and the client goes on below. What is all or nothing
// (COPY, THREAD, FETCH PARTIAL) is refused as a whole.
#include <algorithm>

#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/session/session.h"

namespace imap {

namespace {

storage::UidSet from_on(storage::Uid uid) {
    storage::UidSet uids;
    uids.insert(uid, storage::Uid{UINT32_MAX});
    return uids;
}

}  // namespace

bool Session::limit_is_near(const storage::UidSet& targets) const {
    const std::uint32_t most = options_.message_limit;
    const MessageNumbers& numbers = selected_->numbers();
    return most != 0 && numbers.size() > most && numbers.count_in(targets) > most;
}

bool Session::limit_messages(storage::UidSet& targets) {
    if (!limit_is_near(targets)) return false;
    limited_to_ = keep_newest(targets, options_.message_limit, selected_->numbers());
    return true;
}

// Only what is \Deleted counts: a client says the same command again until nothing is left (§3.1).
asio::awaitable<void> Session::limit_deleted(storage::UidSet& targets) {
    if (!limit_is_near(targets)) co_return;
    wire::Search search;
    search.key = {.kind = wire::SearchKey::Kind::flag, .flag = wire::system_flag::deleted};
    Searcher searcher = start_search();
    const std::vector<SearchMatch> deleted = co_await searcher.find_among(search, *selected_, keywords_, targets);
    if (deleted.size() <= options_.message_limit) co_return;
    limited_to_ = deleted[deleted.size() - options_.message_limit].uid;
    targets = targets.intersected(from_on(*limited_to_));
}

bool Session::refuse_over_limit(std::string_view text) {
    if (!limited_to_) return false;
    answer_no(text, "MESSAGELIMIT " + std::to_string(options_.message_limit));
    return true;
}

std::string Session::limit_code() const {
    return "MESSAGELIMIT " + std::to_string(options_.message_limit) + " " + std::to_string(limited_to_->value);
}

}  // namespace imap
