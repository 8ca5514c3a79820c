// Email/query, Email/queryChanges: RFC 8621 §4.4, §4.5. Newest first, which is what clients ask for, is read no further
// than needed; anything else looks at every email that may match. A text is looked up in the search index first.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>
#include <utility>

#include "storage/contents.h"
#include "storage/messages.h"
#include "storage/search_index.h"
#include "storage/store_await.h"
#include "web/jmap/email.h"
#include "web/jmap/mail/email_filter.h"

namespace jmap {
namespace {

using storage::EmailKey;
using storage::Result;
using storage::Snapshot;

constexpr std::size_t most_ids = 5'000;             // in one response
constexpr std::size_t most_changed = 5'000;         // looked at by queryChanges
constexpr std::size_t most_thread_emails = 10'000;  // likewise, of one thread
constexpr std::uint64_t worth_asking_index = 50;    // emails

struct Plan {
    storage::EmailAccess access;
    std::optional<EmailFilter> filter;
    std::vector<EmailComparator> sort;
    bool collapse = false;
    const storage::SearchIndex* index = nullptr;

    // By receivedAt alone.
    bool by_arrival() const {
        return sort.empty() || (sort.size() == 1 && sort[0].property == EmailComparator::Property::received_at);
    }
    bool newest_first() const { return by_arrival() && (sort.empty() || !sort[0].ascending); }
};

// An email that matches.
struct Found {
    EmailKey key;
    storage::ThreadId thread;
    std::vector<SortValue> values;
    std::size_t number = 0;  // in the order in which they were found
};

class QueryRun {
  public:
    // `enough`: results that are wanted, from the first on; nullopt: all.
    QueryRun(Snapshot& snapshot, const Plan& plan, std::optional<std::size_t> enough)
        : snapshot_(snapshot), plan_(plan), enough_(plan.newest_first() ? enough : std::nullopt) {}

    Result<std::vector<EmailKey>> run() {
        Result<storage::EmailScan> scan = where();
        if (!scan) return std::unexpected(std::move(scan.error()));
        storage::Query<std::monostate> query = storage::scan_emails(
            plan_.access, *std::move(scan), [this](const storage::ScannedEmail& email) { return see(email); });
        const Result<std::monostate> shown = query(snapshot_);
        if (!shown) return std::unexpected(shown.error());
        if (!plan_.newest_first()) sort();
        return results();
    }

  private:
    Result<storage::EmailScan> where() {
        storage::EmailScan scan;
        if (plan_.filter) {
            if (const auto mailboxes = mailboxes_of(*plan_.filter)) scan.mailboxes = *mailboxes;
        }
        if (scan.mailboxes.empty()) {
            Result<std::vector<storage::MailboxId>> all = storage::readable_mailboxes(plan_.access)(snapshot_);
            if (!all) return std::unexpected(std::move(all.error()));
            scan.mailboxes = *std::move(all);
        }
        const std::optional<storage::TextQuery> text = plan_.filter ? text_of(*plan_.filter) : std::nullopt;
        if (plan_.index != nullptr && text) narrow(scan, *text);
        return scan;
    }

    // A mailbox that may not be read is passed over later.
    void narrow(storage::EmailScan& scan, const storage::TextQuery& text) {
        for (const storage::MailboxId mailbox : scan.mailboxes) {
            const storage::Access access(mailbox, plan_.access.actor);
            Result<storage::UidSet> uids = storage::mailbox_uids(access)(snapshot_);
            if (!uids || uids->count() < worth_asking_index) continue;
            Result<storage::UidSet> fewer = plan_.index->narrow(access, *std::move(uids), text)(snapshot_);
            if (fewer) scan.only[mailbox] = *std::move(fewer);
        }
    }

    bool see(const storage::ScannedEmail& email) {
        const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
            if (!reader_ || read_ != email.content) {
                reader_ = std::make_unique<storage::ContentReader>(snapshot_, std::vector{email.content});
                reader_->open(email.content);
                read_ = email.content;
            }
            return reader_->read(offset, length);
        };
        EmailTexts texts(email, read);
        const auto holds = [&](const EmailCondition& condition) { return fulfils(condition, email, texts); };
        if (plan_.filter && !matches(*plan_.filter, holds)) return true;
        Found found{.key = {email.content, email.received_at}, .thread = {}, .values = {}, .number = found_.size()};
        if (plan_.collapse) found.thread = email.more.thread();
        if (plan_.newest_first() && plan_.collapse && !is_first(found.thread)) return true;
        if (!plan_.by_arrival()) {
            for (const EmailComparator& one : plan_.sort) found.values.push_back(sort_value(one, email, texts));
        }
        found_.push_back(std::move(found));
        return !enough_ || found_.size() < *enough_;
    }

