// The structure of a message, pushed in pieces. RFC 2046 §5.1 (multipart), §5.2.1 (message/rfc822).
// Works line by line, with a stack of open parts; the innermost is in its header or in its body. Offsets are absolute,
// so no body is kept, except the first octets of the text for the preview.
#include "protocols/mime/part.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/header_end.h"
#include "protocols/mime/text_size.h"

namespace mime {
namespace {

constexpr std::size_t longest_boundary = 1000;        // RFC 2046 §5.1.1 allows 70
constexpr std::size_t longest_delimiter_line = 1200;  // a delimiter with its padding

// One line of the message. The text of an overlong line may be cut short, but never below what is looked at.
struct Line {
    std::string_view text;   // without its end
    std::uint64_t size = 0;  // octets with its end
    unsigned end = 0;        // octets of its end: CRLF, LF or, at the message's end, nothing

    [[nodiscard]] std::uint64_t text_size() const { return size - end; }
    [[nodiscard]] std::string_view end_text() const { return std::string_view("\r\n").substr(2 - end); }
};

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

void become_leaf(Part& part, std::string_view type, std::string_view subtype) {
    part.kind = PartKind::single;
    part.content.type = type;
    part.content.subtype = subtype;
    part.content.parameters.clear();
}

bool is_message(const ContentFields& content) {
    return content.type == "message" && (content.subtype == "rfc822" || content.subtype == "global");
}

// A boundary parameter's value; empty if there is none, or one that no line could match.
std::string boundary_of(const ContentFields& content) {
    std::string boundary = parameter(content.parameters, "boundary").value_or("");
    while (!boundary.empty() && base::is_space(boundary.back())) boundary.pop_back();
    if (boundary.size() > longest_boundary) boundary.clear();
    return boundary;
}

}  // namespace

class StructureParser::State {
  public:
    explicit State(const ParseLimits& limits) : limits_(limits) {
        limits_.depth = std::clamp<std::size_t>(limits_.depth, 1, max_depth);
        open_part(root_, 0);
    }

    void feed(std::string_view octets);
    Structure finish();
    [[nodiscard]] std::size_t held_octets() const {
        return header_octets_total_ + carried_.capacity() + preview_.capacity() + parts_ * sizeof(Part);
    }

  private:
    // A part that has begun but not ended.
    struct Open {
        Part* part = nullptr;
        std::string boundary;  // of an open multipart: its delimiters are looked for
        std::uint64_t lines_before_body = 0;
        bool has_delimiters = false;  // it is a multipart whose delimiters are looked for
        std::string charset;          // of a message: the charset of its raw header octets, once known
        std::string raw_header;       // of a message: its header section, if not valid UTF-8
    };
    // A header line that is not a field: the body's first line, unless a field follows.
    struct Doubt {
        std::uint64_t offset = 0;
        std::uint64_t lines_before = 0;
        std::size_t captured = 0;  // octets of header_ before it
    };
    struct Delimiter {
        std::size_t level = 0;  // index in open_
        bool close = false;
    };

    void line(const Line& line);
    void read_line(const Line& line);
    void carry(std::string_view octets);
    void end_carried_line(bool has_line_feed);
    void skip_lines(std::string_view octets);

    void header_line(const Line& line);
    void body_line(const Line& line);
    void capture_header(const Line& line);
    void capture_preview(std::string_view text, std::string_view end);
    void end_header(std::uint64_t body_offset, std::uint64_t lines_before_body);
    void end_header_in_doubt();
    void note_header_defects();
    void read_envelope(Open& message, std::string header);
    [[nodiscard]] std::string& message_charset();
    void note_charset(const ContentFields& content);
    void classify(Part& part);
    void begin_preview(const Part& part);
    void end_preview(const Part& part);

    [[nodiscard]] std::optional<Delimiter> find_delimiter(std::string_view text) const;
    void delimiter(const Delimiter& found, const Line& line);
    void open_part(Part& part, std::uint64_t header_offset);
    void close_part(std::uint64_t end, std::uint64_t lines_before_end);
    [[nodiscard]] bool may_open_part();

