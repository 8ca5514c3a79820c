// The table of methods, in the order of the RFCs.
#include "web/jmap/methods.h"

#include <algorithm>
#include <iterator>

#include "web/jmap/capabilities.h"
#include "web/jmap/core.h"
#include "web/jmap/email.h"
#include "web/jmap/identity.h"
#include "web/jmap/mailbox.h"
#include "web/jmap/push_subscription.h"
#include "web/jmap/quota.h"
#include "web/jmap/search_snippet.h"
#include "web/jmap/thread.h"
#include "web/jmap/vacation_response.h"

namespace jmap {
namespace {

constexpr Method all_methods[] = {
    {"Core/echo", core_capability, core_echo},                         // RFC 8620 §4
    {"PushSubscription/get", core_capability, push_subscription_get},  // §7.2.1
    {"PushSubscription/set", core_capability, push_subscription_set},  // §7.2.2
    {"Mailbox/get", mail_capability, mailbox_get},                     // RFC 8621 §2
    {"Mailbox/changes", mail_capability, mailbox_changes},
    {"Mailbox/query", mail_capability, mailbox_query},
    {"Mailbox/queryChanges", mail_capability, mailbox_query_changes},
    {"Mailbox/set", mail_capability, mailbox_set},
    {"Thread/get", mail_capability, thread_get},  // RFC 8621 §3
    {"Thread/changes", mail_capability, thread_changes},
    {"Email/get", mail_capability, email_get},  // RFC 8621 §4
    {"Email/changes", mail_capability, email_changes},
    {"Email/query", mail_capability, email_query},
    {"Email/queryChanges", mail_capability, email_query_changes},
    {"Email/set", mail_capability, email_set},
    {"Email/import", mail_capability, email_import},
    {"Email/parse", mail_capability, email_parse},
    {"SearchSnippet/get", mail_capability, search_snippet_get},  // RFC 8621 §5
    {"Identity/get", submission_capability, identity_get},       // RFC 8621 §6
    {"Identity/changes", submission_capability, identity_changes},
    {"Identity/set", submission_capability, identity_set},
    {"VacationResponse/get", vacation_capability, vacation_response_get},  // RFC 8621 §8
    {"VacationResponse/set", vacation_capability, vacation_response_set},
    {"Quota/get", quota_capability, quota_get},  // RFC 9425
    {"Quota/changes", quota_capability, quota_changes},
    {"Quota/query", quota_capability, quota_query},
    {"Quota/queryChanges", quota_capability, quota_query_changes},
};

}  // namespace

const Method* find_method(std::string_view name) {
    const auto* found = std::ranges::find(all_methods, name, &Method::name);
    return found == std::end(all_methods) ? nullptr : found;
}

}  // namespace jmap
