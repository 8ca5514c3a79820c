// Lists and their members. Names and addresses ignore the case of ASCII letters (COLLATE NOCASE).
#include "storage/lists.h"

#include <algorithm>
#include <optional>
#include <set>
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

constexpr unsigned nested_lists = 10;
constexpr std::size_t most_reached = 10'000;

std::unexpected<Refusal> no_such_list(const std::string& name) {
    return refuse(Reason::no_such_alias, "no such list: " + name);
}

std::optional<std::int64_t> list_id(Connection& connection, std::string_view name) {
    auto found = connection.statement("SELECT id FROM mailing_list WHERE name = ?");
    if (!found.bind(name).step()) return std::nullopt;
    return found.column<std::int64_t>(0);
}

bool is_list_name(const std::string& name) {
    const std::string_view local = std::string_view(name).substr(0, name.rfind('@'));
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    return local.size() <= list_name_octets && std::ranges::all_of(local, fits);
}

Result<std::int64_t> make_list(Connection& connection, const ListChange& change, const std::string& name,
                               std::int64_t now) {
    const std::string domain = name.substr(name.rfind('@') + 1);
    if (!domain_is_ours(connection, domain)) return refuse(Reason::no_such_domain, "no such domain: " + domain);
    if (!is_list_name(name)) {
        return refuse(Reason::invalid_name,
                      "the name of a list has at most 30 letters, digits, \"-\", \"_\" and \".\": " + name);
    }
    if (account_id(connection, name)) return refuse(Reason::already_exists, "an account has that name: " + name);
    if (alias_exists(connection, name)) return refuse(Reason::already_exists, "an alias has that name: " + name);
    if (change.owners.empty()) return refuse(Reason::invalid_name, "a new list needs an owner: " + name);
    auto made =
        connection.statement("INSERT INTO mailing_list (name, posting, created_at) VALUES (?, ?, ?) RETURNING id");
    made.bind(name, change.posting.value_or(ListPosting::members), now).step();
    return made.column<std::int64_t>(0);
}

// At our domains in normal form, others as they are given.
Result<std::string> member_address(Connection& connection, const std::string& list, const std::string& given) {
    const std::optional<AddressParts> parts = split_address(given);
    std::optional<std::string> address;
    if (parts && domain_is_ours(connection, parts->domain)) address = normal_address(given);
    if (parts && !address && is_forward_path(given) && given.size() <= 254) address = given;
    if (!address) return refuse(Reason::invalid_name, "not an address: " + given);
    if (*address == list) return refuse(Reason::invalid_name, "a list cannot be its own member: " + list);
    return *address;
}

Result<std::monostate> put_member(Connection& connection, std::int64_t list, const std::string& name,
                                  const std::string& given, bool owner) {
    Result<std::string> address = member_address(connection, name, given);
    if (!address) return std::unexpected(std::move(address.error()));
    connection.run(
        "INSERT INTO list_member (list_id, address, receives, owner) VALUES (?, ?, ?, ?) ON CONFLICT (list_id, "
        "address) "
        "DO UPDATE SET receives = CASE WHEN excluded.receives = 1 THEN 1 ELSE receives END, owner = CASE WHEN "
        "excluded.owner = 1 THEN 1 ELSE owner END",
        list, *address, !owner, owner);
    return std::monostate();
}

Result<std::monostate> add(Connection& connection, const ListChange& change, std::size_t most, std::int64_t now) {
    const std::optional<std::string> name = normal_address(change.name);
    if (!name) return refuse(Reason::invalid_name, "not an address: " + change.name);
    std::optional<std::int64_t> id = list_id(connection, *name);
    if (id && change.posting) connection.run("UPDATE mailing_list SET posting = ? WHERE id = ?", *change.posting, *id);
    if (!id) {
        Result<std::int64_t> made = make_list(connection, change, *name, now);
        if (!made) return std::unexpected(std::move(made.error()));
        id = *made;
    }
    for (const bool owner : {false, true}) {
        for (const std::string& given : owner ? change.owners : change.members) {
            Result<std::monostate> put = put_member(connection, *id, *name, given, owner);
            if (!put) return put;
        }
    }
    auto count = connection.statement("SELECT count(*) FROM list_member WHERE list_id = ?");
    count.bind(*id).step();
    if (count.column<std::uint64_t>(0) > most)
        return refuse(Reason::too_many, "a list has at most " + std::to_string(most) + " members");
    return std::monostate();
}

