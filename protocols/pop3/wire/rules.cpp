// The table of commands and the grammar of their arguments (rules.h). RFC 1939 §5-7, RFC 2449 §3.
#include "protocols/pop3/wire/rules.h"

#include <algorithm>
#include <array>

#include "protocols/base/text.h"

namespace pop3::wire {
namespace {

constexpr std::string_view no_argument_wanted = "This command takes no argument";
constexpr std::string_view number_wanted = "A message number is wanted";

// One space separates arguments; people type more.
std::string_view next_word(std::string_view& arguments) {
    arguments = base::trim(arguments);
    const std::string_view word = arguments.substr(0, arguments.find_first_of(" \t"));
    arguments.remove_prefix(word.size());
    return word;
}

template <class T>
std::string_view parse_nothing(std::string_view arguments, Command& command) {
    if (!base::trim(arguments).empty()) return no_argument_wanted;
    command = T{};
    return {};
}

// USER name, the whole rest of the line.
std::string_view parse_user(std::string_view arguments, Command& command) {
    const std::string_view name = base::trim(arguments);
    if (name.empty()) return "A user name is wanted";
    if (!base::is_utf8(name)) return "The user name is not UTF-8";  // RFC 6856 §2.2
    command = User{std::string(name)};
    return {};
}

// PASS string, the whole rest of the line unchanged.
std::string_view parse_pass(std::string_view arguments, Command& command) {
    if (arguments.empty()) return "A password is wanted";
    if (!base::is_utf8(arguments)) return "The password is not UTF-8";
    command = Pass{std::string(arguments)};
    return {};
}

// RETR msg, DELE msg
template <class T>
std::string_view parse_message(std::string_view arguments, Command& command) {
    const auto number = base::parse_number<MessageNumber>(next_word(arguments));
    if (!number || !arguments.empty()) return number_wanted;
    command = T{*number};
    return {};
}

// LIST [msg], UIDL [msg]
template <class T>
std::string_view parse_optional_message(std::string_view arguments, Command& command) {
    const std::string_view word = next_word(arguments);
    const std::optional<MessageNumber> number = base::parse_number<MessageNumber>(word);
    if (!arguments.empty() || (!number && !word.empty())) return number_wanted;
    command = T{number};
    return {};
}

// TOP msg n
std::string_view parse_top(std::string_view arguments, Command& command) {
    const auto number = base::parse_number<MessageNumber>(next_word(arguments));
    const auto lines = base::parse_number<std::uint64_t>(next_word(arguments));
    if (!number || !lines || !arguments.empty()) return "A message number and a number of lines are wanted";
    command = Top{*number, *lines};
    return {};
}

// AUTH [mechanism [initial-response]]
std::string_view parse_auth(std::string_view arguments, Command& command) {
    Auth auth;
    auth.mechanism = next_word(arguments);
    const std::string_view initial = next_word(arguments);
    if (!initial.empty()) auth.initial_response = initial;
    if (!arguments.empty()) return "A mechanism and an initial response are wanted";
    command = std::move(auth);
    return {};
}

// LANG [range]
std::string_view parse_lang(std::string_view arguments, Command& command) {
    const std::string_view range = next_word(arguments);
    if (!arguments.empty()) return "One language is wanted";
    command = Lang{std::string(range)};
    return {};
}

constexpr std::array rules{
    CommandRule{"USER", state::authorization, parse_user},                  // RFC 1939 §7
    CommandRule{"PASS", state::authorization, parse_pass},                  // RFC 1939 §7
    CommandRule{"STLS", state::authorization, parse_nothing<Stls>},         // RFC 2595 §4
    CommandRule{"AUTH", state::authorization, parse_auth},                  // RFC 5034 §4
    CommandRule{"UTF8", state::authorization, parse_nothing<Utf8>},         // RFC 6856 §2.1
    CommandRule{"STAT", state::transaction, parse_nothing<Stat>},           // RFC 1939 §5
    CommandRule{"LIST", state::transaction, parse_optional_message<List>},  // RFC 1939 §5
    CommandRule{"RETR", state::transaction, parse_message<Retr>},           // RFC 1939 §5
    CommandRule{"DELE", state::transaction, parse_message<Dele>},           // RFC 1939 §5
    CommandRule{"RSET", state::transaction, parse_nothing<Rset>},           // RFC 1939 §5
    CommandRule{"TOP", state::transaction, parse_top},                      // RFC 1939 §7
    CommandRule{"UIDL", state::transaction, parse_optional_message<Uidl>},  // RFC 1939 §7
    CommandRule{"NOOP", state::transaction, parse_nothing<Noop>},           // RFC 1939 §5
    CommandRule{"CAPA", state::any, parse_nothing<Capa>},                   // RFC 2449 §5
    CommandRule{"LANG", state::any, parse_lang},                            // RFC 6856 §3
    CommandRule{"QUIT", state::any, parse_nothing<Quit>},                   // RFC 1939 §4, §6
};

}  // namespace

std::span<const CommandRule> command_rules() { return rules; }

const CommandRule* find_rule(std::string_view keyword) {
    const auto found =
        std::ranges::find_if(rules, [&](const CommandRule& rule) { return base::iequals(rule.keyword, keyword); });
    return found == rules.end() ? nullptr : &*found;
}

}  // namespace pop3::wire
