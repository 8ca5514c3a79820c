// Keyword, then arguments by the keyword's row (rules.cpp).
#include "protocols/pop3/wire/parser.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"

namespace pop3::wire {
namespace {

struct Split {
    std::string_view keyword;
    std::string_view arguments;  // after one space
    std::size_t offset = 0;      // of the arguments in the line
};

Split split(std::string_view line) {
    const std::size_t start = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t end = std::min(line.find(' ', start), line.size());
    const std::size_t arguments = std::min(end + 1, line.size());
    return {line.substr(start, end - start), line.substr(arguments), arguments};
}

}  // namespace

base::Parsed<ParsedCommand> parse_command(std::string_view line) {
    const Split parts = split(line);
    const CommandRule* rule = find_rule(parts.keyword);
    if (rule == nullptr) return base::SyntaxError{0, "Unknown command"};
    ParsedCommand parsed{rule, {}};
    const std::string_view wrong = rule->parse(parts.arguments, parsed.command);
    if (!wrong.empty()) return base::SyntaxError{std::max<std::size_t>(parts.offset, 1), std::string(wrong)};
    return parsed;
}

std::string without_secrets(std::string_view line) {
    const Split parts = split(line);
    const bool secret = base::iequals(parts.keyword, "PASS") || base::iequals(parts.keyword, "AUTH");
    const bool known = find_rule(parts.keyword) != nullptr;
    // An unknown command may be anything, perhaps a password typed too early.
    if (!known) return "[" + std::to_string(line.size()) + " octets]";
    if (!secret || parts.arguments.empty()) return std::string(line);
    return base::upper(parts.keyword) + " [masked]";
}

}  // namespace pop3::wire
