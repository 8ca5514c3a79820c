// Which mailboxes LIST and LSUB show. RFC 3501 §6.3.8, §6.3.9; RFC 5258 §3, §4 (which combinations there are).
// Names are put into one sorted table first; children and subscribed descendants are then neighbours in it.
// The store makes superiors with a mailbox, so only subscribed names and the mailboxes of others can lack them.
#include "protocols/imap/mailbox/mailbox_list.h"

#include <algorithm>
#include <iterator>
#include <map>

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

// INBOX first, the others by their octets, inferiors right behind their superior.
struct InListOrder {
    static bool is_inbox(std::string_view name) { return name == "INBOX" || name.starts_with("INBOX/"); }
    static bool before(char a, char b) {
        const auto rank = [](char c) { return c == separator ? 0 : static_cast<unsigned char>(c); };
        return rank(a) < rank(b);
    }
    bool operator()(const std::string& a, const std::string& b) const {
        if (is_inbox(a) != is_inbox(b)) return is_inbox(a);
        return std::ranges::lexicographical_compare(a, b, before);
    }
};
using Table = std::map<std::string, Entry, InListOrder>;

Table make_table(const std::vector<storage::Mailbox>& mailboxes, const std::vector<std::string>& subscriptions,
                 bool with_missing) {
    Table table;
    const auto add_superiors = [&](const std::string& name) {
        for (auto at = name.rfind(separator); at != std::string::npos && at > 0; at = name.rfind(separator, at - 1)) {
            table.try_emplace(name.substr(0, at));
        }
    };
    for (const storage::Mailbox& mailbox : mailboxes) {
        table[mailbox.name].mailbox = &mailbox;
        if (storage::is_in_other_users(mailbox.name)) add_superiors(mailbox.name);
    }
    for (const std::string& name : subscriptions) {
        const auto known = table.find(name);
        if (known != table.end()) {
            known->second.subscribed = true;
        } else if (with_missing) {
            table[name].subscribed = true;
            add_superiors(name);
        }
    }
    return table;
}

bool is_below(std::string_view name, std::string_view superior) {
    return name.size() > superior.size() && name.starts_with(superior) && name[superior.size()] == separator;
}

bool is_selected(const Entry& entry, const wire::List::Selection& select) {
    if (select.subscribed && !entry.subscribed) return false;
    if (!select.subscribed && entry.mailbox == nullptr) return false;
    if (!select.special_use) return true;
    return entry.mailbox != nullptr && entry.mailbox->special_use != storage::SpecialUse::none;
}

// What a command makes of one name by itself.
struct Row {
    const std::string* name = nullptr;
    const Entry* entry = nullptr;
    bool fits = false;        // one of the patterns
    bool fits_level = false;  // one that ends with '%': levels that are no mailboxes are shown too (RFC 3501 §6.3.8)
    bool selected = false;    // by the options
};

std::vector<Row> judge(const Table& table, const wire::List& command) {
    std::vector<std::string> patterns;
    for (const std::string& pattern : command.patterns) {
        patterns.push_back(wire::join_reference(command.reference, pattern, separator));
    }
    std::vector<Row> rows;
    rows.reserve(table.size());
    for (const auto& [name, entry] : table) {
        Row row{.name = &name, .entry = &entry, .selected = is_selected(entry, command.select)};
        for (const std::string& pattern : patterns) {
            if (!wire::matches_list_pattern(pattern, name, separator)) continue;
            row.fits = true;
            row.fits_level = row.fits_level || pattern.ends_with('%');
        }
        rows.push_back(row);
    }
    return rows;
}

struct Descendants {
    bool exist = false;
    bool selected = false;  // one of them is
    bool hidden = false;    // one that is selected fits no pattern: this name must stand for it (RFC 5258 §3.5)
};
Descendants descendants_of(const std::vector<Row>& rows, std::size_t superior) {
    Descendants found;
    for (std::size_t i = superior + 1; i < rows.size() && is_below(*rows[i].name, *rows[superior].name); ++i) {
        found.exist = found.exist || rows[i].entry->mailbox != nullptr;
        found.selected = found.selected || rows[i].selected;
        found.hidden = found.hidden || (rows[i].selected && !rows[i].fits);
        if (found.exist && found.hidden) break;
    }
    return found;
}

bool subscribed_below(const Table& table, Table::const_iterator superior) {
    for (auto next = std::next(superior); next != table.end() && is_below(next->first, superior->first); ++next) {
        if (next->second.subscribed) return true;
    }
    return false;
}

// A level of the hierarchy, and nothing but names was asked for.
bool is_level(const Row& row, const Descendants& below, const wire::List::Selection& select) {
    return row.fits_level && row.entry->mailbox == nullptr && below.exist && !select.subscribed && !select.special_use;
}

// What is not there is \NonExistent to clients that know LIST-EXTENDED; others know what \Noselect means.
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

}  // namespace

storage::Query<MailboxNames> read_mailbox_names(storage::AccountId account) {
    return [account](storage::engine::Connection& connection) -> storage::Result<MailboxNames> {
        storage::Result<std::vector<storage::Mailbox>> mailboxes = storage::list_mailboxes(account)(connection);
        if (!mailboxes) return std::unexpected(mailboxes.error());
        storage::Result<std::vector<std::string>> subscriptions = storage::list_subscriptions(account)(connection);
        if (!subscriptions) return std::unexpected(subscriptions.error());
        storage::Result<std::vector<storage::Mailbox>> shared = storage::list_shared_mailboxes(account)(connection);
        if (!shared) return std::unexpected(shared.error());
        std::ranges::move(*shared, std::back_inserter(*mailboxes));
        return MailboxNames{std::move(*mailboxes), std::move(*subscriptions)};
    };
}

std::vector<Listed> list_mailboxes(const wire::List& command, const std::vector<storage::Mailbox>& mailboxes,
                                   const std::vector<std::string>& subscriptions) {
    const Table table = make_table(mailboxes, subscriptions, command.select.subscribed);
    const std::vector<Row> rows = judge(table, command);
    std::vector<Listed> listed;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        if (!row.fits) continue;
        const Descendants below = descendants_of(rows, i);
        const bool stands_for_others = command.select.recursive_match && below.hidden;
        if (!row.selected && !stands_for_others && !is_level(row, below, command.select)) continue;
        listed.push_back({.name = *row.name,
                          .mailbox = row.entry->mailbox,
                          .attributes = attributes_of(*row.entry, below, command),
                          .selected = row.selected,
                          .child_subscribed = command.select.recursive_match && below.selected});
    }
    return listed;
}

std::vector<Listed> list_subscribed(const wire::Lsub& command, const std::vector<storage::Mailbox>& mailboxes,
                                    const std::vector<std::string>& subscriptions) {
    const std::string pattern = wire::join_reference(command.reference, command.pattern, separator);
    const bool superiors_too = pattern.ends_with('%');
    const Table table = make_table(mailboxes, subscriptions, true);

    std::vector<Listed> listed;
    for (auto entry = table.begin(); entry != table.end(); ++entry) {
        if (!wire::matches_list_pattern(pattern, entry->first, separator)) continue;
        if (entry->second.subscribed) {
            listed.push_back({.name = entry->first, .mailbox = entry->second.mailbox, .attributes = {}});
        } else if (superiors_too && subscribed_below(table, entry)) {
            listed.push_back({.name = entry->first, .mailbox = entry->second.mailbox, .attributes = {"\\Noselect"}});
        }
    }
    return listed;
}

}  // namespace imap
