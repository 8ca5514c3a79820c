// A letter for the kind, then numbers. An open number has fewer digits than a sealed one.
#include "storage/object_id_text.h"

#include <charconv>
#include <limits>

namespace storage {

namespace {

constexpr std::size_t sealed_digits = 16;
constexpr std::size_t most_part_numbers = 100;  // deeper parts have no id

std::string sealed_text(char kind, std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(1, kind);
    for (int shift = 60; shift >= 0; shift -= 4) text += digits[number >> shift & 15];
    return text;
}

// The digits after the letter; nullopt if they are not as sealed_text() writes them.
std::optional<std::uint64_t> parse_sealed(std::string_view text) {
    if (text.size() != sealed_digits) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (error != std::errc() || sealed_text('x', number).substr(1) != text) return std::nullopt;
    return number;
}

// A whole number as std::to_string writes it.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || std::to_string(number) != text) return std::nullopt;
    return number;
}

// The text after its first letter, if that is `kind`.
std::optional<std::string_view> after(char kind, std::string_view text) {
    if (text.empty() || text.front() != kind) return std::nullopt;
    return text.substr(1);
}

}  // namespace

std::string mailbox_id_text(MailboxId mailbox) { return "F" + std::to_string(mailbox.value); }

std::optional<MailboxId> parse_mailbox_id(std::string_view text) {
    const auto rest = after('F', text);
    const auto number = rest ? parse_number<std::int64_t>(*rest) : std::nullopt;
    if (!number || *number <= 0) return std::nullopt;
    return MailboxId{*number};
}

std::string email_id_text(const ObjectId& email, std::int64_t internal_date) {
    if (email.sealed) return sealed_text('M', email.number);
    return "M" + std::to_string(email.number) + "-" + std::to_string(internal_date);
}

std::optional<EmailName> parse_email_id(std::string_view text) {
    const auto rest = after('M', text);
    if (!rest) return std::nullopt;
    if (const auto sealed = parse_sealed(*rest)) return EmailName{.id = {*sealed, true}, .internal_date = {}};
    const std::size_t dash = rest->find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto content = parse_number<std::uint64_t>(rest->substr(0, dash));
    const auto date = parse_number<std::int64_t>(rest->substr(dash + 1));
    if (!content || *content > std::numeric_limits<std::int64_t>::max() || !date) return std::nullopt;
    return EmailName{.id = {*content, false}, .internal_date = date};
}

std::string thread_id_text(const ObjectId& thread) {
    return thread.sealed ? sealed_text('T', thread.number) : "T" + std::to_string(thread.number);
}

std::optional<ObjectId> parse_thread_id(std::string_view text) {
    const auto rest = after('T', text);
    if (!rest) return std::nullopt;
    if (const auto sealed = parse_sealed(*rest)) return ObjectId{*sealed, true};
    const auto thread = parse_number<std::uint64_t>(*rest);
    if (!thread || *thread > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    return ObjectId{*thread, false};
}

std::string blob_id_text(const BlobName& blob) {
    std::string text = sealed_text(blob.uploaded ? 'U' : 'B', blob.sealed);
    for (const std::uint32_t number : blob.part) text += "-" + std::to_string(number);
    return text;
}

std::optional<BlobName> parse_blob_id(std::string_view text) {
    if (text.empty() || (text.front() != 'B' && text.front() != 'U')) return std::nullopt;
    BlobName blob{.sealed = 0, .uploaded = text.front() == 'U', .part = {}};
    const std::string_view rest = text.substr(1);
    const auto sealed = parse_sealed(rest.substr(0, sealed_digits));
    if (!sealed) return std::nullopt;
    blob.sealed = *sealed;
    for (std::string_view left = rest.substr(sealed_digits); !left.empty();) {
        if (left.front() != '-' || blob.part.size() == most_part_numbers) return std::nullopt;
        const std::size_t end = left.find('-', 1);
        const auto number = parse_number<std::uint32_t>(left.substr(1, end == left.npos ? end : end - 1));
        if (!number || *number == 0) return std::nullopt;
        blob.part.push_back(*number);
        left = end == left.npos ? std::string_view() : left.substr(end);
    }
    return blob;
}

}  // namespace storage
