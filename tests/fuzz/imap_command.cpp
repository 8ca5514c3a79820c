// IMAP commands from any octets: lines, literals, messages, read as in a session. What was parsed must also be
// writable: mailbox names, sets and fetch items are written back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/base/expects.h"
#include "protocols/imap/wire/any_command.h"
#include "protocols/imap/wire/list_pattern.h"
#include "protocols/imap/wire/mutf7.h"
#include "protocols/imap/wire/parse/message_url.h"
#include "protocols/imap/wire/parse/receiver.h"
#include "protocols/imap/wire/response/fetch.h"
#include "protocols/imap/wire/response/response.h"

namespace {

using namespace imap::wire;

// The input: all that the client will send.
class Input {
  public:
    explicit Input(std::string_view octets) : octets_(octets) {}
    bool empty() const { return octets_.empty(); }
    std::string_view line() {
        const std::size_t end = octets_.find('\n');
        std::string_view line = octets_.substr(0, end);
        octets_.remove_prefix(end == std::string_view::npos ? octets_.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }
    // False if fewer are left: the client is gone.
    bool take(std::uint64_t octets, std::string_view& taken) {
        if (octets > octets_.size()) return false;
        taken = octets_.substr(0, static_cast<std::size_t>(octets));
        octets_.remove_prefix(taken.size());
        return true;
    }

  private:
    std::string_view octets_;
};

void check_name(const std::string& name, bool utf8) {
    std::string wire;
    append_mutf7(wire, name);
    if (!utf8) base::expects(decode_mutf7(wire) == name, "a mailbox name comes back as it went");
    matches_list_pattern(name, "INBOX/a", '/');
}

void check_url(const std::string& url) {
    const std::optional<MessageUrl> parsed = parse_message_url(url, "Work/Lists", {});
    if (parsed) base::expects(!parsed->mailbox.empty() && parsed->uid != 0, "a URL names a message");
    base::expects(bad_url_code(url).find(']') == std::string::npos, "a response code is not closed early");
}

void check_command(const Command& command, bool utf8) {
    base::expects(command.rule != nullptr, "a command has its rule");
    std::string out;
    if (const auto* const fetch = std::get_if<Fetch>(&command.body)) {
        FetchWriter writer(out, 1, utf8);
        for (const FetchItem& item : fetch->items) writer.name(item);
        append_sequence_set(out, fetch->messages.resolved(100));
    } else if (const auto* const select = std::get_if<Select>(&command.body)) {
        check_name(select->mailbox, utf8);
    } else if (const auto* const list = std::get_if<List>(&command.body)) {
        for (const std::string& pattern : list->patterns) check_name(pattern, utf8);
    } else if (const AppendParts* const brought = brought_by(command.body)) {
        for (const AppendPart& part : brought->parts) {
            const auto* const message = std::get_if<AppendMessage>(&part);
            if (message != nullptr && message->date) append_date_time(out, *message->date);
            const auto* const url = std::get_if<AppendUrl>(&part);
            if (url != nullptr) check_url(url->url);
        }
    }
}

// Reads the messages of an APPEND. False if the client is gone.
bool run_append(Receiver& receiver, Input& input, AppendParts parts) {
    while (!parts.complete) {
        std::string_view octets;
        const auto& literal = std::get<AppendLiteral>(parts.parts.back());
        if (!input.take(literal.octets, octets) || input.empty()) return false;
        if (literal.is_url) check_url(std::string(octets));
        AppendEvent event = receiver.append_line(input.line());
        if (const auto* const skip = std::get_if<SkipLiteral>(&event)) return input.take(skip->octets, octets);
        if (std::holds_alternative<Rejected>(event)) return true;
        parts = std::get<AppendParts>(std::move(event));
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string octets(data, data + size);
    const bool utf8 = size > 0 && (data[0] & 1) != 0;
    const ReceiverLimits limits = {.max_literal = 300, .max_command = 2000, .max_literals = 10, .max_skip = 1000};
    Receiver receiver(limits);
    receiver.set_utf8(utf8);
    Input input(octets);
    while (!input.empty()) {
        const Event event = receiver.line(input.line());
        std::string_view taken;
        if (const auto* const command = std::get_if<Command>(&event)) {
            check_command(*command, utf8);
            const AppendParts* const brought = brought_by(command->body);
            if (brought != nullptr && !run_append(receiver, input, *brought)) return 0;
        } else if (const auto* const literal = std::get_if<NeedLiteral>(&event)) {
            if (!input.take(literal->octets, taken)) return 0;
            receiver.literal(taken);
        } else if (const auto* const skip = std::get_if<SkipLiteral>(&event)) {
            if (!input.take(skip->octets, taken)) return 0;
        } else if (std::get<Rejected>(event).fatal) {
            return 0;
        }
    }
    return 0;
}
