// What an update of the DNS changes: our records against those that stand there. Pure. A domain has other records than
// ours, and its administrator may have chosen others in place of ours: those stay, and are told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/zone/record.h"
#include "server/zone/wire/message.h"

namespace server::zone {

// A name and type that an update looks at, and its records.
struct Standing {
    std::string name;
    std::uint16_t type = 0;
    std::vector<WireRecord> records;
    std::string alias{};  // where the name leads by a CNAME record; empty: nowhere
};

// What a domain should have, and no longer have.
struct Wishes {
    std::vector<Record> records;
    std::vector<std::string> withdrawn;  // names of DKIM keys whose records go
    std::string host;                    // our name
    bool replace = false;                // others' records that stand in place of ours go, too
};

struct Change {
    const Standing* standing = nullptr;
    std::vector<WireRecord> removed;
    std::vector<WireRecord> added;
};
struct UpdatePlan {
    std::vector<Change> changes;      // in the order of the records
    std::vector<std::string> others;  // what was left as it is, and why: a line each
};

// The names and types to look at, in their order.
std::vector<Standing> to_look_at(const Wishes& wishes);

// `standing`: of to_look_at(), with the records that are there. It must outlive the plan.
UpdatePlan plan_update(const Wishes& wishes, const std::vector<Standing>& standing);

// The changes as one zone's update, which is refused if one of the names has changed meanwhile (RFC 2136 §2.4).
Update update_of(const std::string& zone, const std::vector<Change>& changes);

// A record as a value; nullopt: of a type, or with contents, that we have none of.
std::optional<Data> data_of(const WireRecord& record);
// One line, as in a zone file; of unknown types by RFC 3597.
std::string line_of(const WireRecord& record);

}  // namespace server::zone
