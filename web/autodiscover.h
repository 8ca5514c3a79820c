// The file from which Outlook configures itself: Autodiscover for POP3, IMAP and SMTP (MS-OXDSCLI §2.2.3, §2.2.4),
// which it asks for with its user's address. Pure.
#pragma once

#include <string>
#include <string_view>

#include "web/context.h"

namespace web {

// The answer to what Outlook has posted, whatever that was: without an address in it, Outlook takes the one it knows.
std::string autodiscover_document(const Options& options, std::string_view posted);

}  // namespace web
