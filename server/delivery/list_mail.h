// What a mailing list adds to a message, and what it looks for in one. RFC 2369 (List-* fields), RFC 2919 (List-Id),
// RFC 3834 (automatic mail), RFC 5321 §3.9.2 (its own reverse-path). Pure. Subject and body stay as they are: a
// signature of the author's holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/delivery/seals.h"

namespace server::delivery {

// List-Id, List-Post and the others, with their line ends. `list`: "dev@example.org".
std::string list_fields(std::string_view list);
// "dev.example.org": a message with it has been here.
std::string list_id(std::string_view list);
// Fields of another list, which ours replace (RFC 2369 §4).
const std::vector<std::string_view>& list_field_names();

// The reverse-path of a member's copy, "dev-bounces=seal=stamp=17@example.org": a bounce says whose it is.
std::string bounce_address(const Seals& seals, std::string_view list, std::int64_t member);
// Whether an address looks like one.
bool is_bounce_address(std::string_view address);
// The member; nullopt if it was not made here, or more than three weeks ago.
std::optional<std::int64_t> bounced_member(const Seals& seals, std::string_view address);

// Of a list's address the one for its owners: "dev-owner@example.org".
std::string owner_address(std::string_view list);

// Whether an address looks like the one to which a member writes to leave: "dev-unsubscribe@example.org".
bool is_unsubscribe_address(std::string_view address);

// Why a message must not go to a list, by its header fields; empty if it may.
struct ListFacts {
    std::vector<std::string_view> list_id;         // values of such fields
    std::vector<std::string_view> auto_submitted;  // RFC 3834 §5
    std::vector<std::string_view> precedence;
};
std::string loop_fault(const ListFacts& facts, std::string_view list);
std::string automatic_fault(const ListFacts& facts);

// The list that a message is of (RFC 2919 §3), lower case, without <>; empty if that is not clear.
std::string list_identifier(const ListFacts& facts);

// Whether the beginning of a delivery report says that a recipient has failed for good (RFC 3464 §2.3.3).
bool tells_of_failure(std::string_view report);

}  // namespace server::delivery
