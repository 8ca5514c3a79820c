#include "protocols/http/wire/chunked_decoder.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/http/wire/characters.h"
#include "protocols/http/wire/field_line.h"

namespace http::wire {

namespace {

constexpr std::size_t most_digits = 16;  // of a size: 64 bits
constexpr std::size_t line_end_octets = 2;

bool is_hex_digit(char c) {
    const char low = base::to_lower(c);
    return base::is_digit(c) || (low >= 'a' && low <= 'f');
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ). Since it is dropped, only its beginning
// and its octets matter.
bool is_extension(std::string_view text) {
    return text.empty() || (without_ows(text).starts_with(';') && is_value(text));
}

}  // namespace

std::size_t ChunkedDecoder::line_limit() const {
    if (at_ == At::content_end) return 0;
    if (at_ == At::size) return most_digits + limits_.extension_octets - extension_octets_;
    const std::size_t taken = trailer_octets_ + line_end_octets;
    return limits_.trailer_octets - std::min(taken, limits_.trailer_octets);
}

Fault ChunkedDecoder::too_long() const {
    if (at_ == At::content_end) return {400, "A chunk is longer than its size"};
    if (at_ == At::size) return {400, "A chunk's extensions are too long"};
    return {431, "The trailer section is too large"};
}

std::expected<std::string_view, Fault> ChunkedDecoder::take(std::string_view& input) {
    while (!input.empty() && at_ != At::end) {
        if (at_ == At::content) {
            const std::string_view content = input.substr(0, std::min<std::uint64_t>(left_, input.size()));
            input.remove_prefix(content.size());
            left_ -= content.size();
            if (left_ == 0) at_ = At::content_end;
            return content;
        }
        switch (reader_.take(input, line_limit())) {
            case LineReader::Outcome::need_more:
                return std::string_view();
            case LineReader::Outcome::too_long:
                return std::unexpected(too_long());
            case LineReader::Outcome::bare_line_end:
                return std::unexpected(Fault{400, "A line must end with CRLF"});
            case LineReader::Outcome::line:
                break;
        }
        if (std::expected<void, Fault> read = read_line(reader_.text()); !read) return std::unexpected(read.error());
    }
    return std::string_view();
}

std::expected<void, Fault> ChunkedDecoder::read_line(std::string_view line) {
    if (at_ == At::size) return read_size(line);
    if (at_ == At::trailer) return read_trailer(line);
    at_ = At::size;  // the content's end: line_limit() lets only an empty line through
    return {};
}

// chunk-size [ chunk-ext ]
std::expected<void, Fault> ChunkedDecoder::read_size(std::string_view line) {
    const auto* const end = std::ranges::find_if_not(line, is_hex_digit);
    const std::string_view digits(line.begin(), end);
    const std::string_view extension = line.substr(digits.size());
    if (digits.empty() || digits.size() > most_digits || !is_extension(extension)) {
        return std::unexpected(Fault{400, "Invalid chunk size"});
    }
    extension_octets_ += extension.size();
    if (extension_octets_ > limits_.extension_octets) return std::unexpected(too_long());
    std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
    at_ = left_ == 0 ? At::trailer : At::content;
    return {};
}

std::expected<void, Fault> ChunkedDecoder::read_trailer(std::string_view line) {
    if (line.empty()) {
        at_ = At::end;
        return {};
    }
    trailer_octets_ += line.size() + line_end_octets;
    if (std::expected<Field, Fault> field = parse_field_line(line); !field) return std::unexpected(field.error());
    return {};
}

}  // namespace http::wire
