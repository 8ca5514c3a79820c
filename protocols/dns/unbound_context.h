// libunbound's context with our settings: servers, trust anchors, bounds, what is remembered. unbound.conf(5).
#pragma once

#include <unbound.h>

#include "protocols/base/handle.h"
#include "protocols/dns/resolver.h"

namespace dns {

struct UnboundContext {
    base::Handle<ub_ctx, ub_ctx_delete> handle;
    bool forwards = false;  // to name servers that answer for all names; else it asks the domains' own
};

// Throws std::runtime_error. Without `validates` every answer is insecure.
UnboundContext make_unbound_context(const ResolverOptions& options, bool validates);

}  // namespace dns
