// Any message for a server without 8BITMIME (RFC 6152 §3): what was encoded anew is 7-bit but for header sections, has
// lines that every server takes (RFC 5321 §4.5.3.1.6), decodes to what it was, and is the same wherever it was cut. The
// first octet chooses the cuts.
#include "protocols/mime/seven_bit.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mime/part.h"
#include "protocols/mime/transfer_encoding.h"

namespace {

using Change = mime::SevenBitScanner::Change;

void expect(bool holds) {
    if (!holds) std::abort();
}

// As a message is received: its lines end with CRLF, and there is no other CR or LF (RFC 5321 §2.3.8).
std::string with_line_ends(std::string_view octets) {
    std::string out;
    for (const char c : octets) {
        if (c == '\n') out += '\r';
        if (c != '\r') out += c;
    }
    return out;
}

mime::Structure structure_of(std::string_view message) {
    mime::StructureParser parser;
    parser.feed(message);
    return parser.finish();
}

mime::SevenBitScanner scanned(std::string_view message, const mime::Part& root, std::size_t piece) {
    mime::SevenBitScanner scanner(root);
    for (std::size_t at = 0; at < message.size(); at += piece) scanner.feed(message.substr(at, piece));
    return scanner;
}

std::string encoded(std::string_view message, const std::vector<Change>& changes, std::size_t piece) {
    mime::SevenBitEncoder encoder(changes);
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += piece) encoder.feed(message.substr(at, piece), out);
    encoder.finish(out);
    return out;
}

bool same(const std::vector<Change>& one, const std::vector<Change>& other) {
    return std::ranges::equal(one, other, [](const Change& a, const Change& b) {
        return a.header_offset == b.header_offset && a.body_offset == b.body_offset && a.body_end == b.body_end &&
               a.to == b.to && a.is_root == b.is_root;
    });
}

// The bodies of leaves, decoded, in their order.
void add_leaves(const mime::Part& part, std::string_view message, std::vector<std::string>& leaves) {
    if (part.kind == mime::PartKind::single) {
        leaves.push_back(mime::decode_transfer(message.substr(part.body_offset, part.size_octets()),
                                               mime::parse_transfer_encoding(part.content.encoding)));
    }
    for (const mime::Part& child : part.children) add_leaves(child, message, leaves);
}

std::vector<std::string> leaves_of(const mime::Structure& structure, std::string_view message) {
    std::vector<std::string> leaves;
    add_leaves(structure.root, message, leaves);
    return leaves;
}

std::size_t longest_line(std::string_view body) {
    std::size_t longest = 0;
    std::size_t line = 0;
    for (const char c : body) {
        line = c == '\n' ? 0 : line + 1;
        longest = std::max(longest, line);
    }
    return longest;
}

// A part without a header section has no place to say how it is encoded.
bool can_be_encoded(const mime::Part& part) { return part.body_offset > part.header_offset; }

void check_bodies(const mime::Part& before, const mime::Part& after, std::string_view message,
                  const std::vector<Change>& changes) {
    expect(before.children.size() == after.children.size());
    for (std::size_t i = 0; i < before.children.size(); ++i)
        check_bodies(before.children[i], after.children[i], message, changes);
    const bool is_encoded = std::ranges::any_of(changes, [&](const Change& change) {
        return change.header_offset == before.header_offset && change.to != mime::TransferEncoding::identity;
    });
    if (before.kind != mime::PartKind::single || !can_be_encoded(before)) return;
    // A part that is encoded already stays as it is, whatever octets it has.
    const bool was_encoded = mime::parse_transfer_encoding(before.content.encoding) != mime::TransferEncoding::identity;
    expect(!was_encoded || !is_encoded);
    if (was_encoded) return;
    const std::string_view body = message.substr(after.body_offset, after.size_octets());
    expect(base::is_ascii(body));
    if (is_encoded) expect(longest_line(body) <= 77);  // 76 and CR (RFC 2045 §6.7 rule 5, §6.8)
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.empty()) return 0;
    const std::size_t piece = static_cast<unsigned char>(input.front()) % 32 + 1;
    const std::string own = with_line_ends(input.substr(1));
    const std::string_view message = own;
    const mime::Structure before = structure_of(message);
    const std::vector<Change> changes = scanned(message, before.root, message.size() + 1).changes();
    expect(same(scanned(message, before.root, piece).changes(), changes));
    const std::string whole = encoded(message, changes, message.size() + 1);
    if (changes.empty()) {
        expect(whole == message);
        return 0;
    }
    const mime::Structure after = structure_of(whole);
    expect(leaves_of(after, whole) == leaves_of(before, message));
    check_bodies(before.root, after.root, whole, changes);
    const std::string cut = encoded(message, changes, piece);
    expect(leaves_of(structure_of(cut), cut) == leaves_of(before, message));
    check_bodies(before.root, structure_of(cut).root, cut, changes);
    return 0;
}
