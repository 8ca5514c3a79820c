// Mailing lists: who gets what is sent to one, who may send to it, and members whose mail comes back. RFC 5321 §3.9.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/domains.h"
#include "storage/query.h"

namespace storage {

enum class ListPosting : std::uint8_t { members, anyone, owners };

inline constexpr std::size_t list_name_octets = 30;      // of its local part: addresses are made of it
inline constexpr std::uint32_t bounces_until_pause = 3;  // each within a week of the one before
inline constexpr std::int64_t bounces_forgotten_after = 604'800;

struct ListMember {
    std::int64_t id = 0;  // names it in the reverse-path of what it gets
    std::string address;  // here, or elsewhere
    bool receives = true;
    bool owner = false;
    std::uint32_t bounces = 0;   // in a row
    std::int64_t paused_at = 0;  // 0: it is not
};
struct MailingList {
    std::int64_t id = 0;
    std::string name;  // local@domain, its local part ASCII
    ListPosting posting = ListPosting::members;
    std::vector<ListMember> members;  // owners too
};

// What is added to a list, which is created if missing: then it needs an owner.
struct ListChange {
    std::string name;
    std::vector<std::string> members{};
    std::vector<std::string> owners{};
    std::optional<ListPosting> posting{};
};
// Refuses no_such_domain, already_exists (as an account or alias), invalid_name, too_many.
Operation<std::monostate> add_to_list(ListChange change, std::int64_t now);
Operation<std::monostate> remove_from_list(std::string name, std::vector<std::string> members);  // none: the list
// A member that is paused gets mail again. Refuses no_such_alias.
Operation<std::monostate> resume_list_member(std::string name, std::string address);
Query<std::vector<MailingList>> list_lists();
Query<MailingList> find_list(std::string name);  // refuses no_such_alias

// The list that "NAME-unsubscribe@…" is for; empty: there is none.
Query<std::string> list_left_by(std::string address);

// Whom a message to the list reaches, each once: members that are lists or aliases here are followed.
struct ListDestinations {
    std::vector<ResolvedRecipient::Local> local;
    struct Elsewhere {
        std::int64_t member = 0;
        std::string address;
    };
    std::vector<Elsewhere> elsewhere;
    std::vector<Elsewhere> missing;  // at our domains, but nobody is there
};
Query<ListDestinations> resolve_list(std::string name);

// Members that were paused, and whose owners are not told yet.
struct PausedMember {
    std::int64_t id = 0;
    std::string list;
    std::string address;
};
Query<std::vector<PausedMember>> untold_pauses();
Operation<std::monostate> mark_pause_told(std::int64_t member);

}  // namespace storage
