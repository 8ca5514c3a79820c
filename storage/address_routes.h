// Where mail for an address of ours would go, and why: each step that resolve_recipient (domains.h) takes, in words'
// reach.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/query.h"

namespace storage {

enum class RouteStep : std::uint8_t {
    account,    // its mailbox
    alias,      // followed by the steps of its targets, one deeper
    catch_all,  // the same
    list,       // a mailing list, followed by the members that get what is sent to it
    owners,     // of a list, the same
    elsewhere,  // another server's
    nobody,     // no such address here
    again,      // has been followed already: a loop, or several ways to it
    too_deep,   // more aliases than are followed
};

struct AddressStep {
    RouteStep kind = RouteStep::nobody;
    unsigned depth = 0;         // how many aliases led here
    std::string address;        // as the step before names it
    std::string name{};         // the account, alias or catch-all that answers to it
    std::string detail{};       // what follows "+" (RFC 5233)
    bool suspended = false;     // nobody can log in to the account; it gets mail all the same
    bool full = false;          // its mailbox takes nothing now
    bool paused = false;        // as a member of the list before it, which has had too many bounces
    std::uint64_t targets = 0;  // of the alias
};

// Refuses no_such_domain if the domain is not ours. What one address leads to is shown to 10,000 steps.
Query<std::vector<AddressStep>> explain_address(std::string address);

}  // namespace storage
