// The parts are found by the message parser, the changes are made by the encoder that sends mail to 7-bit servers.
#include "protocols/mime/binary.h"

#include <utility>
#include <vector>

namespace mime {

namespace {

using Change = SevenBitScanner::Change;

void add_changes(const Part& part, bool is_message, std::vector<Change>& changes) {
    if (part.content.encoding == "binary") {
        const bool is_leaf = part.kind == PartKind::single;
        changes.push_back({.header_offset = part.header_offset,
                           .body_offset = part.body_offset,
                           .body_end = part.body_end,
                           .to = is_leaf ? TransferEncoding::base64 : TransferEncoding::identity,
                           .is_root = is_message,
                           .eight_bit = !is_leaf});
    }
    for (const Part& child : part.children) add_changes(child, part.kind == PartKind::message, changes);
}

}  // namespace

void BinaryConverter::examine(std::string_view octets) { parser_.feed(octets); }

std::size_t BinaryConverter::held_octets() const { return begun_ ? 0 : parser_.held_octets(); }

void BinaryConverter::begin() {
    if (std::exchange(begun_, true)) return;
    const Structure structure = parser_.finish();
    parser_ = StructureParser();
    // Some part may not have been seen.
    possible_ = !structure.defects.cut();
    std::vector<Change> changes;
    add_changes(structure.root, true, changes);
    encoder_ = SevenBitEncoder(std::move(changes));
}

// RFC 5321 §2.3.8 (only CRLF ends a line), RFC 2045 §2.8 (no NUL).
bool BinaryConverter::are_lines(std::string_view octets) {
    for (const char octet : octets) {
        if (octet == '\0' || (octet == '\n') != after_cr_) return false;
        after_cr_ = octet == '\r';
    }
    return true;
}

bool BinaryConverter::convert(std::string_view octets, std::string& out) {
    begin();
    const std::size_t before = out.size();
    if (possible_) encoder_.feed(octets, out);
    possible_ = possible_ && are_lines(std::string_view(out).substr(before));
    return possible_;
}

bool BinaryConverter::finish(std::string& out) {
    begin();
    const std::size_t before = out.size();
    if (possible_) encoder_.finish(out);
    possible_ = possible_ && are_lines(std::string_view(out).substr(before)) && !after_cr_;
    return possible_;
}

}  // namespace mime
