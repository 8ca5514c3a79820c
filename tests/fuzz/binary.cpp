// Any binary message (RFC 3030 §3): what is made of it is lines, decodes to what it was, and is the same wherever it
// was cut, or it cannot be converted. The first octet chooses the cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/binary.h"
#include "protocols/mime/part.h"
#include "protocols/mime/transfer_encoding.h"

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::optional<std::string> converted(std::string_view message, std::size_t piece) {
    mime::BinaryConverter converter;
    for (std::size_t at = 0; at < message.size(); at += piece) converter.examine(message.substr(at, piece));
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += piece) {
        if (!converter.convert(message.substr(at, piece), out)) return std::nullopt;
    }
    if (!converter.finish(out)) return std::nullopt;
    return out;
}

void add_leaves(const mime::Part& part, std::string_view message, std::vector<std::string>& leaves) {
    if (part.kind == mime::PartKind::single) {
        leaves.push_back(mime::decode_transfer(message.substr(part.body_offset, part.size_octets()),
                                               mime::parse_transfer_encoding(part.content.encoding)));
    }
    for (const mime::Part& child : part.children) add_leaves(child, message, leaves);
}

std::vector<std::string> leaves_of(std::string_view message) {
    mime::StructureParser parser;
    parser.feed(message);
    std::vector<std::string> leaves;
    add_leaves(parser.finish().root, message, leaves);
    return leaves;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.empty()) return 0;
    const std::size_t piece = static_cast<unsigned char>(input.front()) % 32 + 1;
    const std::string_view message = input.substr(1);
    const std::optional<std::string> whole = converted(message, message.size() + 1);
    expect(converted(message, piece) == whole);
    if (!whole) return 0;
    for (std::size_t i = 0; i < whole->size(); ++i) {
        expect((*whole)[i] != '\0');
        expect(((*whole)[i] == '\n') == (i > 0 && (*whole)[i - 1] == '\r'));
    }
    expect(leaves_of(*whole) == leaves_of(message));
    return 0;
}
