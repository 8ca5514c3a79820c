// Capabilities, accounts and URLs. RFC 8620 §2.
#include "web/jmap/session_object.h"

#include <fmt/format.h>

#include "web/jmap/call.h"
#include "web/jmap/capabilities.h"

namespace jmap {
namespace {

Json stateless_object(const Context& context) {
    const std::string account = account_id_text(context.identity.account);
    Json object = {
        {"username", context.identity.name},
        {"apiUrl", context.base_url + "/jmap"},
        {"downloadUrl", context.base_url + "/jmap/download/{accountId}/{blobId}/{name}?type={type}"},
        {"uploadUrl", context.base_url + "/jmap/upload/{accountId}"},
        {"eventSourceUrl", context.base_url + "/jmap/events?types={types}&closeafter={closeafter}&ping={ping}"}};
    Json& own = object["accounts"][account];
    own = {{"name", context.identity.name},
           {"isPersonal", true},
           {"isReadOnly", false},
           {"accountCapabilities", Json::object()}};
    object["primaryAccounts"] = Json::object();
    for (const Capability& capability : all_capabilities()) {
        const std::string uri(capability.uri);
        object["capabilities"][uri] = capability.of_server(context.limits);
        if (capability.of_account == nullptr) continue;
        own["accountCapabilities"][uri] = capability.of_account(context.limits);
        object["primaryAccounts"][uri] = account;
    }
    return object;
}

// It changes with anything in the object, and is the same after a restart: FNV-1a (Fowler, Noll, Vo).
std::string state_of(const Json& object) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : to_text(object)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return fmt::format("{:016x}", hash);
}

}  // namespace

Json session_object(const Context& context) {
    Json object = stateless_object(context);
    object["state"] = state_of(object);
    return object;
}

std::string session_state(const Context& context) { return state_of(stateless_object(context)); }

}  // namespace jmap
