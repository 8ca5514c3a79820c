// Which mailboxes LIST and LSUB show. RFC 3501 §6.3.8, §6.3.9; RFC 5258 §3, §4 (which combinations there are).
// Names are put into one sorted table first; children and subscribed descendants are then neighbours in it.
// The store makes superiors with a mailbox, so only subscribed names can lack them.
#include "protocols/imap/mailbox_list.h"

#include <algorithm>
#include <map>

#include "protocols/imap/special_use.h"
#include "protocols/imap/wire/list_pattern.h"

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
    for (const storage::Mailbox& mailbox : mailboxes) table[mailbox.name].mailbox = &mailbox;
    for (const std::string& name : subscriptions) {
        const auto known = table.find(name);
        if (known != table.end()) {
            known->second.subscribed = true;
        } else if (with_missing) {
            table[name].subscribed = true;
            for (auto at = name.rfind(separator); at != std::string::npos && at > 0;
                 at = name.rfind(separator, at - 1)) {
                table.try_emplace(name.substr(0, at));
            }
        }
    }
    return table;
}

bool is_below(std::string_view name, std::string_view superior) {
    return name.size() > superior.size() && name.starts_with(superior) && name[superior.size()] == separator;
}

struct Descendants {
    bool exist = false;
    bool subscribed = false;
    bool special_use = false;
};
Descendants descendants_of(const Table& table, Table::const_iterator superior) {
    Descendants found;
    for (auto next = std::next(superior); next != table.end() && is_below(next->first, superior->first); ++next) {
        found.exist = found.exist || next->second.mailbox != nullptr;
        found.subscribed = found.subscribed || next->second.subscribed;
        found.special_use = found.special_use || (next->second.mailbox != nullptr &&
                                                  next->second.mailbox->special_use != storage::SpecialUse::none);
        if (found.exist && found.subscribed && found.special_use) break;
    }
    return found;
}

bool is_selected(const Entry& entry, const wire::List::Selection& select) {
    if (select.subscribed && !entry.subscribed) return false;
    if (!select.subscribed && entry.mailbox == nullptr) return false;
    if (!select.special_use) return true;
    return entry.mailbox != nullptr && entry.mailbox->special_use != storage::SpecialUse::none;
}

// Fits itself, or (RECURSIVEMATCH) has something below it that does.
bool is_shown(const Entry& entry, const Descendants& below, const wire::List::Selection& select) {
    if (is_selected(entry, select)) return true;
    return select.recursive_match && select.subscribed && below.subscribed &&
           (!select.special_use || below.special_use);
}

std::vector<std::string_view> attributes_of(const Entry& entry, const Descendants& below, bool tell_subscribed) {
    std::vector<std::string_view> attributes;
    if (entry.mailbox == nullptr) attributes.emplace_back("\\NonExistent");
    attributes.emplace_back(below.exist ? "\\HasChildren" : "\\HasNoChildren");
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
        return MailboxNames{std::move(*mailboxes), std::move(*subscriptions)};
    };
}

std::vector<Listed> list_mailboxes(const wire::List& command, const std::vector<storage::Mailbox>& mailboxes,
                                   const std::vector<std::string>& subscriptions) {
    std::vector<std::string> patterns;
    for (const std::string& pattern : command.patterns) {
        patterns.push_back(wire::join_reference(command.reference, pattern, separator));
    }
    const Table table = make_table(mailboxes, subscriptions, command.select.subscribed);
    const bool tell_subscribed = command.select.subscribed || command.returns.subscribed;

    std::vector<Listed> listed;
    for (auto entry = table.begin(); entry != table.end(); ++entry) {
        const bool fits = std::ranges::any_of(patterns, [&](const std::string& pattern) {
            return wire::matches_list_pattern(pattern, entry->first, separator);
        });
        if (!fits) continue;
        const Descendants below = descendants_of(table, entry);
        if (!is_shown(entry->second, below, command.select)) continue;
        listed.push_back({.name = entry->first,
                          .mailbox = entry->second.mailbox,
                          .attributes = attributes_of(entry->second, below, tell_subscribed),
                          .selected = is_selected(entry->second, command.select),
                          .child_subscribed = command.select.recursive_match && below.subscribed});
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
        } else if (superiors_too && descendants_of(table, entry).subscribed) {
            listed.push_back({.name = entry->first, .mailbox = entry->second.mailbox, .attributes = {"\\Noselect"}});
        }
    }
    return listed;
}

}  // namespace imap
