// The primitives of a stored summary: varints, lengths.
// Knows no fields.
#include "protocols/mime/summary_octets.h"

namespace mime {
namespace {

std::string varint(std::uint64_t value) {
    std::string out;
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
    return out;
}

}  // namespace

void SummaryWriter::number(std::uint64_t value) { out_ += varint(value); }

void SummaryWriter::signed_number(std::int64_t value) {
    number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

void SummaryWriter::text(std::string_view value) {
    number(value.size());
    out_ += value;
}

void SummaryWriter::optional_text(const std::optional<std::string>& value) {
    number(value ? value->size() + 1 : 0);
    if (value) out_ += *value;
}

void SummaryWriter::close_block(std::size_t opened) { out_.insert(opened, varint(out_.size() - opened)); }

std::uint64_t SummaryReader::number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !octets_.empty(); shift += 7) {
        const auto octet = static_cast<unsigned char>(octets_.front());
        octets_.remove_prefix(1);
        value |= static_cast<std::uint64_t>(octet & 0x7F) << shift;
        if ((octet & 0x80) == 0) return value;
    }
    damaged_ = true;
    octets_ = {};
    return 0;
}

std::int64_t SummaryReader::signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

std::string_view SummaryReader::take(std::uint64_t size) {
    if (size > octets_.size()) {
        damaged_ = true;
        octets_ = {};
        return {};
    }
    const std::string_view taken = octets_.substr(0, size);
    octets_.remove_prefix(size);
    return taken;
}

std::string_view SummaryReader::text() { return take(number()); }

std::optional<std::string_view> SummaryReader::optional_text() {
    const std::uint64_t size = number();
    if (size == 0) return std::nullopt;
    return take(size - 1);
}

}  // namespace mime
