// Writes responses: untagged ones at once, a command's tagged answer after pending changes were reported, and the
// goodbye. RFC 3501 §7.1; RFC 5530. Knows no mailbox: the commands decide what to say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/imap/wire/response/response.h"
#include "protocols/services/end_reason.h"
#include "storage/result.h"
#include "storage/types.h"

namespace net {
class Stream;
}
namespace services {
class SessionLog;
}

namespace imap {

struct Enabled;

class Answers {
  public:
    // All of these must outlive it.
    Answers(net::Stream& stream, const Enabled& enabled, const services::SessionLog& log)
        : stream_(stream), enabled_(enabled), log_(log) {}

    // Untagged, at once.
    wire::ResponseWriter say();
    // A literal's size was written: until all of the literal is written, nothing else may be.
    void set_literal_open(bool open) { literal_open_ = open; }
    bool literal_open() const { return literal_open_; }

    // ---- the current command
    void begin(std::string tag);
    const std::string& tag() const { return tag_; }
    // Sets the tagged answer; the last call counts. Codes are without brackets.
    void ok(std::string_view text, std::string_view code = {});
    void no(std::string_view text, std::string_view code = {});
    void no(const storage::Refusal& refusal);
    // The same for a missing target mailbox, which the client may create: TRYCREATE (RFC 3501 §7.1).
    void no_target(const storage::Refusal& refusal);
    void bad(std::string_view text, std::string_view code = {});
    void answer(wire::Condition condition, std::string_view text, std::string_view code);
    // The command named more than `most` messages; it handles the newest, down to `oldest`. OK says so (RFC 9738 §3).
    void limit(std::uint32_t most, storage::Uid oldest);
    const std::optional<std::string>& limit_code() const { return limit_code_; }
    // The answer is complete: pending changes are not reported before it.
    void report_no_changes() { reports_no_changes_ = true; }
    bool reports_no_changes() const { return reports_no_changes_; }
    void send();

    // ---- the end of the conversation: after what is being answered, for a reason that is logged
    void end(services::Ending ending);                                        // a later one changes nothing
    void end(services::EndReason reason, std::string_view bye);               // with "* BYE bye", at once
    void end_after_answer(services::EndReason reason, std::string_view bye);  // the same, after the tagged answer
    bool ended() const { return ending_.has_value(); }
    const services::Ending& ending() const { return *ending_; }  // once it has ended

  private:
    net::Stream& stream_;
    const Enabled& enabled_;
    const services::SessionLog& log_;
    std::string tag_;
    std::string reply_;  // the complete tagged answer
    std::optional<std::string> limit_code_;
    bool reports_no_changes_ = false;
    bool literal_open_ = false;
    std::optional<services::Ending> ending_;
};

}  // namespace imap
