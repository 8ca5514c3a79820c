// What the session says: tagged answers, untagged lines, CAPABILITY. RFC 3501 §7.1, §7.2.1; RFC 5530.
// Codes for refusals come from refusals.cpp, commands' capabilities from wire/parse/rules.cpp: what is said here of
// log-in depends on this connection.
#include <algorithm>

#include "protocols/imap/session/refusals.h"
#include "protocols/imap/session/session.h"
#include "protocols/imap/wire/parse/rules.h"
#include "protocols/imap/wire/response/response.h"
#include "protocols/sasl/exchange.h"
#include "protocols/services/login.h"

namespace imap {

using wire::Condition;

wire::ResponseWriter Session::say() { return wire::ResponseWriter(stream_.output(), utf8_); }

void Session::answer(Condition condition, std::string_view text, std::string_view code) {
    reply_.clear();
    wire::ResponseWriter(reply_, utf8_).status(tag_, condition, code, text);
}

// Where the answer needs its code for something else, the limit is told before it. RFC 9738 §3.
void Session::answer_ok(std::string_view text, std::string_view code) {
    constexpr std::string_view limited = "Only the last messages that one command may work on";
    if (!limited_to_) return answer(Condition::ok, text, code);
    if (code.empty()) return answer(Condition::ok, limited, limit_code());
    say().status("*", Condition::no, limit_code(), limited);
    answer(Condition::ok, text, code);
}

void Session::answer_no(std::string_view text, std::string_view code) { answer(Condition::no, text, code); }

void Session::answer_no(const storage::Refusal& refusal) {
    log_.info("refused", {{"tag", tag_}, {"reason", refusal.text}});
    answer_no(refusal.text, refusal_code(refusal.reason));
}

void Session::answer_no_target(const storage::Refusal& refusal) {
    if (refusal.reason != storage::Reason::no_such_mailbox) return answer_no(refusal);
    answer_no("There is no such mailbox", "TRYCREATE");
}

void Session::answer_bad(std::string_view text) { answer(Condition::bad, text, {}); }

bool Session::plaintext_login_allowed() const {
    return services::password_may_be_sent(stream_, services_.authenticator);
}

bool Session::offers(const sasl::Mechanism& mechanism) const {
    const std::vector<std::string_view> offered = services::offered_mechanisms(stream_, services_.authenticator);
    return std::ranges::find(offered, mechanism.name) != offered.end();
}

std::string Session::capabilities() const {
    std::string text(wire::capabilities(state()));
    if (offers_uid_only_) text += " UIDONLY";
    if (identity_) {
        if (!stream_.is_deflating()) text += " COMPRESS=DEFLATE";
        if (options_.message_limit != 0) text += " MESSAGELIMIT=" + std::to_string(options_.message_limit);
        return text + " APPENDLIMIT=" + std::to_string(options_.message_octets);
    }
    if (!stream_.is_tls() && services_.tls != nullptr) text += " STARTTLS";
    if (!plaintext_login_allowed()) text += " LOGINDISABLED";
    for (const std::string_view mechanism : services::offered_mechanisms(stream_, services_.authenticator)) {
        text += " AUTH=";
        text += mechanism;
    }
    return text;
}

void Session::answer_capability_ok(std::string_view text) { answer_ok(text, "CAPABILITY " + capabilities()); }

bool Session::refuse_read_only() {
    if (!selected_->read_only()) return false;
    answer_no("The mailbox is open for reading only", "READ-ONLY");
    return true;
}

std::optional<storage::UidSet> Session::resolve(const wire::SequenceSet& set, bool uid) {
    std::optional<storage::UidSet> uids = selected_->resolve(set, uid);
    if (!uids) answer_bad("There is no message with such a number");
    return uids;
}

}  // namespace imap