Result<std::monostate> remove(Connection& connection, const std::string& given,
                              const std::vector<std::string>& members) {
    const std::string name = normal_address(given).value_or(given);
    const std::optional<std::int64_t> id = list_id(connection, name);
    if (!id) return no_such_list(name);
    for (const std::string& member : members) {
        if (connection.run("DELETE FROM list_member WHERE list_id = ? AND address = ?", *id, member) == 0)
            return refuse(Reason::no_such_alias, member + " is no member of " + name);
    }
    if (!members.empty()) return std::monostate();
    connection.run("DELETE FROM list_member WHERE list_id = ?", *id);
    connection.run("DELETE FROM mailing_list WHERE id = ?", *id);
    return std::monostate();
}

std::vector<ListMember> members_of(Connection& connection, std::int64_t list) {
    std::vector<ListMember> members;
    auto rows = connection.statement(
        "SELECT id, address, receives, owner, bounces, paused_at FROM list_member WHERE list_id = ? ORDER BY id");
    rows.bind(list);
    while (rows.step()) {
        auto [id, address, receives, owner, bounces, paused_at] =
            rows.row<std::int64_t, std::string, bool, bool, std::uint32_t, std::int64_t>();
        members.push_back({.id = id,
                           .address = std::move(address),
                           .receives = receives,
                           .owner = owner,
                           .bounces = bounces,
                           .paused_at = paused_at});
    }
    return members;
}

std::vector<MailingList> read_lists(Connection& connection, const std::string& name) {
    std::vector<MailingList> lists;
    {
        auto rows =
            connection.statement("SELECT id, name, posting FROM mailing_list WHERE name = ? OR ? = '' ORDER BY name");
        rows.bind(name, name);
        while (rows.step()) {
            auto [id, found, posting] = rows.row<std::int64_t, std::string, ListPosting>();
            lists.push_back({.id = id, .name = std::move(found), .posting = posting, .members = {}});
        }
    }
    for (MailingList& list : lists) list.members = members_of(connection, list.id);
    return lists;
}

// Follows members, each address once.
class Reach {
  public:
    Reach(Snapshot& snapshot, Connection& connection) : snapshot_(snapshot), connection_(connection) {}

    void follow(const std::string& list, unsigned depth) {
        if (depth > nested_lists || !lists_.insert(list).second) return;
        const std::optional<std::int64_t> id = list_id(connection_, list);
        if (!id) return;
        for (const ListMember& member : members_of(connection_, *id)) {
            if (member.receives && member.paused_at == 0 && reached_ < most_reached) add(member, depth);
        }
    }
    ListDestinations take() { return std::move(found_); }

  private:
    void add(const ListMember& member, unsigned depth) {
        const Result<ResolvedRecipient> there = resolve_recipient(member.address)(snapshot_);
        if (!there && there.error().reason == Reason::no_such_domain) return add_elsewhere(member.id, member.address);
        if (!there) {
            found_.missing.push_back({.member = member.id, .address = member.address});
            return;
        }
        for (const ResolvedRecipient::Local& local : there->local) {
            if (!mailboxes_.insert(local.inbox.value).second) continue;
            ++reached_;
            found_.local.push_back(local);
        }
        for (const std::string& address : there->remote) add_elsewhere(member.id, address);
        for (const std::string& list : there->lists) follow(list, depth + 1);
    }
    void add_elsewhere(std::int64_t member, const std::string& address) {
        if (!addresses_.insert(ascii_lower(address)).second) return;
        ++reached_;
        found_.elsewhere.push_back({.member = member, .address = address});
    }

    Snapshot& snapshot_;
    Connection& connection_;
    ListDestinations found_;
    std::set<std::string> lists_;
    std::set<std::string> addresses_;
    std::set<std::int64_t> mailboxes_;
    std::size_t reached_ = 0;
};

}  // namespace

bool list_exists(Connection& connection, std::string_view name) { return list_id(connection, name).has_value(); }

std::vector<std::string> owners_behind(Connection& connection, std::string_view address) {
    std::vector<std::string> owners;
    const std::size_t at = address.rfind('@');
    for (const std::string_view end : {"-owner", "-bounces"}) {
        const std::string_view local = address.substr(0, at);
        if (at == std::string_view::npos || !local.ends_with(end)) continue;
        const std::string list =
            std::string(local.substr(0, local.size() - end.size())) + std::string(address.substr(at));
        auto rows = connection.statement(
            "SELECT address FROM list_member WHERE owner = 1 AND list_id = (SELECT id FROM mailing_list WHERE name = "
            "?) "
            "ORDER BY id");
        rows.bind(list);
        while (rows.step()) owners.push_back(rows.column<std::string>(0));
    }
    return owners;
}

