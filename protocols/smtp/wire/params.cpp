// One row per parameter: its keyword and how its value is read. RFC 5321 §4.1.2 and the RFCs named at the rows.
// A keyword given twice, or with a value that its RFC does not allow, is an error (501); an unknown one is 555. The
// session applies policy (sizes, addresses).
#include "protocols/smtp/wire/params.h"

#include <algorithm>
#include <span>

#include "protocols/base/timestamp.h"

namespace smtp::wire {

namespace {

constexpr std::size_t max_envelope_id_octets = 100;         // RFC 3461 §4.4
constexpr std::size_t max_original_recipient_octets = 500;  // RFC 3461 §4.2

// Empty if the value was accepted, else the fault. The value is empty if there was no "=".
template <class Params>
using Take = std::string (*)(Params&, std::string_view value);

template <class Params>
struct Row {
    std::string_view keyword;
    Take<Params> take;
};

// RFC 1870 §3: size-value = 1*20DIGIT
std::string take_size(MailParams& params, std::string_view value) {
    const bool digits = !value.empty() && value.size() <= 20 && std::ranges::all_of(value, base::is_digit);
    if (!digits) return "SIZE takes a number of octets";
    params.size_octets = base::parse_number<std::uint64_t>(value).value_or(UINT64_MAX);
    return {};
}

// RFC 6152 §3. BINARYMIME (RFC 3030 §3) is not offered: few servers accept such a message.
std::string take_body(MailParams& params, std::string_view value) {
    if (base::iequals(value, "7BIT")) {
        params.body = Body::seven_bit;
    } else if (base::iequals(value, "8BITMIME")) {
        params.body = Body::eight_bit_mime;
    } else if (base::iequals(value, "BINARYMIME")) {
        params.body = Body::binary_mime;
    } else {
        return "BODY is 7BIT, 8BITMIME or BINARYMIME";
    }
    return {};
}

// RFC 6531 §3.4: no value
std::string take_smtputf8(MailParams& params, std::string_view value) {
    if (!value.empty()) return "SMTPUTF8 takes no value";
    params.smtputf8 = true;
    return {};
}

// RFC 8689 §2: no value
std::string take_requiretls(MailParams& params, std::string_view value) {
    if (!value.empty()) return "REQUIRETLS takes no value";
    params.requiretls = true;
    return {};
}

// RFC 3461 §4.3
std::string take_ret(MailParams& params, std::string_view value) {
    if (base::iequals(value, "FULL")) {
        params.ret = bits::DsnReturn::full;
    } else if (base::iequals(value, "HDRS")) {
        params.ret = bits::DsnReturn::headers;
    } else {
        return "RET is FULL or HDRS";
    }
    return {};
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
}

// RFC 3461 §4.4
std::string take_envid(MailParams& params, std::string_view value) {
    std::optional<std::string> decoded = decode_xtext(value);
    if (!decoded || decoded->empty() || value.size() > max_envelope_id_octets || !is_printable(*decoded)) {
        return "ENVID takes xtext of 1 to 100 octets";
    }
    params.envelope_id = std::move(*decoded);
    return {};
}

// RFC 4954 §5: xtext of a mailbox, or "<>"
std::string take_auth(MailParams& params, std::string_view value) {
    std::optional<std::string> decoded = decode_xtext(value);
    if (!decoded || decoded->empty() || !is_printable(*decoded)) return "AUTH takes xtext or <>";
    params.submitter = std::move(*decoded);
    return {};
}

constexpr std::string_view only_one_hold = "HOLDFOR and HOLDUNTIL exclude each other";

// RFC 4865: a positive number of at most nine digits
std::string take_hold_for(MailParams& params, std::string_view value) {
    const bool digits = !value.empty() && value.size() <= 9 && std::ranges::all_of(value, base::is_digit);
    const std::uint32_t seconds = digits ? base::parse_number<std::uint32_t>(value).value_or(0) : 0;
    if (seconds == 0) return "HOLDFOR takes a number of seconds";
    if (params.hold_until != 0) return std::string(only_one_hold);
    params.hold_for = seconds;
    return {};
}

// RFC 4865: a date-time in UTC
std::string take_hold_until(MailParams& params, std::string_view value) {
    const bool utc = value.ends_with('Z') || value.ends_with('z');
    const std::optional<std::int64_t> until = base::parse_timestamp(value);
    if (!utc || !until || *until <= 0) return "HOLDUNTIL takes a time such as 2026-12-24T18:00:00Z";
    if (params.hold_for != 0) return std::string(only_one_hold);
    params.hold_until = *until;
    return {};
}

// RFC 3461 §4.1: NEVER alone, or any of the others once.
std::string take_notify(RcptParams& params, std::string_view value) {
    namespace notify = bits::dsn_notify;
    struct Word {
        std::string_view name;
        std::uint8_t bit;
    };
    static constexpr Word words[] = {
        {"NEVER", notify::never}, {"SUCCESS", notify::success}, {"FAILURE", notify::failure}, {"DELAY", notify::delay}};
    std::uint8_t wishes = 0;
    for (bool more = true; more;) {
        const std::size_t comma = value.find(',');
        const auto* word = std::ranges::find_if(
            words, [&](const Word& candidate) { return base::iequals(candidate.name, value.substr(0, comma)); });
        if (word == std::end(words)) return "NOTIFY is NEVER, or a list of SUCCESS, FAILURE, DELAY";
        wishes |= word->bit;
        more = comma != std::string_view::npos;
        if (more) value.remove_prefix(comma + 1);
    }
    if ((wishes & notify::never) != 0 && wishes != notify::never) return "NOTIFY=NEVER stands alone";
    params.notify = wishes;
    return {};
}

// RFC 3461 §4.2: addr-type ";" xtext. RFC 6533 §3 adds UTF-8 in the address.
std::string take_orcpt(RcptParams& params, std::string_view value) {
    const std::size_t semicolon = value.find(';');
    if (semicolon == std::string_view::npos || semicolon == 0 || value.size() > max_original_recipient_octets) {
        return "ORCPT takes an address type, a semicolon and xtext";
    }
    const std::string_view type = value.substr(0, semicolon);
    const bool atom = std::ranges::all_of(
        type, [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.'; });
    const std::optional<std::string> address = decode_xtext(value.substr(semicolon + 1));
    if (!atom || !address || address->empty() || !is_printable(*address)) return "ORCPT takes type;xtext";
    params.original_recipient = std::string(type) + ";" + *address;
    return {};
}

constexpr Row<MailParams> mail_rows[] = {
    {"SIZE", take_size},
    {"BODY", take_body},
    {"SMTPUTF8", take_smtputf8},
    {"RET", take_ret},
    {"ENVID", take_envid},
    {"AUTH", take_auth},
    {"HOLDFOR", take_hold_for},
    {"HOLDUNTIL", take_hold_until},
    {"REQUIRETLS", take_requiretls},
};

constexpr Row<RcptParams> rcpt_rows[] = {
    {"NOTIFY", take_notify},
    {"ORCPT", take_orcpt},
};

// An unknown keyword for the reply: what a peer may send there is no longer than a line, but may be anything.
std::string shown(std::string_view keyword) {
    constexpr std::size_t most_octets = 40;
    const bool plain = keyword.size() <= most_octets && std::ranges::all_of(keyword, [](char c) {
                           return base::is_alpha(c) || base::is_digit(c) || c == '-';
                       });
    return plain ? std::string(keyword) : "with such a name";
}

// esmtp-param = esmtp-keyword ["=" esmtp-value]
template <class Params>
std::expected<Params, ParamFault> parse_params(Cursor& cursor, std::span<const Row<Params>> rows) {
    Params params;
    unsigned seen = 0;
    if (!cursor.at_end() && !base::is_space(cursor.peek())) {
        return std::unexpected(ParamFault{false, cursor.error("a space is expected behind the path")});
    }
    for (cursor.skip_spaces(); !cursor.at_end(); cursor.skip_spaces()) {
        const std::size_t from = cursor.offset();
        const std::string_view word = cursor.word();
        const std::size_t equals = word.find('=');
        const std::string_view keyword = word.substr(0, equals);
        const std::string_view value = equals == std::string_view::npos ? "" : word.substr(equals + 1);
        const auto row = std::ranges::find_if(rows, [&](const auto& r) { return base::iequals(r.keyword, keyword); });
        if (row == rows.end()) {
            return std::unexpected(ParamFault{true, {from, "parameter " + shown(keyword) + " not recognized"}});
        }
        const unsigned bit = 1U << (row - rows.begin());
        std::string wrong =
            (seen & bit) != 0 ? std::string(row->keyword) + " is given twice" : row->take(params, value);
        if (!wrong.empty()) return std::unexpected(ParamFault{false, {from, std::move(wrong)}});
        seen |= bit;
    }
    return params;
}

int hex_value(char c) {
    if (base::is_digit(c)) return c - '0';
    const char lower = base::to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::expected<MailParams, ParamFault> parse_mail_params(Cursor& cursor) {
    return parse_params<MailParams>(cursor, mail_rows);
}

std::expected<RcptParams, ParamFault> parse_rcpt_params(Cursor& cursor) {
    return parse_params<RcptParams>(cursor, rcpt_rows);
}

std::string encode_xtext(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (c > ' ' && c <= '~' && c != '+' && c != '=') {
            out += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        out += '+';
        out += digits[octet >> 4];
        out += digits[octet & 15];
    }
    return out;
}

std::optional<std::string> decode_xtext(std::string_view xtext) {
    std::string out;
    for (std::size_t i = 0; i < xtext.size(); ++i) {
        if (xtext[i] != '+') {
            out += xtext[i];
            continue;
        }
        if (i + 2 >= xtext.size()) return std::nullopt;
        const int high = hex_value(xtext[i + 1]);
        const int low = hex_value(xtext[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

}  // namespace smtp::wire
