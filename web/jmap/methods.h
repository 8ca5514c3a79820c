// All methods in one table: name, capability, function.
#pragma once

#include <asio/awaitable.hpp>
#include <string_view>

#include "web/jmap/call.h"

namespace jmap {

struct Method {
    std::string_view name;        // "Mailbox/get"
    std::string_view capability;  // that a request must name to call it
    asio::awaitable<Json> (*function)(Call&);
};
// nullptr: there is no such method.
const Method* find_method(std::string_view name);

}  // namespace jmap