    ParseLimits limits_;
    Part root_;
    Defects defects_;
    bool headers_are_ascii_ = true;
    std::vector<Open> open_;  // outermost first; a part's address is stable while it is open: only siblings move
    std::size_t parts_ = 0;
    std::size_t delimited_ = 0;  // how many of open_ look for delimiters
    bool in_header_ = true;      // the innermost part is in its header

    std::uint64_t offset_ = 0;  // of the current line
    std::uint64_t lines_ = 0;   // line ends before it
    unsigned last_end_ = 0;     // octets of the line end before it

    std::string carried_;  // the beginning of a line that continues in the next piece
    std::uint64_t carried_size_ = 0;
    bool carried_cr_ = false;  // its last octet so far is CR

    std::string header_;  // of the innermost part
    HeaderEnd header_end_;
    std::size_t header_lines_ = 0;
    std::size_t header_octets_total_ = 0;
    std::optional<Doubt> doubt_;
    std::string root_header_;
    std::string root_charset_;

    const Part* preview_part_ = nullptr;  // the part whose text is being captured
    bool preview_found_ = false;
    std::string preview_;
    std::string preview_encoding_;
    std::string preview_charset_;
    std::string preview_subtype_;
};

void StructureParser::State::feed(std::string_view octets) {
    while (!octets.empty()) {
        if (carried_size_ == 0 && !in_header_ && delimited_ == 0 && preview_part_ == nullptr) {
            return skip_lines(octets);
        }
        const void* found = std::memchr(octets.data(), '\n', octets.size());
        if (found == nullptr) return carry(octets);
        const std::size_t size = static_cast<std::size_t>(static_cast<const char*>(found) - octets.data()) + 1;
        if (carried_size_ > 0) {
            carry(octets.substr(0, size));
            end_carried_line(true);
        } else {
            const unsigned end = size > 1 && octets[size - 2] == '\r' ? 2 : 1;
            line({.text = octets.substr(0, size - end), .size = size, .end = end});
        }
        octets.remove_prefix(size);
    }
}

// Only the message's end can end this body: its lines are just counted.
void StructureParser::State::skip_lines(std::string_view octets) {
    lines_ += count_line_feeds(octets);
    offset_ += octets.size();
}

void StructureParser::State::carry(std::string_view octets) {
    std::size_t wanted = std::max(limits_.preview_source_octets, longest_delimiter_line);
    if (in_header_) wanted = std::max(wanted, limits_.header_octets);
    const bool cr_before = octets.size() > 1 ? octets[octets.size() - 2] == '\r' : carried_cr_;
    carried_cr_ = octets.back() == '\n' ? cr_before : octets.back() == '\r';
    carried_size_ += octets.size();
    if (carried_.size() < wanted + 2) carried_ += octets.substr(0, wanted + 2 - carried_.size());
}

// The carried line is complete: it ends in LF, or the message ends.
void StructureParser::State::end_carried_line(bool has_line_feed) {
    const std::string text = std::exchange(carried_, {});
    const std::uint64_t size = std::exchange(carried_size_, 0);
    const unsigned end = has_line_feed ? (carried_cr_ ? 2 : 1) : 0;
    line({.text = std::string_view(text).substr(0, std::min<std::uint64_t>(text.size(), size - end)),
          .size = size,
          .end = end});
}

void StructureParser::State::line(const Line& line) {
    read_line(line);
    offset_ += line.size;
    lines_ += line.end > 0 ? 1 : 0;
    last_end_ = line.end;
}

void StructureParser::State::read_line(const Line& line) {
    const bool dashes = line.text.size() > 2 && line.text[0] == '-' && line.text[1] == '-';
    const std::optional<Delimiter> found = dashes && delimited_ > 0 ? find_delimiter(line.text) : std::nullopt;
    if (found) {
        delimiter(*found, line);
    } else if (in_header_) {
        header_line(line);
    } else {
        body_line(line);
    }
}

void StructureParser::State::body_line(const Line& line) {
    if (preview_part_ != nullptr) capture_preview(line.text, line.end_text());
}

void StructureParser::State::header_line(const Line& line) {
    using Verdict = HeaderEnd::Verdict;
    const Verdict verdict = header_end_.judge(line.text);
    if (verdict == Verdict::before_doubted) {
        end_header_in_doubt();
        return read_line(line);
    }
    if (doubt_) defects_.add(Defect::malformed_header_line);
    doubt_.reset();
    if (line.end == 1) defects_.add(Defect::bare_line_feed);
    if (verdict == Verdict::blank) return end_header(offset_ + line.size, lines_ + 1);
    if (verdict == Verdict::before_line) {
        defects_.add(Defect::missing_blank_line);
        while (in_header_) end_header(offset_, lines_);
        return read_line(line);
    }
    if (verdict == Verdict::mbox_line) return;
    if (verdict == Verdict::in_doubt) {
        doubt_ = Doubt{.offset = offset_, .lines_before = lines_, .captured = header_.size()};
    }
    capture_header(line);
}

void StructureParser::State::capture_header(const Line& line) {
    const std::size_t left = std::min(limits_.header_octets - std::min(limits_.header_octets, header_.size()),
                                      limits_.header_octets_total - header_octets_total_);
    if (header_lines_ >= limits_.header_lines || line.size > left) defects_.add(Defect::header_too_long);
    if (header_lines_ >= limits_.header_lines) return;
    ++header_lines_;
    const std::size_t before = header_.size();
    header_ += line.text.substr(0, left);
    if (line.size <= left) header_ += line.end_text();
    header_octets_total_ += header_.size() - before;
}

void StructureParser::State::capture_preview(std::string_view text, std::string_view end) {
    preview_ += text.substr(0, limits_.preview_source_octets - preview_.size());
    preview_ += end.substr(0, limits_.preview_source_octets - preview_.size());
    if (preview_.size() >= limits_.preview_source_octets) end_preview(*preview_part_);
}

// The line in doubt was the body's first line: the blank line is missing.
void StructureParser::State::end_header_in_doubt() {
    const Doubt doubt = *std::exchange(doubt_, std::nullopt);
    defects_.add(Defect::missing_blank_line);
    const std::string text = header_.substr(doubt.captured);
    header_.resize(doubt.captured);
    while (in_header_) end_header(doubt.offset, doubt.lines_before);
    if (preview_part_ != nullptr) capture_preview(text, {});
}

void StructureParser::State::note_header_defects() {
    if (header_.find('\0') != std::string::npos) defects_.add(Defect::nul_octet);
    if (!base::is_ascii(header_)) headers_are_ascii_ = false;
    if (!base::is_utf8(header_)) defects_.add(Defect::eight_bit_header);
}

void StructureParser::State::end_header(std::uint64_t body_offset, std::uint64_t lines_before_body) {
    Part& part = *open_.back().part;
    part.body_offset = body_offset;
    open_.back().lines_before_body = lines_before_body;
    in_header_ = false;
    note_header_defects();
    Part* parent = open_.size() > 1 ? open_[open_.size() - 2].part : nullptr;
    const bool in_digest =
        parent != nullptr && parent->kind == PartKind::multipart && parent->content.subtype == "digest";
    part.content = parse_content_fields(header_, in_digest, message_charset(), limits_.parameters);
    if (part.content.cut) defects_.add(Defect::too_many_parameters);
    note_charset(part.content);
    if (parent == nullptr) {
        root_header_ = std::move(header_);
    } else if (parent->kind == PartKind::message) {
        read_envelope(open_[open_.size() - 2], std::move(header_));
    }
    header_.clear();
    header_lines_ = 0;
    classify(part);
}

// If the header has raw octets, decode them later, once a text part has named the message's charset.
void StructureParser::State::read_envelope(Open& message, std::string header) {
    message.part->envelope = parse_envelope(header, {}, limits_.addresses);
    if (message.part->envelope->cut) defects_.add(Defect::too_many_addresses);
    if (!base::is_utf8(header)) message.raw_header = std::move(header);
}

// The charset of the innermost open message, as far as known.
std::string& StructureParser::State::message_charset() {
    for (std::size_t level = open_.size() - 1; level-- > 0;) {
        if (open_[level].part->kind == PartKind::message) return open_[level].charset;
    }
    return root_charset_;
}

// Takes the charset of the first text part whose charset raw header octets may be in.
void StructureParser::State::note_charset(const ContentFields& content) {
    std::string& charset = message_charset();
    if (content.type != "text" || !charset.empty()) return;
    std::string named = parameter(content.parameters, "charset").value_or("");
    if (is_legacy_charset(named)) charset = std::move(named);
}

// Acts on the part's type: a message opens its nested message at once, a multipart looks for delimiters.
void StructureParser::State::classify(Part& part) {
    const bool multipart = part.content.type == "multipart";
    if (!multipart && !is_message(part.content)) return begin_preview(part);
    if (open_.size() >= limits_.depth) {
        defects_.add(Defect::too_deep);
        return become_leaf(part, "application", "octet-stream");
    }
    if (multipart) {
        open_.back().boundary = boundary_of(part.content);
        if (open_.back().boundary.empty()) {
            defects_.add(Defect::multipart_without_boundary);
            become_leaf(part, "text", "plain");  // RFC 2045 §5.2
            return begin_preview(part);
        }
        part.kind = PartKind::multipart;
        open_.back().has_delimiters = true;
        ++delimited_;
        return;
    }
    if (!may_open_part()) return become_leaf(part, "application", "octet-stream");
    part.kind = PartKind::message;
    open_part(part.children.emplace_back(), part.body_offset);
}

void StructureParser::State::begin_preview(const Part& part) {
    const ContentFields& content = part.content;
    const bool readable = content.type == "text" && (content.subtype == "plain" || content.subtype == "html");
    if (preview_found_ || !readable || limits_.preview_source_octets == 0 || is_attachment(part, false)) return;
    preview_found_ = true;
    preview_part_ = &part;
    preview_encoding_ = content.encoding;
    preview_charset_ = parameter(content.parameters, "charset").value_or("");
    preview_subtype_ = content.subtype;
}

// An empty text gives no preview: the next text part may.
void StructureParser::State::end_preview(const Part& part) {
    if (preview_part_ != &part) return;
    preview_part_ = nullptr;
    if (!is_blank(preview_)) return;
    preview_found_ = false;
    preview_.clear();
}

// delimiter := CRLF "--" boundary; close-delimiter := delimiter "--". Only the line's beginning counts
// (RFC 2046 §5.1.1, note to implementors); white space before the dashes comes from gateways. If boundaries are
// prefixes of one another, the longest match wins; of equal ones (nested parts may use the same) the innermost.
auto StructureParser::State::find_delimiter(std::string_view text) const -> std::optional<Delimiter> {
    const std::string_view rest = text.substr(2, longest_delimiter_line);
    std::optional<Delimiter> found;
    std::size_t longest = 0;
    for (std::size_t level = open_.size(); level-- > 0;) {
        const std::string& boundary = open_[level].boundary;
        if (!open_[level].has_delimiters || boundary.size() <= longest || !rest.starts_with(boundary)) continue;
        longest = boundary.size();
        found = {.level = level, .close = base::trim(rest.substr(longest)).starts_with("--")};
    }
    return found;
}

void StructureParser::State::delimiter(const Delimiter& found, const Line& line) {
    Part& innermost = *open_.back().part;
    if (!found.close && in_header_ && innermost.header_offset == offset_ && open_.size() == found.level + 2) {
        innermost.header_offset += line.size;  // the same delimiter twice in a row: still one part
        return;
    }
    if (doubt_) end_header_in_doubt();
    if (in_header_) defects_.add(Defect::missing_blank_line);
    while (in_header_) end_header(offset_, lines_);  // an empty nested message may open here
    // The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    const std::uint64_t end = offset_ - last_end_;
    const std::uint64_t lines_before_end = lines_ - (last_end_ > 0 ? 1 : 0);
    while (open_.size() > found.level + 1) close_part(end, lines_before_end);
    Open& multipart = open_.back();
    if (found.close) {
        multipart.has_delimiters = false;
        --delimited_;
    } else if (may_open_part()) {
        open_part(multipart.part->children.emplace_back(), offset_ + line.size);
    }
}

bool StructureParser::State::may_open_part() {
    if (parts_ < limits_.parts) return true;
    defects_.add(Defect::too_many_parts);
    return false;
}

void StructureParser::State::open_part(Part& part, std::uint64_t header_offset) {
    ++parts_;
    part.header_offset = header_offset;
    open_.push_back({.part = &part,
                     .boundary = {},
                     .lines_before_body = 0,
                     .has_delimiters = false,
                     .charset = {},
                     .raw_header = {}});
    in_header_ = true;
    header_end_ = HeaderEnd(open_.size() == 1);
}

void StructureParser::State::close_part(std::uint64_t end, std::uint64_t lines_before_end) {
    const Open& closing = open_.back();
    Part& part = *closing.part;
    part.body_end = std::max(end, part.body_offset);
    part.lines = lines_before_end - std::min(lines_before_end, closing.lines_before_body);
    end_preview(part);
    if (part.envelope) part.envelope->charset = closing.charset;
    if (!closing.raw_header.empty() && !closing.charset.empty()) {
        part.envelope = parse_envelope(closing.raw_header, closing.charset, limits_.addresses);
    }
    if (closing.has_delimiters) {
        --delimited_;
        defects_.add(Defect::unterminated_multipart);
    }
    if (part.kind == PartKind::multipart && part.children.empty()) {
        defects_.add(Defect::boundary_not_found);
        become_leaf(part, "text", "plain");
    }
    open_.pop_back();
}

Structure StructureParser::State::finish() {
    if (carried_size_ > 0) end_carried_line(false);
    if (doubt_) end_header_in_doubt();
    while (in_header_) end_header(offset_, lines_);
    while (!open_.empty()) close_part(offset_, lines_);
    const bool all_looked_at = !defects_.has(Defect::header_too_long) && !defects_.has(Defect::too_many_parts) &&
                               !defects_.has(Defect::too_deep);
    return {.root = std::move(root_),
            .defects = defects_,
            .headers_are_ascii = headers_are_ascii_ && all_looked_at,
            .header = std::move(root_header_),
            .charset = std::move(root_charset_),
            .preview_source = std::move(preview_),
            .preview_encoding = std::move(preview_encoding_),
            .preview_charset = std::move(preview_charset_),
            .preview_subtype = std::move(preview_subtype_)};
}

StructureParser::StructureParser(const ParseLimits& limits) : state_(std::make_unique<State>(limits)) {}
StructureParser::StructureParser(StructureParser&&) noexcept = default;
StructureParser& StructureParser::operator=(StructureParser&&) noexcept = default;
StructureParser::~StructureParser() = default;

void StructureParser::feed(std::string_view octets) { state_->feed(octets); }
Structure StructureParser::finish() { return state_->finish(); }
std::size_t StructureParser::held_octets() const { return state_->held_octets(); }

std::vector<std::string_view> describe(Defects defects) {
    constexpr std::pair<Defect, std::string_view> names[] = {
        {Defect::missing_blank_line, "missing_blank_line"},
        {Defect::malformed_header_line, "malformed_header_line"},
        {Defect::header_too_long, "header_too_long"},
        {Defect::too_many_parts, "too_many_parts"},
        {Defect::too_deep, "too_deep"},
        {Defect::multipart_without_boundary, "multipart_without_boundary"},
        {Defect::boundary_not_found, "boundary_not_found"},
        {Defect::unterminated_multipart, "unterminated_multipart"},
        {Defect::eight_bit_header, "eight_bit_header"},
        {Defect::bare_line_feed, "bare_line_feed"},
        {Defect::nul_octet, "nul_octet"},
        {Defect::missing_from, "missing_from"},
        {Defect::invalid_date, "invalid_date"},
        {Defect::too_many_addresses, "too_many_addresses"},
        {Defect::too_many_parameters, "too_many_parameters"},
    };
    std::vector<std::string_view> result;
    for (const auto& [defect, name] : names) {
        if (defects.has(defect)) result.push_back(name);
    }
    return result;
}

}  // namespace mime
