// How a stored summary is written: numbers as LEB128 varints, texts and lists with their length in front, a text that
// may be absent as its length plus one. The order of the fields is in summary_codec.cpp and summary_view.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mime {

// Increased when the form changes, or when the parser reads messages differently: a summary of another version is then
// made again from the message.
// 2: a line that begins with a boundary is a delimiter; malformed transfer encodings are passed over; dispositions
// without a type are attachments.
// 3: the fields that clients ask for in message lists.
// 4: encoded words may contain any octets; raw fields are in one charset, the message's own among others; summaries cut
// by a limit are marked; sizes as text.
constexpr char summary_version = 4;

// Flags of a summary.
constexpr std::uint64_t summary_has_date = 1;
constexpr std::uint64_t summary_has_attachment = 2;
constexpr std::uint64_t summary_has_list_fields = 4;

// Appends to a string.
class SummaryWriter {
  public:
    explicit SummaryWriter(std::string& out) : out_(out) {}

    void number(std::uint64_t value);
    void signed_number(std::int64_t value);  // zigzag
    void text(std::string_view value);
    void optional_text(const std::optional<std::string>& value);

    // Open a block, write, close it: closing inserts its length before it.
    [[nodiscard]] std::size_t open_block() const { return out_.size(); }
    void close_block(std::size_t opened);

  private:
    std::string& out_;
};

// Reads from the front. After the first fault all values are empty and zero.
class SummaryReader {
  public:
    explicit SummaryReader(std::string_view octets) : octets_(octets) {}

    std::uint64_t number() {
        if (octets_.empty() || (octets_.front() & 0x80) != 0) return long_number();
        const char octet = octets_.front();
        octets_.remove_prefix(1);
        return static_cast<unsigned char>(octet);
    }
    std::int64_t signed_number();
    std::string_view text() { return take(number()); }  // also a block
    std::optional<std::string_view> optional_text() {
        const std::uint64_t size = number();
        if (size == 0) return std::nullopt;
        return take(size - 1);
    }

    [[nodiscard]] std::string_view rest() const { return octets_; }
    [[nodiscard]] bool at_end() const { return octets_.empty(); }
    [[nodiscard]] bool damaged() const { return damaged_; }

  private:
    std::uint64_t long_number();  // of several octets
    std::string_view take(std::uint64_t size) {
        const std::string_view taken = octets_.substr(0, size);
        octets_.remove_prefix(taken.size());
        if (taken.size() == size) return taken;
        damaged_ = true;
        return {};
    }

    std::string_view octets_;
    bool damaged_ = false;
};

}  // namespace mime
