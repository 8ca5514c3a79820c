// Our domains and aliases; resolves an address to accounts here and addresses elsewhere (RFC 5321 §3.9). "+detail":
// RFC 5233. services and server handle relaying, and postmaster without a domain.
#include "storage/domains.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/list_rows.h"
#include "storage/normal_names.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

constexpr std::size_t most_addresses = 10'000;  // known for one recipient, so that nested aliases cannot explode

// The name of an alias in normal form; nullopt if it is neither an address nor "@domain".
std::optional<std::string> normal_alias(std::string_view name) {
    if (!name.starts_with('@')) return normal_address(name);
    const std::optional<std::string> domain = normal_domain(name.substr(1));
    if (!domain) return std::nullopt;
    return "@" + *domain;
}

// A target at our domains is stored in normal form, others as given: we must not change their local part.
std::optional<std::string> normal_target(Connection& connection, const std::string& target) {
    const std::optional<AddressParts> parts = split_address(target);
    if (!parts) return std::nullopt;
    if (domain_is_ours(connection, parts->domain)) return normal_address(target);
    return is_forward_path(target) ? std::optional(target) : std::nullopt;
}

Result<std::monostate> insert_alias(Connection& connection, const std::string& given,
                                    const std::vector<std::string>& targets) {
    const std::optional<std::string> name = normal_alias(given);
    if (!name) return refuse(Reason::invalid_name, "neither an address nor @domain: " + given);
    const std::string domain = name->substr(name->rfind('@') + 1);
    if (!domain_is_ours(connection, domain)) return refuse(Reason::no_such_domain, "no such domain: " + domain);
    if (account_id(connection, *name)) return refuse(Reason::already_exists, "an account has that name: " + *name);
    if (list_exists(connection, *name)) return refuse(Reason::already_exists, "a list has that name: " + *name);
    if (targets.empty()) return refuse(Reason::invalid_name, "an alias needs a target");
    std::vector<std::string> normal;
    for (const std::string& target : targets) {
        const std::optional<std::string> address = normal_target(connection, target);
        if (!address) return refuse(Reason::invalid_name, "not an address: " + target);
        if (*address == *name) return refuse(Reason::invalid_name, "an alias cannot lead to itself: " + *name);
        normal.push_back(*address);
    }
    for (const std::string& target : normal) {
        connection.run("INSERT INTO alias (name, target) VALUES (?, ?) ON CONFLICT DO NOTHING", *name, target);
    }
    return std::monostate();
}

Result<std::monostate> delete_alias(Connection& connection, const std::string& given,
                                    const std::vector<std::string>& targets) {
    const std::string name = normal_alias(given).value_or(given);
    auto known = connection.statement("SELECT 1 FROM alias WHERE name = ? LIMIT 1");
    if (!known.bind(name).step()) return refuse(Reason::no_such_alias, "no such alias: " + name);
    if (targets.empty()) connection.run("DELETE FROM alias WHERE name = ?", name);
    for (const std::string& target : targets) {
        const std::string address = normal_target(connection, target).value_or(target);
        if (connection.run("DELETE FROM alias WHERE name = ? AND target = ?", name, address) == 0) {
            return refuse(Reason::no_such_alias, address + " is no target of " + name);
        }
    }
    return std::monostate();
}

// Follows one address to all its destinations.
class Resolver {
  public:
    explicit Resolver(Connection& connection, const KnownAlias* known = nullptr)
        : connection_(connection), known_(known) {}

    Result<ResolvedRecipient> resolve(const std::string& address) {
        const std::optional<AddressParts> parts = split_address(address);
        if (!parts || !domain_is_ours(connection_, parts->domain)) {
            return refuse(Reason::no_such_domain, "not a domain of ours: " + address);
        }
        static_cast<void>(follow(*parts, {}, 0));  // if the address does not exist, nothing was found
        if (leads_to_too_many_) return refuse(Reason::too_many, "its aliases lead to too many addresses: " + address);
        for (const std::string& target : too_deep_) {
            if (!seen_.contains(target)) found_.missing.push_back(target);
        }
        if (found_.local.empty() && found_.remote.empty() && found_.lists.empty() && !is_known_) {
            return refuse(Reason::no_such_account, "nobody here has that address: " + address);
        }
        return std::move(found_);
    }

