// The texts of any message are well-formed UTF-8, the same for any size of read pieces, and the same from a summary cut
// by limits as from a complete one. The first octet chooses the pieces.
#include "protocols/mime/message_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/base/text.h"
#include "protocols/mime/summary.h"

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::string texts_of(std::string_view message, const std::string& stored, std::size_t piece) {
    const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
        const std::size_t at = std::min<std::size_t>(offset, message.size());
        return message.substr(at, std::min<std::uint64_t>(length, piece));
    };
    std::string texts;
    mime::read_folded_texts(stored, {}, read, [&](std::string_view folded) {
        expect(base::is_utf8(folded));
        texts += folded.empty() ? "|" : folded;
        return false;
    });
    return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.empty()) return 0;
    const std::size_t piece = static_cast<unsigned char>(input.front()) % 32 + 1;
    const std::string_view message = input.substr(1);
    const std::string stored = mime::encode_summary(mime::summarize(message, mime::generous_limits()));
    const std::string whole = texts_of(message, stored, message.size() + 1);
    expect(texts_of(message, stored, piece) == whole);
    mime::ParseLimits tight;
    tight.addresses = 1;
    tight.parts = 2;
    tight.header_octets = 64;
    tight.parameters = 1;
    const std::string cut = mime::encode_summary(mime::summarize(message, tight));
    if (mime::needs_text(cut)) expect(texts_of(message, cut, piece) == whole);
    return 0;
}
