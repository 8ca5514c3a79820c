// For storage/*.cpp only: lists as rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/queue.h"

namespace storage {

bool list_exists(engine::Connection& connection, std::string_view name);
// Of the list whose address for its owners or for bounces this is: "name-owner@…", "name-bounces@…".
std::vector<std::string> owners_behind(engine::Connection& connection, std::string_view address);
// What was sent to this member has come back: the third in a row pauses it.
void note_bounce(engine::Connection& connection, std::int64_t member, std::int64_t now);
// This member gets no more of it; an owner stays one.
void leave_list(engine::Connection& connection, const ListLeaver& leaver);
void delete_lists_of(engine::Connection& connection, std::string_view domain);

}  // namespace storage
