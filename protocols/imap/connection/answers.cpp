// Writes responses: tagged, untagged, goodbye. RFC 3501 §7.1; RFC 5530.
#include "protocols/imap/connection/answers.h"

#include <utility>

#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/refusals.h"
#include "protocols/net/stream.h"
#include "protocols/services/event_log.h"

namespace imap {

using wire::Condition;

wire::ResponseWriter Answers::say() { return wire::ResponseWriter(stream_.output(), enabled_.utf8); }

void Answers::begin(std::string tag) {
    tag_ = std::move(tag);
    reply_.clear();
    limit_code_.reset();
    reports_no_changes_ = false;
}

void Answers::answer(Condition condition, std::string_view text, std::string_view code) {
    reply_.clear();
    wire::ResponseWriter(reply_, enabled_.utf8).status(tag_, condition, code, text);
}

// If the answer has another code, the limit is reported before it. RFC 9738 §3.
void Answers::ok(std::string_view text, std::string_view code) {
    constexpr std::string_view limited = "Only the last messages that one command may work on";
    if (!limit_code_) return answer(Condition::ok, text, code);
    if (code.empty()) return answer(Condition::ok, limited, *limit_code_);
    say().status("*", Condition::no, *limit_code_, limited);
    answer(Condition::ok, text, code);
}

void Answers::limit(std::uint32_t most, storage::Uid oldest) {
    limit_code_ = "MESSAGELIMIT " + std::to_string(most) + " " + std::to_string(oldest.value);
}

void Answers::no(std::string_view text, std::string_view code) { answer(Condition::no, text, code); }

void Answers::no(const storage::Refusal& refusal) {
    log_.refused({{"tag", tag_}, {"reason", refusal.text}});
    no(refusal.text, refusal_code(refusal.reason));
}

void Answers::no_target(const storage::Refusal& refusal) {
    if (refusal.reason != storage::Reason::no_such_mailbox) return no(refusal);
    no("There is no such mailbox", "TRYCREATE");
}

void Answers::bad(std::string_view text, std::string_view code) { answer(Condition::bad, text, code); }

void Answers::send() { stream_.write(std::exchange(reply_, {})); }

void Answers::end(services::Ending ending) {
    if (!ending_) ending_ = std::move(ending);
}

void Answers::end(services::EndReason reason, std::string_view bye) {
    say().status("*", Condition::bye, {}, bye);
    end(services::Ending{reason});
}

void Answers::end_after_answer(services::EndReason reason, std::string_view bye) {
    wire::ResponseWriter(reply_, enabled_.utf8).status("*", Condition::bye, {}, bye);
    end(services::Ending{reason});
}

}  // namespace imap
