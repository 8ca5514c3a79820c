// The selected mailbox, as reported to the client. RFC 3501 §7.2.6, §7.4.2; PERMANENTFLAGS: RFC 3501 §7.1, RFC 4314 §4.
#include "protocols/imap/selection/selection.h"

#include <algorithm>
#include <span>
#include <utility>

#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/options.h"
#include "protocols/imap/search/answer.h"
#include "protocols/net/stream.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;

std::vector<wire::NumberRange> ranges_of(const storage::UidSet& uids) {
    std::vector<wire::NumberRange> ranges;
    for (const storage::UidSet::Range& range : uids.ranges()) ranges.push_back({range.first.value, range.last.value});
    return ranges;
}

Selection::Selection(const Connection& connection)
    : connection_(connection), contexts_(connection), memory_(net::Resource::memory, connection.stream.allowance()) {}

void Selection::open(std::unique_ptr<SelectedMailbox> mailbox, std::vector<std::string> keywords) {
    mailbox_ = std::move(mailbox);
    set_keywords(std::move(keywords));
}

void Selection::close() {
    mailbox_.reset();
    set_keywords({});
    contexts_.clear();
    memory_.set(0);
}

void Selection::set_keywords(std::vector<std::string> keywords) {
    keywords_ = std::move(keywords);
    keywords_octets_ = keywords_.capacity() * sizeof(std::string);
    for (const std::string& keyword : keywords_) keywords_octets_ += keyword.size();
}

bool Selection::hold(std::uint64_t more) {
    if (mailbox_) more += mailbox_->octets() + keywords_octets_ + contexts_.octets();
    return memory_.set(more);
}

std::optional<storage::UidSet> Selection::resolve(const wire::SequenceSet& set, bool uid) {
    std::optional<storage::UidSet> uids = mailbox_->resolve(set, uid);
    if (!uids) connection_.answers.bad("There is no message with such a number");
    return uids;
}

bool Selection::refuse_read_only() {
    if (!mailbox_->read_only()) return false;
    connection_.answers.no("The mailbox is open for reading only", "READ-ONLY");
    return true;
}

bool Selection::is_over_limit(const storage::UidSet& targets) const {
    const std::uint32_t most = connection_.options.message_limit;
    const MessageNumbers& numbers = mailbox_->numbers();
    return most != 0 && numbers.size() > most && numbers.count_in(targets) > most;
}

// The newest are handled; the answer says down to which UID, and the client continues below it.
bool Selection::limit(storage::UidSet& targets) {
    if (!is_over_limit(targets)) return false;
    const std::uint32_t most = connection_.options.message_limit;
    connection_.answers.limit(most, keep_newest(targets, most, mailbox_->numbers()));
    return true;
}

bool Selection::refuse_over_limit(std::string_view text) {
    if (!connection_.answers.limit_code()) return false;
    connection_.answers.no(text, "MESSAGELIMIT " + std::to_string(connection_.options.message_limit));
    return true;
}

awaitable<void> Selection::learn_keywords(const storage::KeywordSet& used) {
    const auto is_known = [&](std::uint32_t number) { return number < keywords_.size() && !keywords_[number].empty(); };
    if (std::ranges::all_of(used.numbers(), is_known)) co_return;
    Result<std::vector<std::string>> keywords =
        co_await connection_.services.store.read(storage::list_keywords(mailbox_->access()));
    if (!keywords || *keywords == keywords_) co_return;
    set_keywords(*std::move(keywords));
    say_flags();
}

std::vector<std::string_view> Selection::keyword_names(const storage::KeywordSet& keywords) const {
    std::vector<std::string_view> names;
    if (keywords.empty()) return names;
    for (const std::uint32_t number : keywords.numbers()) {
        if (number < keywords_.size() && !keywords_[number].empty()) names.emplace_back(keywords_[number]);
    }
    return names;
}

bool Selection::is_recent(storage::Uid uid) const { return !connection_.enabled.rev2 && mailbox_->is_recent(uid); }

void Selection::say_flags() {
    std::vector<std::string_view> names(keywords_.begin(), keywords_.end());
    std::erase(names, std::string_view());
    wire::ResponseWriter out = connection_.answers.say();
    out.flags(storage::system_flag::all, names);
    const storage::Rights rights = mailbox_->read_only() ? storage::Rights{0} : mailbox_->rights();
    const std::uint8_t system = storage::changeable_flags(rights);
    const bool keywords = (rights & storage::right::write) != 0;
    const std::string code = wire::permanent_flags_code(
        system, keywords ? std::span<const std::string_view>(names) : std::span<const std::string_view>(), keywords);
    out.status("*", wire::Condition::ok, code, system != 0 ? "Flags are kept" : "Nothing can be changed");
}

wire::FetchWriter Selection::begin_fetch(std::uint32_t number, storage::Uid uid) {
    const auto& enabled = connection_.enabled;
    std::string& out = connection_.stream.output();
    if (enabled.uid_only) return {out, uid.value, enabled.utf8, wire::FetchName::uid};
    return {out, number, enabled.utf8};
}

void Selection::say_flags_of(std::uint32_t number, const storage::FlagChange::Changed& message, FlagItems items) {
    wire::FetchWriter fetch = begin_fetch(number, message.uid);
    if (items.uid) fetch.uid(message.uid.value);
    if (items.flags) {
        fetch.flags(message.flags.system, is_recent(message.uid), keyword_names(message.flags.keywords));
    }
    if (connection_.enabled.condstore) fetch.mod_seq(message.modseq.value);
    fetch.end();
}

void Selection::say_vanished_earlier(const storage::UidSet& uids) {
    connection_.answers.say().vanished(ranges_of(uids), true);
}

void Selection::say_highest_modseq(storage::ModSeq modseq, std::string_view why) {
    connection_.answers.say().status("*", wire::Condition::ok, "HIGHESTMODSEQ " + std::to_string(modseq.value), why);
}

// A parameter that implies CONDSTORE enables it, and the client is told HIGHESTMODSEQ. RFC 7162 §3.1.
void Selection::enable_condstore() {
    if (std::exchange(connection_.enabled.condstore, true)) return;
    if (mailbox_) say_highest_modseq(mailbox_->synced(), "Told from now on");
}

void Selection::take_in_own(storage::ModSeqStep step, const storage::UidSet& changed, const storage::UidSet& vanished) {
    if (step.after == storage::ModSeq{} || !mailbox_->apply_own(step, vanished)) return;
    if (!contexts_.empty()) contexts_.note(changed, vanished);
}

}  // namespace imap
