// Decoded in pieces: what is not asked for is not read, but for the rest of a piece.
#include "web/jmap/mail/body_values.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocols/base/text.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/transfer_encoding.h"

namespace jmap {
namespace {

constexpr std::size_t piece_octets = std::size_t{64} << 10;

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) {
        ++found;
    }
    return found;
}

// CRLF becomes LF; a CR at the end waits for the next piece.
void append_lines(std::string& out, std::string& held, std::string_view text, bool end) {
    held += text;
    const bool waits = !end && held.ends_with('\r');
    if (waits) held.pop_back();
    for (std::size_t at = 0; at < held.size(); ++at) {
        if (held[at] == '\r' && at + 1 < held.size() && held[at + 1] == '\n') continue;
        if (held[at] != '\0') out += held[at];
    }
    held = waits ? "\r" : "";
}

// §4.2: no character is cut, and no tag of HTML.
void cut(std::string& value, std::size_t most, bool html) {
    value.resize(base::beginning(value, most).size());
    if (!html) return;
    const std::size_t opened = value.rfind('<');
    const std::size_t closed = value.rfind('>');
    if (opened != std::string::npos && (closed == std::string::npos || closed < opened)) value.resize(opened);
}

// Looks for what does not fit the charset that is declared.
class Problems {
  public:
    explicit Problems(const BodyPart& part, std::string_view charset)
        : unknown_(mime::parse_transfer_encoding(part.view.encoding) == mime::TransferEncoding::unknown ||
                   !mime::is_known_charset(charset)),
          ascii_(base::iequals(charset, "us-ascii") && !part.view.parameters.empty()) {}

    void see(std::string_view octets, std::string_view text) {
        if (ascii_ && !base::is_ascii(octets)) unknown_ = true;
        replaced_ += count(text, base::replacement_character);
        meant_ += count(octets, base::replacement_character);
    }
    bool any() const { return unknown_ || replaced_ > meant_; }

  private:
    bool unknown_;
    bool ascii_;  // declared so
    std::size_t replaced_ = 0;
    std::size_t meant_ = 0;  // that the text itself has, in UTF-8
};

}  // namespace

void read_decoded(const BodyPart& part, const mime::ReadOctets& read,
                  const std::function<bool(std::string_view)>& take) {
    mime::TransferDecoder decoder(mime::parse_transfer_encoding(part.view.encoding));
    std::string octets;
    for (std::uint64_t at = part.view.body_offset; at < part.view.body_end;) {
        const std::string_view piece = read(at, std::min<std::uint64_t>(piece_octets, part.view.body_end - at));
        if (piece.empty()) break;
        at += piece.size();
        octets.clear();
        decoder.feed(piece, octets);
        if (!octets.empty() && !take(octets)) return;
    }
    octets.clear();
    decoder.finish(octets);
    if (!octets.empty()) take(octets);
}

Json body_value(const BodyPart& part, const mime::ReadOctets& read, std::size_t most) {
    const std::string charset = part.charset().value_or("us-ascii");
    mime::CharsetDecoder decoder(charset);
    Problems problems(part, charset);
    std::string value;
    std::string held;
    std::string text;
    bool whole = true;
    read_decoded(part, read, [&](std::string_view octets) {
        text.clear();
        decoder.feed(octets, text);
        problems.see(octets, text);
        append_lines(value, held, text, false);
        whole = value.size() <= most;
        return whole;
    });
    if (whole) {
        text.clear();
        decoder.finish(text);
        problems.see({}, text);
        append_lines(value, held, text, true);
    }
    const bool truncated = value.size() > most;
    if (truncated) cut(value, most, part.type == "text/html");
    return {{"value", std::move(value)}, {"isEncodingProblem", problems.any()}, {"isTruncated", truncated}};
}

std::uint64_t decoded_size(const BodyPart& part, const mime::ReadOctets& read) {
    const mime::TransferEncoding encoding = mime::parse_transfer_encoding(part.view.encoding);
    const bool as_it_is = encoding == mime::TransferEncoding::identity || encoding == mime::TransferEncoding::unknown;
    if (as_it_is) return part.view.size_octets();
    std::uint64_t size = 0;
    read_decoded(part, read, [&](std::string_view octets) {
        size += octets.size();
        return true;
    });
    return size;
}

}  // namespace jmap
