// Arguments of each command, and the table of all commands with their order. RFC 5321 §4.1.1, §4.1.4.
// Lenient where clients need it: see CLIENTS.md at each place.
#include "protocols/smtp/wire/parser.h"

#include <algorithm>
#include <utility>

#include "protocols/base/base64.h"

namespace smtp::wire {

namespace {

using Kind = CommandFault::Kind;
using Result = std::expected<Command, CommandFault>;

constexpr std::size_t max_mechanism_octets = 20;  // RFC 4422 §3.1

std::unexpected<CommandFault> fault(Kind kind, base::SyntaxError error) {
    return std::unexpected(CommandFault{kind, std::move(error)});
}

std::unexpected<CommandFault> fault(Kind kind, const ParamFault& params) {
    return fault(params.unknown ? Kind::unknown_parameter : kind, params.error);
}

// For commands that take no argument (RFC 5321 §4.1.1.4 and others: 501 if there is one).
template <class C>
Result parse_bare(Cursor& arguments, Brackets) {
    if (!arguments.at_end()) return fault(Kind::syntax, arguments.error("no argument is allowed"));
    return C{};
}

// For commands whose argument does not matter.
template <class C>
Result parse_ignored(Cursor&, Brackets) {
    return C{};
}

// ehlo = "EHLO" SP ( Domain / address-literal ); anything printable: the connection shows who the client is.
template <class C>
Result parse_greeting(Cursor& arguments, Brackets) {
    const std::string_view client = arguments.word();
    if (client.empty()) return fault(Kind::syntax, arguments.error("your domain is expected"));
    if (!arguments.at_end()) return fault(Kind::syntax, arguments.error("one word is expected"));
    if (client.size() > max_domain_octets) return fault(Kind::syntax, {0, "domain too long"});
    return C{std::string(client)};
}

// "FROM:" or "TO:"; Outlook and people add spaces after it, some before the colon (CLIENTS.md 19).
bool skip_preposition(Cursor& arguments, std::string_view word) {
    if (!base::istarts_with(arguments.rest(), word)) return false;
    arguments.advance(word.size());
    arguments.skip_spaces();
    if (!arguments.skip(':')) return false;
    arguments.skip_spaces();
    return true;
}

// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]
Result parse_mail(Cursor& arguments, Brackets brackets) {
    if (!skip_preposition(arguments, "FROM")) return fault(Kind::syntax, arguments.error("FROM:<address> expected"));
    std::expected<Path, base::SyntaxError> path = parse_reverse_path(arguments, brackets);
    if (!path) return fault(Kind::reverse_path, std::move(path.error()));
    std::expected<MailParams, ParamFault> params = parse_mail_params(arguments);
    if (!params) return fault(Kind::bad_parameter, params.error());
    return Mail{std::move(*path), std::move(*params)};
}

// rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters]
Result parse_rcpt(Cursor& arguments, Brackets brackets) {
    if (!skip_preposition(arguments, "TO")) return fault(Kind::syntax, arguments.error("TO:<address> expected"));
    std::expected<Path, base::SyntaxError> path = parse_forward_path(arguments, brackets);
    if (!path) return fault(Kind::forward_path, std::move(path.error()));
    std::expected<RcptParams, ParamFault> params = parse_rcpt_params(arguments);
    if (!params) return fault(Kind::bad_parameter, params.error());
    return Rcpt{std::move(*path), std::move(*params)};
}

// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ]; a number that overflows is valid, but too large.
Result parse_bdat(Cursor& arguments, Brackets) {
    const std::string_view size = arguments.word();
    if (size.empty() || !std::ranges::all_of(size, base::is_digit)) {
        return fault(Kind::syntax, arguments.error("a number of octets is expected"));
    }
    const std::uint64_t octets = base::parse_number<std::uint64_t>(size).value_or(UINT64_MAX);
    arguments.skip_spaces();
    const std::string_view marker = arguments.word();
    if (!marker.empty() && !base::iequals(marker, "LAST")) return fault(Kind::syntax, arguments.error("LAST expected"));
    if (!arguments.at_end()) return fault(Kind::syntax, arguments.error("nothing may follow"));
    return Bdat{octets, !marker.empty()};
}

// vrfy = "VRFY" SP String
template <class C>
Result parse_string(Cursor& arguments, Brackets) {
    if (arguments.at_end()) return fault(Kind::syntax, arguments.error("an argument is expected"));
    return C{std::string(arguments.rest())};
}

// auth-command = "AUTH" SP sasl-mech [SP initial-response]; Windows Mail sends more than one space (CLIENTS.md 19).
Result parse_auth(Cursor& arguments, Brackets) {
    const std::string_view mechanism = arguments.word();
    const bool named =
        !mechanism.empty() && mechanism.size() <= max_mechanism_octets && std::ranges::all_of(mechanism, [](char c) {
            return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
        });
    if (!named) return fault(Kind::syntax, arguments.error("a mechanism is expected"));
    Auth auth{base::upper(mechanism), std::nullopt};
    arguments.skip_spaces();
    const std::string_view initial = arguments.word();
    if (!arguments.at_end()) return fault(Kind::syntax, arguments.error("nothing may follow the initial response"));
    if (initial.empty()) return auth;
    auth.initial = initial == "=" ? std::string() : base::decode_base64(initial);
    if (!auth.initial) return fault(Kind::syntax, arguments.error("base64 is expected"));
    return auth;
}

constexpr CommandRule rules[] = {
    {"EHLO", phase::any, parse_greeting<Ehlo>},                         // RFC 5321 §4.1.1.1
    {"HELO", phase::any, parse_greeting<Helo>},                         //
    {"MAIL", phase::greeted, parse_mail},                               // RFC 5321 §4.1.1.2
    {"RCPT", phase::mail | phase::recipients, parse_rcpt},              // RFC 5321 §4.1.1.3
    {"DATA", phase::recipients, parse_bare<Data>},                      // RFC 5321 §4.1.1.4
    {"BDAT", phase::recipients | phase::chunks, parse_bdat},            // RFC 3030 §2
    {"RSET", phase::any, parse_bare<Rset>},                             // RFC 5321 §4.1.1.5
    {"VRFY", phase::any & ~phase::chunks, parse_string<Vrfy>},          // RFC 5321 §4.1.1.6
    {"EXPN", phase::any & ~phase::chunks, parse_string<Expn>},          // RFC 5321 §4.1.1.7
    {"HELP", phase::any, parse_ignored<Help>},                          // RFC 5321 §4.1.1.8
    {"NOOP", phase::any, parse_ignored<Noop>},                          // RFC 5321 §4.1.1.9
    {"QUIT", phase::any, parse_bare<Quit>},                             // RFC 5321 §4.1.1.10
    {"AUTH", phase::greeted, parse_auth},                               // RFC 4954 §4
    {"STARTTLS", phase::fresh | phase::greeted, parse_bare<StartTls>},  // RFC 3207 §4
};

bool has_control_character(std::string_view line) {
    return std::ranges::any_of(line,
                               [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f; });
}

}  // namespace

const CommandRule* find_rule(std::string_view verb) {
    const auto* rule = std::ranges::find_if(rules, [&](const CommandRule& r) { return base::iequals(r.verb, verb); });
    return rule == std::end(rules) ? nullptr : rule;
}

std::string_view order_error(unsigned where) {
    switch (where) {
        case phase::fresh:
            return "Say EHLO or HELO first";
        case phase::greeted:
            return "Say MAIL first";
        case phase::mail:
            return "Name a recipient first";
        case phase::recipients:
            return "A mail transaction is under way";
        default:
            return "The message is under way: BDAT or RSET comes next";
    }
}

std::expected<ParsedCommand, CommandFault> parse_command(std::string_view line, Brackets brackets) {
    line = base::trim(line);
    Cursor cursor(line);
    const CommandRule* rule = find_rule(cursor.word());
    if (rule == nullptr) return fault(Kind::unknown_command, {0, "command not recognized"});
    if (has_control_character(line)) return fault(Kind::syntax, {0, "control character in the line"});
    if (!base::is_utf8(line)) return fault(Kind::syntax, {0, "not UTF-8"});
    cursor.skip_spaces();
    std::expected<Command, CommandFault> command = rule->parse(cursor, brackets);
    if (!command) return std::unexpected(std::move(command.error()));
    return ParsedCommand{rule, std::move(*command)};
}

std::string_view known_verb(std::string_view line) {
    Cursor cursor(base::trim(line));
    const CommandRule* rule = find_rule(cursor.word());
    return rule == nullptr ? "?" : rule->verb;
}

}  // namespace smtp::wire
