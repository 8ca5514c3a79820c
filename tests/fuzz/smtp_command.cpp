// Fuzz target: everything of smtp/wire that reads octets of a peer: command lines, message data, replies.
// Besides not failing, cuts must not matter, and what we write must read back. RFC 5321 §4.1.1, §4.2, §4.5.2.
// Leaves sessions to the transcripts.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/smtp/wire/data.h"
#include "protocols/smtp/wire/extensions.h"
#include "protocols/smtp/wire/parser.h"

namespace {

using namespace smtp::wire;

void must(bool holds) {
    if (!holds) std::abort();
}

struct Received {
    std::string content;
    bool ended = false;
    bool bare = false;
    friend bool operator==(const Received&, const Received&) = default;
};

Received receive(std::string_view input, std::size_t cut_octets) {
    Received received;
    DataReader reader;
    while (!input.empty() && !received.ended) {
        const DataReader::Step step = reader.next(input.substr(0, cut_octets));
        must(step.consumed > 0 || !step.content.empty());
        received.content += step.content;
        received.ended = step.ended;
        input.remove_prefix(step.consumed);
    }
    received.bare = reader.bare_line_end();
    return received;
}

void check_data(std::string_view input) {
    const Received whole = receive(input, input.size());
    must(whole == receive(input, 1));
    must(whole == receive(input, 3));
    std::string sent;
    DataWriter writer(DataWriter::Dots::stuffed);
    writer.append(sent, input);
    writer.finish(sent);
    const Received back = receive(sent, sent.size());
    must(back.ended && !back.bare);
}

void check_path(std::string_view address) {
    if (!address.contains('@')) return;
    const std::string again = "<" + std::string(address) + ">";
    Cursor cursor(again);
    const auto path = parse_reverse_path(cursor);
    must(again.size() > max_path_octets || (path && path->address == address));
}

void check_command(std::string_view line) {
    const auto parsed = parse_command(line);
    if (!parsed) return;
    if (const auto* mail = std::get_if<Mail>(&parsed->command)) check_path(mail->reverse_path.address);
    if (const auto* rcpt = std::get_if<Rcpt>(&parsed->command)) check_path(rcpt->forward_path.address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    check_data(input);
    ReplyReader replies({});
    std::string_view rest = input;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        check_command(rest.substr(0, end));
        const base::Parsed<Reply> reply = replies.take(rest.substr(0, end));
        if (const auto* whole = std::get_if<Reply>(&reply)) read_ehlo_reply(*whole);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return 0;
}
