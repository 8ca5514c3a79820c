// The mailboxes that LIST and LSUB show. RFC 3501 §6.3.8, §6.3.9; RFC 5258 §3, §4 (combinations of options). All names
// are put into one sorted table first, in which children and subscribed descendants follow directly. The store creates
// superiors with a mailbox, so only subscribed names and others' mailboxes may lack them.
#include "protocols/imap/mailbox/mailbox_list.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "protocols/base/slices.h"
#include "protocols/base/text.h"
#include "protocols/imap/mailbox/special_use.h"
#include "protocols/imap/wire/list_pattern.h"
#include "storage/normal_names.h"

namespace imap {
namespace {

constexpr char separator = storage::hierarchy_delimiter;

struct Entry {
    const storage::Mailbox* mailbox = nullptr;
    bool subscribed = false;
};

// INBOX first, the others sorted by octets, inferiors right after their superior.
struct InListOrder {
    static bool is_inbox(std::string_view name) { return name == "INBOX" || name.starts_with("INBOX/"); }
    static bool before(char a, char b) {
        const auto rank = [](char c) { return c == separator ? 0 : static_cast<unsigned char>(c); };
        return rank(a) < rank(b);
    }
    bool operator()(std::string_view a, std::string_view b) const {
        if (is_inbox(a) != is_inbox(b)) return is_inbox(a);
        return std::ranges::lexicographical_compare(a, b, before);
    }
};
using Table = std::map<std::string_view, Entry, InListOrder>;  // views the names that were read

bool is_below(std::string_view name, std::string_view superior) {
    return name.size() > superior.size() && name.starts_with(superior) && name[superior.size()] == separator;
}

bool is_selected(const Entry& entry, const wire::List::Selection& select) {
    if (select.subscribed && !entry.subscribed) return false;
    if (!select.subscribed && entry.mailbox == nullptr) return false;
    if (!select.special_use) return true;
    return entry.mailbox != nullptr && entry.mailbox->special_use != storage::SpecialUse::none;
}

// The result for one name alone.
struct Row {
    std::string_view name;
    const Entry* entry = nullptr;
    bool fits = false;        // matches one of the patterns
    bool fits_level = false;  // one that ends with '%': also shows levels that are not mailboxes (RFC 3501 §6.3.8)
    bool selected = false;    // by the options
};

// The names below a name, at any depth.
struct Descendants {
    bool exist = false;
    bool selected = false;  // one of them is
    bool hidden = false;    // a selected one matches no pattern: this name is shown for it (RFC 5258 §3.5)
    bool subscribed = false;

    void add(const Row& row) {
        exist = exist || row.entry->mailbox != nullptr;
        selected = selected || row.selected;
        hidden = hidden || (row.selected && !row.fits);
        subscribed = subscribed || row.entry->subscribed;
    }
    void add(const Descendants& below) {
        exist = exist || below.exist;
        selected = selected || below.selected;
        hidden = hidden || below.hidden;
        subscribed = subscribed || below.subscribed;
    }
};

// For each row. A row's superiors are before it in the table, so each row is passed on to its nearest superior once.
base::Slices find_descendants(const std::vector<Row>& rows, std::vector<Descendants>& below, base::Pace& pace) {
    constexpr std::size_t none = SIZE_MAX;
    std::vector<std::size_t> superiors(rows.size(), none);  // the nearest that has a row
    std::vector<std::size_t> open;                          // the previous row and its superiors
    for (std::size_t i = 0; i < rows.size(); ++i) {
        while (!open.empty() && !is_below(rows[i].name, rows[open.back()].name)) open.pop_back();
        if (!open.empty()) superiors[i] = open.back();
        open.push_back(i);
        co_await pace.step();
    }
    below.resize(rows.size());
    for (std::size_t i = rows.size(); i-- > 0;) {
        if (superiors[i] == none) continue;
        below[superiors[i]].add(rows[i]);
        below[superiors[i]].add(below[i]);
        co_await pace.step();
    }
}

// A level of the hierarchy, if the options ask for nothing else.
bool is_level(const Row& row, const Descendants& below, const wire::List::Selection& select) {
    return row.fits_level && row.entry->mailbox == nullptr && below.exist && !select.subscribed && !select.special_use;
}

// A missing mailbox is \NonExistent for clients that use LIST-EXTENDED, else \Noselect.
std::vector<std::string_view> attributes_of(const Entry& entry, const Descendants& below, const wire::List& command) {
    std::vector<std::string_view> attributes;
    if (entry.mailbox == nullptr) attributes.emplace_back(command.extended ? "\\NonExistent" : "\\Noselect");
    attributes.emplace_back(below.exist ? "\\HasChildren" : "\\HasNoChildren");
    const bool tell_subscribed = command.select.subscribed || command.returns.subscribed;
    if (tell_subscribed && entry.subscribed) attributes.emplace_back("\\Subscribed");
    if (entry.mailbox != nullptr && entry.mailbox->special_use != storage::SpecialUse::none) {
        attributes.emplace_back(special_use_name(entry.mailbox->special_use));
    }
    return attributes;
}

std::string with_inbox_in_capitals(std::string name) {
    constexpr std::string_view inbox = "INBOX";
    const bool in_inbox =
        base::istarts_with(name, inbox) && (name.size() == inbox.size() || name[inbox.size()] == separator);
    if (in_inbox) name.replace(0, inbox.size(), inbox);
    return name;
}

// One command's patterns, each once.
class Patterns {
  public:
    void add(std::string_view reference, std::string_view pattern) {
        wire::ListPattern ready(wire::join_reference(reference, pattern, separator), separator);
        if (!ready.has_wildcards()) {
            exact_.insert(with_inbox_in_capitals(ready.text()));
            return;
        }
        const auto [known, is_new] = known_.try_emplace(ready.text(), wild_.size());
        if (is_new) wild_.push_back({std::move(ready), false});
        if (pattern.ends_with('%')) wild_[known->second].shows_levels = true;
    }