    // Emails come with the newest first, and those that are equal stay so.
    void sort() {
        if (plan_.by_arrival()) {
            std::ranges::reverse(found_);
            return;
        }
        snapshot_.give_way();
        std::ranges::sort(found_, [this](const Found& a, const Found& b) {
            for (std::size_t i = 0; i < plan_.sort.size(); ++i) {
                const auto order = a.values[i] <=> b.values[i];
                if (order != 0) return (order < 0) == plan_.sort[i].ascending;
            }
            return a.number < b.number;
        });
    }

    // §4.4.3. One whose thread is not known yet is alone.
    bool is_first(storage::ThreadId thread) { return thread.value == 0 || threads_.insert(thread).second; }

    std::vector<EmailKey> results() {
        const bool collapses = plan_.collapse && !plan_.newest_first();
        std::vector<EmailKey> keys;
        keys.reserve(found_.size());
        for (const Found& found : found_) {
            if (!collapses || is_first(found.thread)) keys.push_back(found.key);
        }
        return keys;
    }

    Snapshot& snapshot_;
    const Plan& plan_;
    std::optional<std::size_t> enough_;
    std::unique_ptr<storage::ContentReader> reader_;
    storage::BlobId read_;
    std::vector<Found> found_;
    std::unordered_set<storage::ThreadId> threads_;
};

Plan read_plan(Call& call, const CallAccount& account, const storage::EmailState& state) {
    Plan plan{.access = email_access(call, account), .filter = {}, .sort = {}};
    if (const Json* filter = call.arguments.object_or_null("filter")) {
        FilterLimits limits;
        const std::function<EmailCondition(const Json&)> read = [&](const Json& json) {
            return read_email_condition(json, call.creation_ids, state.keywords);
        };
        plan.filter = read_filter<EmailCondition>(*filter, read, limits);
    }
    plan.sort = email_comparators(read_sort(call.arguments, is_sortable_email_property), state.keywords);
    plan.collapse = call.arguments.boolean("collapseThreads", false);
    plan.index = call.context.services.search_index;
    return plan;
}

struct Page {
    std::string state;
    std::size_t total = 0;
    std::size_t first = 0;
    std::vector<std::string> ids;
};

// How many results must be known, from the first on; nullopt: all.
std::optional<std::size_t> enough_for(const Window& window) {
    if (window.calculate_total || window.anchor || window.position < 0) return std::nullopt;
    return static_cast<std::size_t>(window.position) + window.limit.value_or(most_ids);
}

storage::Query<Page> query_page(Plan plan, Window window) {
    return [plan = std::move(plan), window = std::move(window)](Snapshot& snapshot) -> Result<Page> {
        const Result<storage::EmailState> state = storage::email_state(plan.access)(snapshot);
        if (!state) return std::unexpected(state.error());
        const Result<std::vector<EmailKey>> found = QueryRun(snapshot, plan, enough_for(window)).run();
        if (!found) return std::unexpected(found.error());
        const auto index_of = [&](const std::string& id) -> std::optional<std::size_t> {
            const auto anchor = storage::get_emails(plan.access, {id}, false)(snapshot);
            if (!anchor || !anchor->front()) return std::nullopt;
            const auto place =
                std::ranges::find(*found, EmailKey{anchor->front()->content, anchor->front()->received_at});
            if (place == found->end()) return std::nullopt;
            return static_cast<std::size_t>(place - found->begin());
        };
        Page page{.state = storage::state_text(state->modseq), .total = found->size()};
        page.first = first_of(window, found->size(), index_of);
        const std::size_t from = std::min(page.first, found->size());
        const std::size_t count = std::min<std::size_t>(window.limit.value_or(most_ids), found->size() - from);
        const auto begin = found->begin() + static_cast<std::ptrdiff_t>(from);
        Result<std::vector<std::string>> ids = storage::name_emails(
            plan.access, std::vector<EmailKey>(begin, begin + static_cast<std::ptrdiff_t>(count)))(snapshot);
        if (!ids) return std::unexpected(std::move(ids.error()));
        page.ids = *std::move(ids);
        return page;
    };
}

// What may have been in the results, or may have moved: whatever has changed, and the rest of its thread where that
// counts, too.
class ChangedEmails {
  public:
    ChangedEmails(Snapshot& snapshot, storage::EmailAccess access) : snapshot_(snapshot), access_(access) {}

