// Object identifiers: a letter for the kind, then the store's numbers. RFC 8474 §8.1.
#include "protocols/imap/wire/object_id.h"

#include <algorithm>
#include <charconv>

#include "protocols/base/text.h"

namespace imap::wire {
namespace {

constexpr std::size_t longest_object_id = 255;

std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

}  // namespace

void append_mailbox_id(std::string& out, std::uint64_t mailbox) { out += "(F" + std::to_string(mailbox) + ")"; }

void append_email_id(std::string& out, const EmailId& email) {
    out += "(M" + std::to_string(email.content) + "-" + std::to_string(email.internal_date) + ")";
}

std::optional<EmailId> parse_email_id(std::string_view text) {
    const std::string_view whole = text;
    if (!text.starts_with('M')) return std::nullopt;
    text.remove_prefix(1);
    const std::optional<std::int64_t> content = take_number(text);
    if (!content || !text.starts_with('-')) return std::nullopt;
    text.remove_prefix(1);
    const std::optional<std::int64_t> date = take_number(text);
    if (!date || !text.empty()) return std::nullopt;
    const EmailId email{*content, *date};
    std::string same;  // "M007-1" is not how we write it
    append_email_id(same, email);
    if (std::string_view(same).substr(1, same.size() - 2) != whole) return std::nullopt;
    return email;
}

void append_thread_id(std::string& out, std::int64_t thread) {
    out += thread == 0 ? "NIL" : "(T" + std::to_string(thread) + ")";
}

std::optional<std::int64_t> parse_thread_id(std::string_view text) {
    if (!text.starts_with('T')) return std::nullopt;
    std::string_view digits = text.substr(1);
    const std::optional<std::int64_t> thread = take_number(digits);
    if (!thread || *thread <= 0 || !digits.empty() || text[1] == '0') return std::nullopt;  // "T007" is not ours
    return thread;
}

bool is_object_id(std::string_view text) {
    const auto fits = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-'; };
    return !text.empty() && text.size() <= longest_object_id && std::ranges::all_of(text, fits);
}

std::string mailbox_id_code(std::uint64_t mailbox) {
    std::string code = "MAILBOXID ";
    append_mailbox_id(code, mailbox);
    return code;
}

}  // namespace imap::wire