    void judge(Row& row) const {
        row.fits = exact_.contains(row.name);
        for (const Wild& wild : wild_) {
            if (row.fits && (row.fits_level || !wild.shows_levels)) continue;
            if (!wild.pattern.matches(row.name)) continue;
            row.fits = true;
            row.fits_level = row.fits_level || wild.shows_levels;
        }
    }
    // The approximate cost of matching.
    std::size_t steps(std::string_view name) const { return 1 + wild_.size() * (name.size() + 16) / 8; }

  private:
    struct Wild {
        wire::ListPattern pattern;
        bool shows_levels = false;
    };
    std::set<std::string, std::less<>> exact_;  // without wildcards
    std::vector<Wild> wild_;
    std::unordered_map<std::string, std::size_t> known_;  // text to index in wild_
};

// A name, and what a lister makes of it: an entry of its table and a row, for each level that has no mailbox perhaps,
// and what is listed.
std::size_t octets_of(const std::string& name, bool with_superiors) {
    constexpr std::size_t of_a_level = 160;
    constexpr std::size_t of_a_listed_one = 128;
    const auto levels = 1 + (with_superiors ? std::ranges::count(name, separator) : 0);
    return name.capacity() + of_a_listed_one + of_a_level * static_cast<std::size_t>(levels);
}

std::size_t octets_of(const std::vector<storage::Mailbox>& mailboxes, bool with_superiors) {
    std::size_t octets = mailboxes.capacity() * sizeof(storage::Mailbox);
    for (const storage::Mailbox& mailbox : mailboxes) octets += octets_of(mailbox.name, with_superiors);
    return octets;
}

std::unexpected<storage::Refusal> too_much_memory() {
    return storage::refuse(storage::Reason::too_many, "your account is doing too much at once: try again later");
}

}  // namespace

// Each list is counted as soon as it is there: no more of these are unaccounted than the store has readers.
storage::Query<MailboxNames> read_mailbox_names(storage::AccountId account, std::shared_ptr<net::Allowance> allowance) {
    return [account, allowance = std::move(allowance)](storage::Snapshot& snapshot) -> storage::Result<MailboxNames> {
        net::Hold memory(net::Resource::memory, allowance);
        storage::Result<std::vector<storage::Mailbox>> mailboxes = storage::list_mailboxes(account)(snapshot);
        if (!mailboxes) return std::unexpected(mailboxes.error());
        std::size_t octets = octets_of(*mailboxes, false);
        if (!memory.set(octets)) return too_much_memory();
        storage::Result<std::vector<std::string>> subscriptions = storage::list_subscriptions(account)(snapshot);
        if (!subscriptions) return std::unexpected(subscriptions.error());
        for (const std::string& name : *subscriptions) octets += sizeof(std::string) + octets_of(name, true);
        if (!memory.set(octets)) return too_much_memory();
        storage::Result<std::vector<storage::Mailbox>> shared = storage::list_shared_mailboxes(account)(snapshot);
        if (!shared) return std::unexpected(shared.error());
        if (!memory.set(octets + octets_of(*shared, true))) return too_much_memory();
        std::ranges::move(*shared, std::back_inserter(*mailboxes));
        return MailboxNames{std::move(*mailboxes), std::move(*subscriptions), std::move(memory)};
    };
}

storage::Query<std::optional<MailboxNames>> read_few_mailbox_names(storage::AccountId account, std::size_t most,
                                                                   std::shared_ptr<net::Allowance> allowance) {
    return [=](storage::Snapshot& snapshot) -> storage::Result<std::optional<MailboxNames>> {
        const storage::Result<bool> more = storage::has_more_names(account, most)(snapshot);
        if (!more) return std::unexpected(more.error());
        if (*more) return std::nullopt;
        return read_mailbox_names(account, allowance)(snapshot);
    };
}

struct MailboxLister::Work {
    Work(wire::List asked, bool is_lsub, std::shared_ptr<const MailboxNames> known)
        : command(std::move(asked)), lsub(is_lsub), names(std::move(known)), slices(work()) {}