    Result<std::monostate> find(const std::string& since) {
        const Result<storage::ObjectChanges> changes = storage::email_changes(access_, since, most_changed)(snapshot_);
        if (!changes) return std::unexpected(changes.error());
        if (changes->has_more) throw MethodError("tooManyChanges");
        for (const auto* some : {&changes->created, &changes->updated, &changes->destroyed}) {
            ids.insert(some->begin(), some->end());
        }
        const Result<storage::ObjectChanges> threads = storage::thread_changes(access_, since, most_changed)(snapshot_);
        if (!threads) return std::unexpected(threads.error());
        if (threads->has_more) throw MethodError("tooManyChanges");
        std::set<std::string> thread_ids(threads->updated.begin(), threads->updated.end());
        const std::vector<std::string> changed(ids.begin(), ids.end());
        const auto emails = storage::get_emails(access_, changed, false)(snapshot_);
        if (!emails) return std::unexpected(emails.error());
        for (const std::optional<storage::Email>& email : *emails) {
            if (email) thread_ids.insert(email->thread_id);
        }
        return add_members({thread_ids.begin(), thread_ids.end()});
    }

    std::set<std::string> ids;
    std::map<EmailKey, std::string> present;

  private:
    Result<std::monostate> add_members(std::vector<std::string> thread_ids) {
        const auto threads = storage::get_threads(access_, std::move(thread_ids), most_thread_emails)(snapshot_);
        if (!threads) return std::unexpected(threads.error());
        for (const std::optional<storage::EmailThread>& thread : *threads) {
            if (thread) ids.insert(thread->email_ids.begin(), thread->email_ids.end());
        }
        const std::vector<std::string> all(ids.begin(), ids.end());
        const auto emails = storage::get_emails(access_, all, false)(snapshot_);
        if (!emails) return std::unexpected(emails.error());
        for (const std::optional<storage::Email>& email : *emails) {
            if (email) present[{email->content, email->received_at}] = email->id;
        }
        return std::monostate();
    }

    Snapshot& snapshot_;
    storage::EmailAccess access_;
};

struct Delta {
    std::string state;
    std::set<std::string> removed;
    Json added = Json::array();
    std::size_t total = 0;
};

storage::Query<Delta> query_delta(Plan plan, std::string since) {
    return [plan = std::move(plan), since = std::move(since)](Snapshot& snapshot) -> Result<Delta> {
        const Result<storage::EmailState> state = storage::email_state(plan.access)(snapshot);
        if (!state) return std::unexpected(state.error());
        ChangedEmails changed(snapshot, plan.access);
        const Result<std::monostate> known = changed.find(since);
        if (!known) return std::unexpected(known.error());
        const Result<std::vector<EmailKey>> found = QueryRun(snapshot, plan, std::nullopt).run();
        if (!found) return std::unexpected(found.error());
        Delta delta{.state = storage::state_text(state->modseq), .removed = std::move(changed.ids)};
        for (std::size_t index = 0; index < found->size(); ++index) {
            const auto one = changed.present.find((*found)[index]);
            if (one != changed.present.end()) delta.added.push_back({{"id", one->second}, {"index", index}});
        }
        delta.total = found->size();
        return delta;
    };
}

asio::awaitable<storage::EmailState> state_of(Call& call, const CallAccount& account) {
    storage::Query<storage::EmailState> query = storage::email_state(email_access(call, account));
    co_return Call::unwrap(co_await call.context.store.read(std::move(query)));
}

}  // namespace

asio::awaitable<Json> email_query(Call& call) {
    const CallAccount account = call.account();
    const storage::EmailState state = co_await state_of(call, account);
    Plan plan = read_plan(call, account, state);
    const Window window = read_window(call.arguments, most_ids);
    call.arguments.end();
    storage::Query<Page> query = query_page(std::move(plan), window);
    Page page = Call::unwrap(co_await call.context.store.read_long(std::move(query)));
    Json response = {{"accountId", account.id_text},
                     {"queryState", std::move(page.state)},
                     {"canCalculateChanges", true},
                     {"position", page.first},
                     {"ids", std::move(page.ids)}};
    if (window.calculate_total) response["total"] = page.total;
    if (window.limited) response["limit"] = *window.limit;
    co_return response;
}

asio::awaitable<Json> email_query_changes(Call& call) {
    const CallAccount account = call.account();
    const storage::EmailState state = co_await state_of(call, account);
    Plan plan = read_plan(call, account, state);
    const QueryChangesArguments arguments = read_query_changes(call.arguments);
    call.arguments.end();
    storage::Query<Delta> query = query_delta(std::move(plan), arguments.since);
    Result<Delta> result = co_await call.context.store.read_long(std::move(query));
    if (!result && result.error().reason == storage::Reason::conflict) {
        throw MethodError("cannotCalculateChanges", result.error().text);
    }
    Delta delta = Call::unwrap(std::move(result));
    if (arguments.most && delta.removed.size() + delta.added.size() > *arguments.most) {
        throw MethodError("tooManyChanges");
    }
    Json response = {{"accountId", account.id_text},
                     {"oldQueryState", arguments.since},
                     {"newQueryState", std::move(delta.state)},
                     {"removed", std::move(delta.removed)},
                     {"added", std::move(delta.added)}};
    if (arguments.calculate_total) response["total"] = delta.total;
    co_return response;
}

}  // namespace jmap
