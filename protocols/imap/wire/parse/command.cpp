// command = tag SP name arguments. RFC 9051 §9. Finds the row by the name; the row's parser does the rest.
#include "protocols/imap/wire/parse/command.h"

#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/any_command.h"
#include "protocols/imap/wire/parse/parsers.h"
#include "protocols/imap/wire/parse/rules.h"
#include "protocols/imap/wire/parse/tokens.h"

namespace imap::wire {
namespace {

constexpr std::size_t longest_echo = 40;  // octets of an unknown command's name in the answer
constexpr std::size_t longest_tag = 128;

// The command's name; "UID" with the word that follows it.
bool command_name(Cursor& cursor, std::string& name) {
    if (!cursor.word(name)) return false;
    if (name != "UID") return true;
    std::string second;
    if (!cursor.sp() || !cursor.word(second)) return false;
    name += ' ';
    name += second;
    return true;
}

bool whole_command(Cursor& cursor, Command& out) {
    if (!cursor.tag(out.tag) || !cursor.sp()) return false;
    std::string name;
    if (!command_name(cursor, name)) return false;
    out.rule = find_rule(name);
    if (out.rule == nullptr) return cursor.fail("unknown command " + name.substr(0, longest_echo));
    return out.rule->parse(cursor, out.body) && cursor.end();
}

template <class T>
base::Parsed<T> answer(const Cursor& cursor, bool good, T& value) {
    if (good) return std::move(value);
    if (cursor.need_literal()) return *cursor.need_literal();
    return cursor.error().value_or(base::SyntaxError{0, "the command is not understood"});
}

}  // namespace

base::Parsed<Command> parse_command(std::string_view input, const ReceiverLimits& limits, bool utf8) {
    Command command;
    Cursor cursor(input, limits, utf8);
    const bool good = whole_command(cursor, command);
    return answer(cursor, good, command);
}

base::Parsed<AppendParts> parse_append_parts(std::string_view input, AppendProgress progress,
                                             const ReceiverLimits& limits) {
    AppendParts parts;
    Cursor cursor(input, limits, true);
    const bool good = append_parts(cursor, progress, parts);
    return answer(cursor, good, parts);
}

std::string recover_tag(std::string_view line) {
    const ReceiverLimits limits;
    Cursor cursor(line.substr(0, longest_tag + 1), limits, true);
    std::string tag;
    if (!cursor.tag(tag) || tag.size() > longest_tag) return "*";
    return tag;
}

}  // namespace imap::wire
