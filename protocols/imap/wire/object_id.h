// Object identifiers as clients see them: MAILBOXID, EMAILID and THREADID. RFC 8474 §4, §5, §7 (objectid).
// A mailbox keeps its number for life, over every RENAME, and no other is ever given it. An email is its content and
// its internal date: all that may not change under one UID (§5.1), so a COPY has the EMAILID of its source. A thread is
// the store's, who knows which contents belong together: all with one EMAILID have one THREADID (§5.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imap::wire {

struct EmailId {
    std::int64_t content = 0;  // the store's number of it
    std::int64_t internal_date = 0;
    friend bool operator==(const EmailId&, const EmailId&) = default;
};

// "(F12)"
void append_mailbox_id(std::string& out, std::uint64_t mailbox);
// "(M12-1700000000)"
void append_email_id(std::string& out, const EmailId& email);

// "(T12)"; "NIL" for 0, where the thread is not known yet.
void append_thread_id(std::string& out, std::int64_t thread);

// Nothing where no thread can have this identifier.
std::optional<std::int64_t> parse_thread_id(std::string_view text);

// Nothing where no email can have this identifier.
std::optional<EmailId> parse_email_id(std::string_view text);

// objectid = 1*255(ALPHA / DIGIT / "_" / "-")
bool is_object_id(std::string_view text);

// "MAILBOXID (F12)", a response code.
std::string mailbox_id_code(std::uint64_t mailbox);

}  // namespace imap::wire
