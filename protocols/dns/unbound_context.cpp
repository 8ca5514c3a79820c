#include "protocols/dns/unbound_context.h"

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace dns {
namespace {

// The root's keys of 2017 and 2024, as published by IANA, for systems whose dns-root-data is missing or old.
constexpr const char* root_anchors[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};
constexpr const char* debians_root_anchors = "/usr/share/dns/root.key";  // its package dns-root-data

// Zones that libunbound answers by itself (RFC 6761, RFC 6303): servers from the configuration may know them.
constexpr const char* zones_of_its_own[] = {
    "test.",
    "127.in-addr.arpa.",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
};

void check(int error, const std::string& what) {
    if (error != 0) throw std::runtime_error("resolver: " + what + ": " + ub_strerror(error));
}

void set(ub_ctx* to, const std::string& option, const std::string& value) {
    check(ub_ctx_set_option(to, option.c_str(), value.c_str()), option);
}

// Whether it forwards: without servers and without the file it asks the root servers itself.
bool add_servers(ub_ctx* to, const ResolverOptions& options) {
    if (options.servers.empty()) return ub_ctx_resolvconf(to, nullptr) == 0;
    set(to, "do-not-query-localhost:", "no");
    for (const std::string& server : options.servers) check(ub_ctx_set_fwd(to, server.c_str()), server);
    return true;
}

void add_trust_anchors(ub_ctx* to, const ResolverOptions& options) {
    const std::string& file = options.trust_anchor_file;
    if (!file.empty()) {
        errno = 0;
        if (!std::ifstream(file)) throw std::runtime_error(file + ": " + std::generic_category().message(errno));
        check(ub_ctx_add_ta_file(to, file.c_str()), file);
        return;
    }
    if (!options.trust_root) return;
    for (const char* anchor : root_anchors) check(ub_ctx_add_ta(to, anchor), "trust anchor");
    if (std::ifstream(debians_root_anchors)) check(ub_ctx_add_ta_file(to, debians_root_anchors), debians_root_anchors);
}

// What libunbound may take for all look-ups that are under way. How many these are is our own business: it has no bound
// for callers in its process (num-queries-per-thread, jostle-timeout are for clients of the network). Its caches have
// bounds, some megabytes in all.
void bound(ub_ctx* to, const ResolverOptions& options) {
    // By default 16 sockets and 2 connections, for which all would wait behind whoever needs them long.
    set(to, "outgoing-range:", std::to_string(sockets_for(options.lookups) - options.lookups));
    set(to, "outgoing-num-tcp:", std::to_string(options.lookups));
}

// What has failed, or is not there, may be mended or added at any time; and mail waits for it.
void forget_failures(ub_ctx* to, bool forwards) {
    set(to, "cache-max-negative-ttl:", "5");
    set(to, "val-bogus-ttl:", "5");
    set(to, "infra-keep-probing:", "yes");
    // A server that does not answer for some domain answers for others. libunbound would take it to be dead after some
    // look-ups without an answer, and fail all look-ups at once for a quarter of an hour.
    if (forwards) set(to, "infra-host-ttl:", "5");
}

}  // namespace

UnboundContext make_unbound_context(const ResolverOptions& options, bool validates) {
    UnboundContext made{.handle = base::Handle<ub_ctx, ub_ctx_delete>(ub_ctx_create())};
    ub_ctx* context = made.handle.get();
    if (context == nullptr) throw std::runtime_error("resolver: out of memory");
    check(ub_ctx_async(context, 1), "threads");
    made.forwards = add_servers(context, options);
    bound(context, options);
    forget_failures(context, made.forwards);
    // Their network's servers know the names of private addresses.
    if (made.forwards) set(context, "unblock-lan-zones:", "yes");
    if (validates) add_trust_anchors(context, options);
    // No option can be set after the first of these, which takes over what has been set.
    const std::string what = validates && !options.trust_anchor_file.empty() ? options.trust_anchor_file : "settings";
    check(ub_ctx_zone_remove(context, "none.invalid."), what);
    if (!options.servers.empty()) {
        for (const char* zone : zones_of_its_own) check(ub_ctx_zone_remove(context, zone), zone);
    }
    return made;
}

}  // namespace dns
