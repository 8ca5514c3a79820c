// Object identifiers for clients: MAILBOXID, EMAILID and THREADID. RFC 8474 §4, §5, §7 (objectid). A mailbox keeps its
// number for life, over every RENAME, and the number is never reused. An email is identified by content and internal
// date: what may not change under one UID (§5.1), so a COPY has the EMAILID of its source. The store seals these, and
// the number of the thread, so that they tell nothing of other accounts: 16 hexadecimal digits. What came before it did
// so keeps its open numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imap::wire {

struct EmailId {
    std::uint64_t number = 0;                   // sealed, or the content's
    std::optional<std::int64_t> internal_date;  // with the content's number
    friend bool operator==(const EmailId&, const EmailId&) = default;
};

struct ThreadId {
    std::uint64_t number = 0;
    bool sealed = false;
    friend bool operator==(const ThreadId&, const ThreadId&) = default;
};

// "(F12)"
void append_mailbox_id(std::string& out, std::uint64_t mailbox);
// "(M5b2a7f0c9d3e1846)", "(M12-1700000000)"
void append_email_id(std::string& out, const EmailId& email);

// "(T5b2a7f0c9d3e1846)", "(T12)"; "NIL" for an open 0, if the thread is not known yet.
void append_thread_id(std::string& out, const ThreadId& thread);

// nullopt if this cannot be a thread's identifier.
std::optional<ThreadId> parse_thread_id(std::string_view text);

// nullopt if this cannot be an email's identifier.
std::optional<EmailId> parse_email_id(std::string_view text);

// objectid = 1*255(ALPHA / DIGIT / "_" / "-")
bool is_object_id(std::string_view text);

// "MAILBOXID (F12)", a response code.
std::string mailbox_id_code(std::uint64_t mailbox);

}  // namespace imap::wire
