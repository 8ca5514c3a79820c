// Capabilities and their values in the session object. RFC 8620 §2.
#include "web/jmap/capabilities.h"

#include "web/jmap/wire/query.h"

namespace jmap {
namespace {

Json core_of_server(const Limits& limits) {
    return {{"maxSizeUpload", limits.size_upload},
            {"maxConcurrentUpload", limits.concurrent_upload},
            {"maxSizeRequest", limits.request.size_request},
            {"maxConcurrentRequests", limits.concurrent_requests},
            {"maxCallsInRequest", limits.request.calls_in_request},
            {"maxObjectsInGet", limits.objects_in_get},
            {"maxObjectsInSet", limits.objects_in_set},
            {"collationAlgorithms", collations}};
}

constexpr Capability capabilities[] = {
    {core_capability, core_of_server, nullptr},  // RFC 8620 §2
};

}  // namespace

std::span<const Capability> all_capabilities() { return capabilities; }

}  // namespace jmap
