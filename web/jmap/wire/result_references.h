// Arguments that are taken from earlier responses of the same request: RFC 8620 §3.7. Pure.
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>

#include "web/jmap/wire/method_error.h"
#include "web/jmap/wire/request.h"

namespace jmap {

// The arguments with every "#name" replaced by what it refers to. Throws invalidResultReference, and invalidArguments
// if an argument is given in both ways. `most`: octets that may still be copied in this request, so that references to
// references do not grow without end.
Json resolve_references(Json arguments, std::span<const Invocation> responses, std::size_t& most);

// The ids of calls whose responses are referred to: no other response has to be kept.
std::set<std::string> referred_ids(std::span<const Invocation> calls);

}  // namespace jmap
