// GETQUOTA, GETQUOTAROOT, SETQUOTA. RFC 9208 §4.1, §7.
// The session knows resources and roots. Numbers have 63 bits (RFC 9051 §9, number64).
#include <algorithm>
#include <utility>

#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

// setquota-resource = resource-name SP resource-limit
bool setquota_resource(Cursor& cursor, SetQuota& quota) {
    auto& [name, limit] = quota.limits.emplace_back();
    if (!cursor.word(name) || !cursor.sp() || !cursor.number64(limit)) return false;
    const auto named = [&](const auto& other) { return other.first == name; };
    return std::ranges::count_if(quota.limits, named) == 1 || cursor.fail("a resource is named twice");
}

}  // namespace

// getquota = "GETQUOTA" SP quota-root-name
bool parse_getquota(Cursor& cursor, AnyCommand& out) {
    GetQuota quota;
    if (!cursor.sp() || !cursor.astring(quota.root)) return false;
    out = std::move(quota);
    return true;
}

// getquotaroot = "GETQUOTAROOT" SP mailbox
bool parse_getquotaroot(Cursor& cursor, AnyCommand& out) {
    GetQuotaRoot quota;
    if (!cursor.sp() || !cursor.mailbox(quota.mailbox)) return false;
    out = std::move(quota);
    return true;
}

// setquota = "SETQUOTA" SP quota-root-name SP "(" [setquota-resource *(SP setquota-resource)] ")"
bool parse_setquota(Cursor& cursor, AnyCommand& out) {
    SetQuota quota;
    if (!cursor.sp() || !cursor.astring(quota.root) || !cursor.sp()) return false;
    if (!cursor.list([&](Cursor& at) { return setquota_resource(at, quota); })) return false;
    out = std::move(quota);
    return true;
}

}  // namespace imap::wire
