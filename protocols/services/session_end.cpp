// Words for reasons, and reasons for exceptions (end_reason.h, session_end.h). Each protocol decides what the client is
// told.
#include "protocols/services/session_end.h"

#include "protocols/base/expects.h"

namespace services {

namespace {

EndReason reason_of(net::Interrupted::Cause cause) {
    switch (cause) {
        case net::Interrupted::Cause::shutdown:
            return EndReason::shutdown;
        case net::Interrupted::Cause::logged_out:
            return EndReason::logged_out;
        case net::Interrupted::Cause::crowded_out:
            break;
    }
    return EndReason::crowded_out;
}

}  // namespace

std::string_view word_of(EndReason reason) {
    switch (reason) {
        case EndReason::quit:
            return "quit";
        case EndReason::gone:
            return "gone";
        case EndReason::tls_failed:
            return "tls-failed";
        case EndReason::timeout:
            return "timeout";
        case EndReason::shutdown:
            return "shutdown";
        case EndReason::logged_out:
            return "logged-out";
        case EndReason::crowded_out:
            return "crowded-out";
        case EndReason::turned_away:
            return "turned-away";
        case EndReason::too_many_errors:
            return "too-many-errors";
        case EndReason::too_many_commands:
            return "too-many-commands";
        case EndReason::too_many_login_failures:
            return "too-many-login-failures";
        case EndReason::too_many_recipients:
            return "too-many-recipients";
        case EndReason::too_many_messages:
            return "too-many-messages";
        case EndReason::too_much_data:
            return "too-much-data";
        case EndReason::lost_track:
            return "lost-track";
        case EndReason::http_request:
            return "http-request";
        case EndReason::fault:
            break;
    }
    return "fault";
}

bool ends_session(const std::exception& error) {
    return dynamic_cast<const net::PeerGone*>(&error) != nullptr ||
           dynamic_cast<const net::DeadlinePassed*>(&error) != nullptr ||
           dynamic_cast<const net::Interrupted*>(&error) != nullptr ||
           dynamic_cast<const base::BrokenExpectation*>(&error) != nullptr;
}

Ending ending_of(const std::exception& error) {
    if (const auto* failed = dynamic_cast<const HandshakeFailed*>(&error)) {
        return {.reason = failed->why(), .detail = failed->what(), .client_hears = false};
    }
    if (const auto* gone = dynamic_cast<const net::PeerGone*>(&error)) {
        return {.reason = EndReason::gone, .detail = gone->what(), .client_hears = false};
    }
    if (dynamic_cast<const net::DeadlinePassed*>(&error) != nullptr) return {.reason = EndReason::timeout};
    if (const auto* interrupted = dynamic_cast<const net::Interrupted*>(&error)) {
        return {.reason = reason_of(interrupted->cause())};
    }
    return {.reason = EndReason::fault};
}

}  // namespace services