void note_bounce(Connection& connection, std::int64_t member, std::int64_t now) {
    connection.run(
        "UPDATE list_member SET bounces = CASE WHEN last_bounce_at < ? THEN 1 ELSE bounces + 1 END, last_bounce_at = ? "
        "WHERE id = ?",
        now - bounces_forgotten_after, now, member);
    connection.run("UPDATE list_member SET paused_at = ?, told = 0 WHERE id = ? AND paused_at = 0 AND bounces >= ?",
                   now, member, bounces_until_pause);
}

void leave_list(Connection& connection, const ListLeaver& leaver) {
    connection.run(
        "DELETE FROM list_member WHERE owner = 0 AND address = ? AND list_id = (SELECT id FROM mailing_list WHERE name "
        "= "
        "?)",
        leaver.address, leaver.list);
    connection.run(
        "UPDATE list_member SET receives = 0 WHERE owner = 1 AND address = ? AND list_id = (SELECT id FROM "
        "mailing_list "
        "WHERE name = ?)",
        leaver.address, leaver.list);
}

void delete_lists_of(Connection& connection, std::string_view domain) {
    connection.run(
        "DELETE FROM list_member WHERE list_id IN (SELECT id FROM mailing_list WHERE substr(name, instr(name, '@') + "
        "1) "
        "= ?)",
        domain);
    connection.run("DELETE FROM mailing_list WHERE substr(name, instr(name, '@') + 1) = ?", domain);
}

Operation<std::monostate> add_to_list(ListChange change, std::int64_t now) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::monostate>> {
                return add(batch.connection(), change, batch.options().sending_on.members_per_list, now);
            }};
}

Operation<std::monostate> remove_from_list(std::string name, std::vector<std::string> members) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::monostate>> {
                return remove(batch.connection(), name, members);
            }};
}

Operation<std::monostate> resume_list_member(std::string name, std::string address) {
    return {
        Durability::synced, [=](Batch& batch) -> std::optional<Result<std::monostate>> {
            const auto resumed = batch.connection().run(
                "UPDATE list_member SET paused_at = 0, bounces = 0, last_bounce_at = 0, told = 1 WHERE address = ? AND "
                "list_id = (SELECT id FROM mailing_list WHERE name = ?)",
                address, normal_address(name).value_or(name));
            if (resumed == 0) return refuse(Reason::no_such_alias, address + " is no member of " + name);
            return std::monostate();
        }};
}

Query<std::vector<MailingList>> list_lists() {
    return [](Snapshot& snapshot) -> Result<std::vector<MailingList>> {
        return read_lists(engine::connection_of(snapshot), "");
    };
}

Query<MailingList> find_list(std::string name) {
    return [=](Snapshot& snapshot) -> Result<MailingList> {
        std::vector<MailingList> found =
            read_lists(engine::connection_of(snapshot), normal_address(name).value_or("nobody"));
        if (found.empty()) return no_such_list(name);
        return std::move(found.front());
    };
}

Query<std::string> list_left_by(std::string address) {
    return [=](Snapshot& snapshot) -> Result<std::string> {
        constexpr std::string_view end = "-unsubscribe";
        const std::optional<std::string> name = normal_address(address);
        const std::size_t at = name ? name->rfind('@') : std::string::npos;
        if (!name || !std::string_view(*name).substr(0, at).ends_with(end)) return std::string();
        std::string list = name->substr(0, at - end.size()) + name->substr(at);
        return list_exists(engine::connection_of(snapshot), list) ? list : std::string();
    };
}

Query<ListDestinations> resolve_list(std::string name) {
    return [=](Snapshot& snapshot) -> Result<ListDestinations> {
        Reach reach(snapshot, engine::connection_of(snapshot));
        reach.follow(name, 0);
        return reach.take();
    };
}

Query<std::vector<PausedMember>> untold_pauses() {
    return [](Snapshot& snapshot) -> Result<std::vector<PausedMember>> {
        std::vector<PausedMember> paused;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT list_member.id, name, address FROM list_member JOIN mailing_list ON mailing_list.id = list_id "
            "WHERE "
            "told = 0 ORDER BY list_member.id LIMIT 100");
        while (rows.step()) {
            auto [id, list, address] = rows.row<std::int64_t, std::string, std::string>();
            paused.push_back({.id = id, .list = std::move(list), .address = std::move(address)});
        }
        return paused;
    };
}

Operation<std::monostate> mark_pause_told(std::int64_t member) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::monostate>> {
                batch.connection().run("UPDATE list_member SET told = 1 WHERE id = ?", member);
                return std::monostate();
            }};
}

}  // namespace storage