  private:
    // Tries the full local part, then the part before "+", then the domain's catch-all. False: no such address.
    bool follow(const AddressParts& parts, const std::string& detail, unsigned depth) {
        const std::string address = parts.local + "@" + parts.domain;
        if (leads_to_too_many_ || seen_.contains(address)) return true;
        if (depth > alias_depth) {
            too_deep_.insert(address);
        } else {
            seen_.insert(address);
        }
        leads_to_too_many_ = seen_.size() + too_deep_.size() > most_addresses;
        if (leads_to_too_many_ || depth > alias_depth) return true;
        if (answers(address, detail, depth)) return true;
        const std::size_t plus = parts.local.find('+');
        if (plus != std::string::npos && plus > 0) {
            const std::string base = parts.local.substr(0, plus) + "@" + parts.domain;
            const std::string own_detail = parts.local.substr(plus + 1);
            if (answers(base, own_detail, depth)) return true;
        }
        return follow_alias("@" + parts.domain, detail, depth);
    }

    bool answers(const std::string& name, const std::string& detail, unsigned depth) {
        return add_account(name, detail, depth) || follow_alias(name, detail, depth) || add_list(name, detail, depth);
    }

    // A list, or the address of its owners.
    bool add_list(const std::string& name, const std::string& detail, unsigned depth) {
        if (list_exists(connection_, name)) {
            if (depth == 0) found_.name = name;
            found_.lists.push_back(name);
            return true;
        }
        return follow_all(owners_behind(connection_, name), name, detail, depth);
    }

    bool add_account(const std::string& name, const std::string& detail, unsigned depth) {
        auto found = connection_.statement(
            "SELECT account.id, mailbox.id, iif(account.messages >= quota_messages, 0, max(0, quota_octets - "
            "used_octets))"
            " FROM account JOIN mailbox ON mailbox.account_id = account.id AND mailbox.name = 'INBOX'"
            " WHERE account.name = ?");
        if (!found.bind(name).step()) return false;
        const auto [account, inbox, room] = found.row<AccountId, MailboxId, std::optional<std::uint64_t>>();
        if (depth == 0) found_.name = name;
        if (accounts_.insert(account.value).second) {
            found_.local.push_back(
                {.account = account, .inbox = inbox, .account_name = name, .detail = detail, .room_octets = room});
        }
        return true;
    }

    bool follow_alias(const std::string& name, const std::string& detail, unsigned depth) {
        is_known_ = depth == 0 && known_ != nullptr && *known_ && (*known_)(name);
        if (is_known_) {
            found_.name = name;
            return true;
        }
        std::vector<std::string> targets;
        {
            auto rows = connection_.statement("SELECT target FROM alias WHERE name = ? ORDER BY target");
            rows.bind(name);
            while (rows.step()) targets.push_back(rows.column<std::string>(0));
        }
        return follow_all(targets, name, detail, depth);
    }

    bool follow_all(const std::vector<std::string>& targets, const std::string& name, const std::string& detail,
                    unsigned depth) {
        if (depth == 0 && !targets.empty()) found_.name = name;
        for (const std::string& target : targets) {
            const std::optional<AddressParts> parts = split_address(target);
            if (!parts) continue;
            if (domain_is_ours(connection_, parts->domain)) {
                if (!follow(*parts, detail, depth + 1)) found_.missing.push_back(target);
            } else if (elsewhere_.insert(target).second) {
                found_.remote.push_back(target);
            }
        }
        return !targets.empty();
    }

    Connection& connection_;
    const KnownAlias* known_;
    ResolvedRecipient found_;
    bool is_known_ = false;  // the address is an alias that the caller knows
    std::unordered_set<std::string> seen_;
    std::set<std::string> too_deep_;  // not followed there; a shorter way may lead to some of them
    bool leads_to_too_many_ = false;
    std::unordered_set<std::int64_t> accounts_;  // of found_.local
    std::unordered_set<std::string> elsewhere_;  // found_.remote
};

Result<std::monostate> delete_domain(Connection& connection, const std::string& given) {
    const std::string name = normal_domain(given).value_or(given);
    if (!domain_is_ours(connection, name)) return refuse(Reason::no_such_domain, "no such domain: " + given);
    auto accounts = connection.statement("SELECT 1 FROM account WHERE substr(name, instr(name, '@') + 1) = ? LIMIT 1");
    if (accounts.bind(name).step()) return refuse(Reason::in_use, "the domain has accounts: " + name);
    connection.run("DELETE FROM alias WHERE substr(name, instr(name, '@') + 1) = ?", name);
    connection.run("DELETE FROM dkim_key WHERE domain = ?", name);
    delete_lists_of(connection, name);
    connection.run("DELETE FROM domain WHERE name = ?", name);
    return std::monostate();
}

}  // namespace

