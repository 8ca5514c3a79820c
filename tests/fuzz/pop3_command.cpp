// Any line to the POP3 command parser; any content, cut anywhere, to the message writer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/pop3/wire/message_text.h"
#include "protocols/pop3/wire/parser.h"

namespace {

std::string sent(std::string_view content, std::size_t cut) {
    pop3::wire::MessageText text;
    std::string out;
    text.append(content.substr(0, cut), out);
    text.append(content.substr(cut), out);
    text.finish(out);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    (void)pop3::wire::parse_command(octets);
    (void)pop3::wire::without_secrets(octets);
    const std::string whole = sent(octets, 0);
    // Exactly one end, at the end: nothing in the content may look like it.
    if (whole.find("\r\n.\r\n") != whole.size() - 5 && whole != ".\r\n") std::abort();
    if (size > 0 && sent(octets, data[0] % size) != whole) std::abort();
    return 0;
}