    wire::List command;
    bool lsub = false;
    std::shared_ptr<const MailboxNames> names;
    Table table{};
    Patterns patterns{};
    std::vector<Row> rows{};
    std::vector<Descendants> below{};
    std::vector<Listed> listed{};
    base::Pace pace{};
    base::Slices slices;

    base::Slices work() {
        std::array stages{fill_table(), judge(), find_descendants(rows, below, pace), list()};
        for (base::Slices& stage : stages) {
            while (stage.go_on()) co_yield base::pause;
        }
    }

    void add_superiors(std::string_view name) {
        for (auto at = name.rfind(separator); at != std::string_view::npos && at > 0;
             at = name.rfind(separator, at - 1)) {
            if (!table.try_emplace(name.substr(0, at)).second) break;  // its own superiors are there already
        }
    }

    base::Slices fill_table() {
        constexpr std::size_t steps_of_a_name = 100;
        for (const storage::Mailbox& mailbox : names->mailboxes) {
            table[mailbox.name].mailbox = &mailbox;
            if (storage::is_in_other_users(mailbox.name)) add_superiors(mailbox.name);
            co_await pace.step(steps_of_a_name);
        }
        const bool with_missing = lsub || command.select.subscribed;  // names without a mailbox, too
        for (const std::string& name : names->subscriptions) {
            co_await pace.step(steps_of_a_name);
            const auto known = table.find(name);
            if (known != table.end()) {
                known->second.subscribed = true;
            } else if (with_missing) {
                table[name].subscribed = true;
                add_superiors(name);
            }
        }
    }

    base::Slices judge() {
        constexpr std::size_t steps_of_a_pattern = 20;
        for (const std::string& pattern : command.patterns) {
            patterns.add(command.reference, pattern);
            co_await pace.step(steps_of_a_pattern);
        }
        rows.reserve(table.size());
        for (const auto& [name, entry] : table) {
            Row& row =
                rows.emplace_back(Row{.name = name, .entry = &entry, .selected = is_selected(entry, command.select)});
            patterns.judge(row);
            co_await pace.step(patterns.steps(name));
        }
    }

    base::Slices list() {
        constexpr std::size_t steps_of_a_row = 20;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            co_await pace.step(steps_of_a_row);
            const Row& row = rows[i];
            if (!row.fits) continue;
            if (lsub) {
                list_subscribed(row, below[i]);
                continue;
            }
            const bool stands_for_others = command.select.recursive_match && below[i].hidden;
            if (!row.selected && !stands_for_others && !is_level(row, below[i], command.select)) continue;
            listed.push_back({.name = row.name,
                              .mailbox = row.entry->mailbox,
                              .attributes = attributes_of(*row.entry, below[i], command),
                              .selected = row.selected,
                              .child_subscribed = command.select.recursive_match && below[i].selected});
        }
    }

    void list_subscribed(const Row& row, const Descendants& inferiors) {
        if (row.entry->subscribed) {
            listed.push_back({.name = row.name, .mailbox = row.entry->mailbox, .attributes = {}});
        } else if (row.fits_level && inferiors.subscribed) {
            listed.push_back({.name = row.name, .mailbox = row.entry->mailbox, .attributes = {"\\Noselect"}});
        }
    }
};

MailboxLister::MailboxLister(wire::List command, std::shared_ptr<const MailboxNames> names)
    : work_(std::make_unique<Work>(std::move(command), false, std::move(names))) {}

MailboxLister::MailboxLister(wire::Lsub command, std::shared_ptr<const MailboxNames> names) {
    wire::List list;
    list.reference = std::move(command.reference);
    list.patterns.push_back(std::move(command.pattern));
    work_ = std::make_unique<Work>(std::move(list), true, std::move(names));
}

MailboxLister::~MailboxLister() = default;

bool MailboxLister::is_much() const {
    constexpr std::size_t steps_of_a_name = 100;  // to put it into the table and into the list
    constexpr std::size_t steps_of_a_pattern = 64;
    const std::size_t count = work_->names->mailboxes.size() + work_->names->subscriptions.size();
    return count * (steps_of_a_name + work_->command.patterns.size() * steps_of_a_pattern) > 500'000;
}

bool MailboxLister::go_on() { return work_->slices.go_on(); }

std::vector<Listed> MailboxLister::take_listed() { return std::move(work_->listed); }

}  // namespace imap
