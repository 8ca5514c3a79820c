// The normal form of names in which the store keeps and compares them: addresses, domains, mailboxes.
// Domains: IDNA (RFC 5890) by libidn2; mailbox names: RFC 9051 §5.1. Pure: no SQL here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace storage {

// RFC 5321 §4.5.3.1.1.
inline constexpr std::size_t local_part_octets = 64;
inline constexpr std::size_t mailbox_name_octets = 1024;
inline constexpr std::size_t mailbox_name_levels = 50;

struct AddressParts {
    std::string local;   // lower case, unquoted
    std::string domain;  // lower case, U-labels
};

// The domain in lower case, as U-labels; nullopt if it is not a host name (RFC 1123 §2.1, IDNA 2008).
std::optional<std::string> normal_domain(std::string_view domain);

// Splits "local@domain"; a quoted local part (RFC 5321 §4.1.2) loses its quotes. nullopt if it is not an address.
std::optional<AddressParts> split_address(std::string_view address);

// "local@domain" in normal form, for names of accounts and aliases: atoms or UTF-8, dots only between them.
std::optional<std::string> normal_address(std::string_view address);

// True if mail for this address can be sent on as it is written: its local part is of atom characters and dots, which
// may stand anywhere (CLIENTS.md 29), or a quoted string (RFC 5321 §4.1.2).
bool is_forward_path(std::string_view address);

// A mailbox name in normal form: INBOX as first level in upper case, the rest in normalization form C (Net-Unicode,
// RFC 9051 §5.1). Accepts any octets: for look-ups.
std::string normal_mailbox_name(std::string_view name);

// True if a mailbox may have this name (in normal form): UTF-8 without control characters, wildcards, empty levels, "."
// or ".." levels, and within the limits above.
bool is_valid_mailbox_name(std::string_view name);

// How an account names mailboxes of others (RFC 2342 §2): "Other Users/<account>/<mailbox>".
inline constexpr std::string_view other_users = "Other Users";
struct OtherUsersName {
    std::string account;
    std::string mailbox;
};
bool is_in_other_users(std::string_view name);  // also "Other Users" itself
std::string other_users_name(std::string_view account, std::string_view mailbox);
// Splits such a name; nullopt if it does not name a mailbox.
std::optional<OtherUsersName> split_other_users_name(std::string_view name);

// ASCII letters in lower case, others as they are: what NOCASE compares.
std::string ascii_lower(std::string_view text);
// The beginning of UTF-8 text, of at most so many octets (4 or more), not cut within a character.
std::string_view whole_characters(std::string_view text, std::size_t most);

// True if text is well-formed UTF-8 (RFC 3629 §4).
bool is_utf8(std::string_view text);

}  // namespace storage
