// Object identifiers: a letter for the kind, then the store's numbers. RFC 8474 §8.1. An open number has fewer digits
// than a sealed one.
#include "protocols/imap/wire/object_id.h"

#include <algorithm>
#include <charconv>

#include "protocols/base/text.h"

namespace imap::wire {
namespace {

constexpr std::size_t longest_object_id = 255;
constexpr std::size_t sealed_digits = 16;

template <class Number>
std::optional<Number> take_number(std::string_view& text, int base = 10) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

void append_sealed(std::string& out, std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) out += digits[number >> shift & 15];
}

// The digits after the letter; nullopt if they are not as append_sealed writes them.
std::optional<std::uint64_t> parse_sealed(std::string_view text) {
    if (text.size() != sealed_digits) return std::nullopt;
    std::string_view rest = text;
    const std::optional<std::uint64_t> number = take_number<std::uint64_t>(rest, 16);
    std::string same;
    if (number) append_sealed(same, *number);
    return same == text ? number : std::nullopt;
}

// An open number, smaller than any that would be taken for a sealed one.
std::optional<std::uint64_t> take_open(std::string_view& text) {
    if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;  // "M007-1" is not ours
    return take_number<std::uint64_t>(text);
}

}  // namespace

void append_mailbox_id(std::string& out, std::uint64_t mailbox) { out += "(F" + std::to_string(mailbox) + ")"; }

void append_email_id(std::string& out, const EmailId& email) {
    out += "(M";
    if (email.internal_date) {
        out += std::to_string(email.number) + "-" + std::to_string(*email.internal_date);
    } else {
        append_sealed(out, email.number);
    }
    out += ')';
}

std::optional<EmailId> parse_email_id(std::string_view text) {
    if (!text.starts_with('M')) return std::nullopt;
    text.remove_prefix(1);
    if (const auto sealed = parse_sealed(text)) return EmailId{.number = *sealed, .internal_date = {}};
    const std::optional<std::uint64_t> content = take_open(text);
    if (!content || !text.starts_with('-')) return std::nullopt;
    const std::string_view digits = text.substr(1);
    std::string_view rest = digits;
    const std::optional<std::int64_t> date = take_number<std::int64_t>(rest);
    if (!date || !rest.empty() || std::to_string(*date) != digits) return std::nullopt;
    return EmailId{.number = *content, .internal_date = date};
}

void append_thread_id(std::string& out, const ThreadId& thread) {
    if (thread == ThreadId{}) {
        out += "NIL";
        return;
    }
    out += "(T";
    if (thread.sealed) {
        append_sealed(out, thread.number);
    } else {
        out += std::to_string(thread.number);
    }
    out += ')';
}

std::optional<ThreadId> parse_thread_id(std::string_view text) {
    if (!text.starts_with('T')) return std::nullopt;
    text.remove_prefix(1);
    if (const auto sealed = parse_sealed(text)) return ThreadId{.number = *sealed, .sealed = true};
    const std::optional<std::uint64_t> thread = take_open(text);
    if (!thread || !text.empty()) return std::nullopt;
    return ThreadId{.number = *thread, .sealed = false};
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
