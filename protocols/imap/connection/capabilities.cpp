// CAPABILITY. RFC 3501 §7.2.1. wire/parse/rules.cpp has the commands' capabilities; those that depend on the connection
// are added here.
#include "protocols/imap/connection/capabilities.h"

#include <string_view>

#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/wire/parse/rules.h"
#include "protocols/net/stream.h"
#include "protocols/services/login.h"

namespace imap {

std::string capabilities(const Connection& connection) {
    const auto& [stream, options, services, log, answers, enabled, login, waiting] = connection;
    std::string text(wire::capabilities(login.done() ? wire::state::authenticated : wire::state::not_authenticated));
    if (login.offers_uid_only) text += " UIDONLY";
    if (login.done()) {
        if (!stream.is_deflating()) text += " COMPRESS=DEFLATE";
        if (options.message_limit != 0) text += " MESSAGELIMIT=" + std::to_string(options.message_limit);
        return text + " APPENDLIMIT=" + std::to_string(options.message_octets);
    }
    if (!stream.is_tls() && services.tls != nullptr) text += " STARTTLS";
    if (!services::password_may_be_sent(stream, services.authenticator)) text += " LOGINDISABLED";
    for (const std::string_view mechanism : services::offered_mechanisms(stream, services.authenticator)) {
        text += " AUTH=";
        text += mechanism;
    }
    return text;
}

}  // namespace imap
