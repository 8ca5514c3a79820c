// Foo/changes: RFC 8620 §5.2, over changes that are numbered by MODSEQ. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "web/jmap/wire/arguments.h"

namespace jmap {

// A state: everything up to and including a MODSEQ; an intermediate one also has the records of the next MODSEQ with
// changes up to a number, since one operation may change more of them than a client takes.
struct State {
    std::uint64_t modseq = 0;
    std::uint64_t up_to = 0;  // of those changed at modseq + 1; 0: none
    friend bool operator==(const State&, const State&) = default;
};
std::string to_text(const State& state);
// nullopt: it is none of ours.
std::optional<State> parse_state(std::string_view text);

struct ChangesArguments {
    std::string since_text;
    State since;
    std::optional<std::uint64_t> most;  // maxChanges
};
// Throws invalidArguments, and cannotCalculateChanges if the state is none of ours, or later than `now`.
ChangesArguments read_changes(Arguments& arguments, const State& now);

// A record that has changed since, or may have: what is told already is left out by changes_since().
struct RecordChange {
    std::string id;
    std::uint64_t number = 0;   // of the record: each has its own, above 0, in any order
    std::uint64_t created = 0;  // the MODSEQ of each; 0: it has not been
    std::uint64_t updated = 0;  // the last time
    std::uint64_t destroyed = 0;
};

struct Changes {
    State state;  // the new one
    bool has_more = false;
    std::vector<std::string> created;
    std::vector<std::string> updated;
    std::vector<std::string> destroyed;
};
// The oldest changes first, so many as are asked for. A record that was created since is told as created where it was
// created, so that no intermediate state has it updated before.
Changes changes_since(const ChangesArguments& arguments, std::vector<RecordChange> records, const State& now);

Json changes_response(const std::string& account_id, const ChangesArguments& arguments, const Changes& changes);

}  // namespace jmap
