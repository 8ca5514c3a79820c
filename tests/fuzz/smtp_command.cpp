// Everything in smtp/wire that reads a peer's octets: command lines, message data, replies. It must not fail, cuts must
// not matter, and what we write must read back. RFC 5321 §4.1.1, §4.2, §4.5.2.
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

std::string mend(std::string_view input, std::size_t cut_octets, bool& bare_cr) {
    LineEndMender mender;
    std::string mended;
    for (; !input.empty(); input.remove_prefix(std::min(cut_octets, input.size()))) {
        mended += mender.mend(input.substr(0, cut_octets));
    }
    bare_cr = mender.bare_cr();
    return mended;
}

// Data that comes by BDAT and is not refused must have only CRLF.
void check_chunks(std::string_view input) {
    bool bare_cr = false;
    bool bare_cr_in_cuts = false;
    const std::string whole = mend(input, input.size(), bare_cr);
    must(mend(input, 1, bare_cr_in_cuts) == whole && bare_cr_in_cuts == bare_cr);
    must(mend(input, 3, bare_cr_in_cuts) == whole && bare_cr_in_cuts == bare_cr);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        must(whole[at] != '\n' || (at > 0 && whole[at - 1] == '\r'));
        const bool ends_line = at + 1 < whole.size() && whole[at + 1] == '\n';
        must(whole[at] != '\r' || ends_line || bare_cr);
    }
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

// Where brackets are optional, a line with brackets must mean the same.
void check_without_brackets(std::string_view line) {
    const auto strict = parse_command(line);
    const auto parsed = parse_command(line, Brackets::optional);
    must(!strict || parsed);
    if (!parsed) return;
    if (const auto* mail = std::get_if<Mail>(&parsed->command)) {
        check_path(mail->reverse_path.address);
        must(!strict || std::get<Mail>(strict->command).reverse_path == mail->reverse_path);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    check_data(input);
    check_chunks(input);
    ReplyReader replies({});
    std::string_view rest = input;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        check_command(rest.substr(0, end));
        check_without_brackets(rest.substr(0, end));
        const base::Parsed<Reply> reply = replies.take(rest.substr(0, end));
        if (const auto* whole = std::get_if<Reply>(&reply)) read_ehlo_reply(*whole);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return 0;
}
