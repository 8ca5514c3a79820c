// The maildrop, using the store's operations (maildrop.h). Marks are written with a delay, and UPDATE writes the last
// ones; messages are read in groups.
#include "protocols/pop3/maildrop.h"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/mime/ascii_header.h"
#include "protocols/pop3/wire/reply.h"
#include "storage/contents.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/store_await.h"

namespace pop3 {

using storage::Result;

namespace {

constexpr std::size_t ahead_growth = 4;

using Contents = std::vector<std::optional<std::string>>;

// Sets the sizes of messages that are sent with another size than stored. Both lists ascend by UID.
void put_text_sizes(std::vector<Maildrop::Entry>& entries, const std::vector<storage::MessageTextSizes>& others,
                    bool utf8) {
    auto entry = entries.begin();
    for (const auto& [uid, sizes] : others) {
        entry =
            std::find_if(entry, entries.end(), [&](const Maildrop::Entry& one) { return one.uid.value >= uid.value; });
        if (entry == entries.end()) return;
        if (entry->uid != uid) continue;
        entry->ascii_header = !utf8 && sizes.ascii_octets;
        entry->text_octets = entry->ascii_header ? *sizes.ascii_octets : sizes.octets;
    }
}

// Several blobs in one query; nullopt for one that is gone.
storage::Query<Contents> read_blobs(std::vector<Maildrop::Entry> entries) {
    return [entries = std::move(entries)](storage::Snapshot& snapshot) -> Result<Contents> {
        std::vector<storage::ContentRange> ranges;
        for (const Maildrop::Entry& entry : entries) ranges.push_back({entry.blob, 0, entry.size_octets});
        return snapshot.read_contents(ranges);
    };
}

// Wakes a log-in that waits for the maildrop. Waits on the session's thread, rings from the store's.
struct Bell {
    explicit Bell(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    bool rung = false;
};

void ring(const std::shared_ptr<Bell>& bell) {
    asio::post(bell->timer.get_executor(), [bell] {
        bell->rung = true;
        bell->timer.cancel();
    });
}

}  // namespace

struct Maildrop::Listing {
    std::uint32_t uid_validity = 0;
    std::vector<Entry> entries;
    net::Hold memory;
};

Maildrop::Maildrop(storage::SessionStore store, const Options& options, std::string owner,
                   std::shared_ptr<net::Allowance> allowance)
    : store_(store), options_(options), owner_(std::move(owner)), allowance_(std::move(allowance)), marks_(options) {}

// nullopt if there are more than `most_in_all`.
storage::Query<std::optional<Maildrop::Listing>> Maildrop::list_messages(storage::Access access, bool utf8,
                                                                         std::size_t most_in_all) const {
    const std::size_t most = options_.snapshot_messages;
    return [=, allowance = allowance_](storage::Snapshot& snapshot) -> Result<std::optional<Listing>> {
        Result<storage::Mailbox> inbox = storage::get_mailbox(access)(snapshot);
        if (!inbox) return std::unexpected(std::move(inbox.error()));
        if (inbox->messages > most_in_all) return std::nullopt;
        Listing listing{inbox->uid_validity, {}, net::Hold(net::Resource::memory, allowance)};
        if (!listing.memory.set(inbox->messages * sizeof(Entry))) {
            return storage::refuse(storage::Reason::too_many, "the account's memory is used up");
        }
        listing.entries.reserve(inbox->messages);
        storage::UidSet rest = storage::UidSet::all();
        for (;;) {
            Result<std::vector<storage::Message>> messages =
                storage::read_messages(access, rest, false, most)(snapshot);
            if (!messages) return std::unexpected(std::move(messages.error()));
            for (const storage::Message& message : *messages) {
                listing.entries.push_back({.size_octets = message.size_octets,
                                           .blob = message.blob,
                                           .uid = message.uid,
                                           .text_octets = message.size_octets});
            }
            if (messages->size() < most) break;
            const storage::Uid last = messages->back().uid;
            if (last.value == std::numeric_limits<std::uint32_t>::max()) break;
            rest = {};
            rest.insert({last.value + 1}, {std::numeric_limits<std::uint32_t>::max()});
        }
        const Result<std::vector<storage::MessageTextSizes>> others = storage::read_text_sizes(access)(snapshot);
        if (!others) return std::unexpected(others.error());
        put_text_sizes(listing.entries, *others, utf8);
        return listing;
    };
}

// Releasing the lock is announced like any change of the account, so waiting subscribes to the account.
asio::awaitable<Result<storage::MailboxId>> Maildrop::lock(storage::AccountId account) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto bell = std::make_shared<Bell>(executor);
    bell->timer.expires_after(options_.maildrop_wait);
    storage::Subscription watch;
    for (bool first = true;; first = false) {
        bell->rung = false;
        storage::Operation<storage::MailboxId> operation = storage::lock_maildrop(account, owner_);
        Result<storage::MailboxId> locked = co_await store_.write(std::move(operation));
        const bool held = !locked && locked.error().reason == storage::Reason::in_use;
        if (!held || bell->timer.expiry() <= std::chrono::steady_clock::now()) co_return locked;
        if (first) {  // then try once more: it may have been released before we subscribed
            watch = store_.subscribe(account, [bell](const storage::Change&) { ring(bell); });
            continue;
        }
        if (bell->rung) continue;
        std::error_code rung_or_over;
        co_await bell->timer.async_wait(asio::redirect_error(asio::use_awaitable, rung_or_over));
    }
}

// Many messages are read where accounts take turns of a few milliseconds.
asio::awaitable<Result<std::optional<Maildrop::Listing>>> Maildrop::read_list(bool utf8) {
    const storage::Access access{*mailbox_, account_};
    storage::Query<std::optional<Listing>> few = list_messages(access, utf8, options_.snapshot_messages);
    Result<std::optional<Listing>> listing = co_await store_.read(std::move(few));
    if (!listing || *listing) co_return listing;
    storage::Query<std::optional<Listing>> many = list_messages(access, utf8, std::numeric_limits<std::size_t>::max());
    co_return co_await store_.read_long(std::move(many));
}

asio::awaitable<Result<std::monostate>> Maildrop::open(storage::LogIn log_in, bool utf8) {
    store_.log_in(log_in);
    Result<storage::MailboxId> locked = co_await lock(log_in.account);
    if (!locked) co_return std::unexpected(std::move(locked.error()));
    account_ = log_in.account;
    mailbox_ = *locked;  // from here on release() must be called
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    marks_.begin(executor, store_, *mailbox_, owner_);
    Result<std::optional<Listing>> listing;
    std::exception_ptr failure;
    try {
        listing = co_await read_list(utf8);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {  // or the session would go on with an empty listing
        co_await release();
        std::rethrow_exception(failure);
    }
    if (!listing) {
        co_await release();
        co_return std::unexpected(std::move(listing.error()));
    }
    uid_validity_ = (*listing)->uid_validity;
    entries_ = std::move((*listing)->entries);
    memory_ = std::move((*listing)->memory);
    count_ = entries_.size();
    for (const Entry& entry : entries_) octets_ += entry.text_octets;
    co_return std::monostate();
}

const Maildrop::Entry* Maildrop::find(wire::MessageNumber number) const {
    if (number == 0 || number > entries_.size() || entries_[number - 1].marked) return nullptr;
    return &entries_[number - 1];
}

// RFC 1939 §7: 1 to 70 characters, the same in every session, never reused.
void Maildrop::append_unique_id(wire::MessageNumber number, std::string& out) const {
    wire::append_number(out, uid_validity_);
    out += '.';
    wire::append_number(out, entries_[number - 1].uid.value);
}

// The message, and the next ones if the client reads one after the other: it will want them soon.
std::vector<wire::MessageNumber> Maildrop::choose_ahead(wire::MessageNumber number) {
    const bool in_order = number == next_expected_;
    ahead_count_ = in_order ? std::min(ahead_count_ * ahead_growth, options_.ahead_messages) : 1;
    std::vector<wire::MessageNumber> chosen{number};
    std::uint64_t octets = entries_[number - 1].size_octets;
    for (wire::MessageNumber next = number + 1; next <= size() && chosen.size() < ahead_count_; ++next) {
        const Entry& entry = entries_[next - 1];
        if (entry.marked) continue;
        octets += entry.size_octets;
        if (entry.size_octets > options_.chunk_octets || octets > options_.ahead_octets) break;
        chosen.push_back(next);
    }
    return chosen;
}

asio::awaitable<Result<std::string>> Maildrop::read_first(wire::MessageNumber number) {
    const Entry& wanted = entries_[number - 1];
    if (const auto found = ahead_.find(number); found != ahead_.end()) {
        std::string content = std::move(found->second);
        ahead_.erase(found);
        next_expected_ = number + 1;
        co_return content;
    }
    ahead_.clear();
    if (wanted.size_octets > options_.chunk_octets) {
        next_expected_ = number + 1;
        const std::size_t header = wanted.ascii_header ? mime::most_ascii_header_octets : 0;
        co_return co_await read(number, 0, std::max(options_.chunk_octets, header));
    }
    const std::vector<wire::MessageNumber> numbers = choose_ahead(number);
    next_expected_ = number + 1;
    std::vector<Entry> entries;
    for (const wire::MessageNumber chosen : numbers) entries.push_back(entries_[chosen - 1]);
    storage::Query<Contents> query = read_blobs(std::move(entries));
    Result<Contents> contents = co_await store_.read(std::move(query));
    if (!contents) co_return std::unexpected(std::move(contents.error()));
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        std::optional<std::string>& content = (*contents)[i];
        if (content) ahead_.emplace(numbers[i], std::move(*content));
    }
    std::optional<std::string>& content = contents->front();
    if (!content) co_return storage::refuse(storage::Reason::no_such_message, "the message is gone");
    co_return std::move(*content);
}

asio::awaitable<Result<std::string>> Maildrop::read(wire::MessageNumber number, std::uint64_t offset,
                                                    std::uint64_t length) {
    storage::Query<std::string> query =
        storage::read_content({*mailbox_, account_}, entries_[number - 1].blob, offset, length);
    co_return co_await store_.read(std::move(query));
}

void Maildrop::mark(wire::MessageNumber number) {
    base::expects(find(number) != nullptr, "only a message that is there is marked");
    Entry& entry = entries_[number - 1];
    entry.marked = true;
    --count_;
    octets_ -= entry.text_octets;
    marks_.add(entry.uid);
}

asio::awaitable<Result<std::monostate>> Maildrop::unmark_all() {
    static_cast<void>(marks_.take());  // must not be written any more
    storage::Operation<std::monostate> operation = storage::unmark_all(*mailbox_, owner_);
    Result<std::monostate> unmarked = co_await store_.write(std::move(operation));
    if (!unmarked) co_return unmarked;
    for (Entry& entry : entries_) {
        if (!entry.marked) continue;
        entry.marked = false;
        ++count_;
        octets_ += entry.text_octets;
    }
    co_return unmarked;
}

asio::awaitable<Result<storage::Expunged>> Maildrop::update() {
    const storage::MailboxId mailbox = *mailbox_;
    storage::UidSet rest = marks_.take();
    storage::Operation<storage::Expunged> operation = storage::update_maildrop(mailbox, owner_, std::move(rest));
    Result<storage::Expunged> expunged = co_await store_.write(std::move(operation));
    if (expunged) mailbox_.reset();  // else we still have the lock, and release() must be called
    co_return expunged;
}

asio::awaitable<void> Maildrop::release() {
    const std::optional<storage::MailboxId> mailbox = std::exchange(mailbox_, std::nullopt);
    if (!mailbox) co_return;
    static_cast<void>(marks_.take());  // must not be written any more
    storage::Operation<std::monostate> operation = storage::release_maildrop(*mailbox, owner_);
    const Result<std::monostate> released = co_await store_.write_unchecked(std::move(operation));
    static_cast<void>(released);  // it never refuses
}

}  // namespace pop3
