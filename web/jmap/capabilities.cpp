// Capabilities and their values in the session object. RFC 8620 §2.
#include "web/jmap/capabilities.h"

#include "storage/normal_names.h"
#include "web/jmap/mail/email_filter.h"
#include "web/jmap/mailbox_list.h"
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

Json empty_object(const Limits&) { return Json::object(); }

Json mail_of_account(const Limits& limits) {
    return {{"maxMailboxesPerEmail", nullptr},
            {"maxMailboxDepth", storage::mailbox_name_levels},
            {"maxSizeMailboxName", mailbox_name_octets},
            {"maxSizeAttachmentsPerEmail", limits.size_upload / 4 * 3},  // base64 makes four octets of three
            {"emailQuerySortOptions", email_sort_properties()},
            {"mayCreateTopLevelMailbox", true}};
}

Json submission_of_account(const Limits&) { return {{"maxDelayedSend", 0}, {"submissionExtensions", Json::object()}}; }

constexpr Capability capabilities[] = {
    {core_capability, core_of_server, nullptr},                    // RFC 8620 §2
    {mail_capability, empty_object, mail_of_account},              // RFC 8621 §1.3.1
    {submission_capability, empty_object, submission_of_account},  // RFC 8621 §1.3.2
    {vacation_capability, empty_object, empty_object},
    {quota_capability, empty_object, empty_object},  // RFC 9425 §2
};

}  // namespace

std::span<const Capability> all_capabilities() { return capabilities; }

}  // namespace jmap
