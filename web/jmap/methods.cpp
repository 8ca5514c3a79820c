// The table of methods, in the order of the RFCs.
#include "web/jmap/methods.h"

#include <algorithm>
#include <iterator>

#include "web/jmap/capabilities.h"
#include "web/jmap/core.h"

namespace jmap {
namespace {

constexpr Method all_methods[] = {
    {"Core/echo", core_capability, core_echo},  // RFC 8620 §4
};

}  // namespace

const Method* find_method(std::string_view name) {
    const auto* found = std::ranges::find(all_methods, name, &Method::name);
    return found == std::end(all_methods) ? nullptr : found;
}

}  // namespace jmap