Operation<std::monostate> add_domain(std::string name, std::int64_t now) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                const std::optional<std::string> domain = normal_domain(name);
                if (!domain) return refuse(Reason::invalid_name, "not a domain name: " + name);
                if (domain_is_ours(batch.connection(), *domain)) {
                    return refuse(Reason::already_exists, "domain exists: " + *domain);
                }
                batch.connection().run("INSERT INTO domain (name, created_at) VALUES (?, ?)", *domain, now);
                return std::monostate();
            }};
}

Operation<std::monostate> remove_domain(std::string name) {
    return {Durability::synced, [=](Batch& batch) -> Done { return delete_domain(batch.connection(), name); }};
}

Query<std::vector<std::string>> list_domains() {
    return [](Snapshot& snapshot) -> Result<std::vector<std::string>> {
        Connection& connection = engine::connection_of(snapshot);

        std::vector<std::string> domains;
        auto rows = connection.statement("SELECT name FROM domain ORDER BY name");
        while (rows.step()) domains.push_back(rows.column<std::string>(0));
        return domains;
    };
}

Operation<std::monostate> enforce_dmarc(std::string domain, std::optional<bool> enforced) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                const std::string name = normal_domain(domain).value_or(domain);
                if (batch.connection().run("UPDATE domain SET dmarc = ? WHERE name = ?", enforced, name) == 0)
                    return refuse(Reason::no_such_domain, "no such domain: " + name);
                return std::monostate();
            }};
}

Query<std::map<std::string, bool>> dmarc_by_domain() {
    return [](Snapshot& snapshot) -> Result<std::map<std::string, bool>> {
        std::map<std::string, bool> enforced;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT name, dmarc FROM domain WHERE dmarc IS NOT NULL ORDER BY name");
        while (rows.step()) enforced.emplace(rows.column<std::string>(0), rows.column<bool>(1));
        return enforced;
    };
}

Query<bool> is_our_domain(std::string domain) {
    return [=](Snapshot& snapshot) -> Result<bool> {
        return domain_is_ours(engine::connection_of(snapshot), normal_domain(domain).value_or(domain));
    };
}

Query<std::string> default_domain() {
    return [](Snapshot& snapshot) -> Result<std::string> {
        Connection& connection = engine::connection_of(snapshot);

        auto found = connection.statement("SELECT name FROM domain ORDER BY id LIMIT 1");
        if (!found.step()) return refuse(Reason::no_such_domain, "there is no domain yet");
        return found.column<std::string>(0);
    };
}

Operation<std::monostate> add_alias(std::string name, std::vector<std::string> targets) {
    return {Durability::synced, [=](Batch& batch) -> Done { return insert_alias(batch.connection(), name, targets); }};
}

Operation<std::monostate> remove_alias(std::string name, std::vector<std::string> targets) {
    return {Durability::synced, [=](Batch& batch) -> Done { return delete_alias(batch.connection(), name, targets); }};
}

Query<std::vector<Alias>> list_aliases() {
    return [](Snapshot& snapshot) -> Result<std::vector<Alias>> {
        Connection& connection = engine::connection_of(snapshot);

        std::vector<Alias> aliases;
        auto rows = connection.statement("SELECT name, target FROM alias ORDER BY name, target");
        while (rows.step()) {
            auto [name, target] = rows.row<std::string, std::string>();
            if (aliases.empty() || aliases.back().name != name) aliases.push_back({.name = name, .targets = {}});
            aliases.back().targets.push_back(std::move(target));
        }
        return aliases;
    };
}

bool ResolvedRecipient::takes(std::uint64_t octets) const {
    if (local.empty() || !remote.empty()) return true;
    return std::ranges::any_of(local, [octets](const Local& one) { return one.takes(octets); });
}

Query<ResolvedRecipient> resolve_recipient(std::string address, KnownAlias known) {
    return [address = std::move(address), known = std::move(known)](Snapshot& snapshot) {
        Connection& connection = engine::connection_of(snapshot);
        return Resolver(connection, &known).resolve(address);
    };
}

Query<bool> may_send_as(AccountId account, std::string address) {
    return [=](Snapshot& snapshot) -> Result<bool> {
        Connection& connection = engine::connection_of(snapshot);

        const Result<ResolvedRecipient> destinations = Resolver(connection).resolve(address);
        if (!destinations) return false;
        return std::ranges::any_of(destinations->local, [&](const auto& local) { return local.account == account; });
    };
}

}  // namespace storage
