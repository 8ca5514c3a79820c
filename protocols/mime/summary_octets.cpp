// The primitives of a stored summary: varints, lengths.
// Knows no fields.
#include "protocols/mime/summary_octets.h"

#include <array>

namespace mime {
namespace {

// Least significant seven bits first; at most ten octets.
struct Varint {
    explicit Varint(std::uint64_t value) {
        while (value >= 0x80) {
            octets[size++] = static_cast<char>(value | 0x80);
            value >>= 7;
        }
        octets[size++] = static_cast<char>(value);
    }
    [[nodiscard]] std::string_view view() const { return {octets.data(), size}; }

    std::array<char, 10> octets{};
    std::size_t size = 0;
};

}  // namespace

void SummaryWriter::number(std::uint64_t value) { out_ += Varint(value).view(); }

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

void SummaryWriter::close_block(std::size_t opened) { out_.insert(opened, Varint(out_.size() - opened).view()); }

std::uint64_t SummaryReader::long_number() {
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

}  // namespace mime
