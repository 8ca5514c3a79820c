// Terms are folded, and a folded character may be longer or shorter than what is shown: so each octet of the folded
// text knows its character.
#include "web/jmap/mail/snippet.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/mime/casemap.h"

namespace jmap {
namespace {

constexpr std::string_view open_mark = "<mark>";
constexpr std::string_view close_mark = "</mark>";
constexpr std::size_t characters_before = 40;

struct FoldedText {
    std::vector<std::string_view> characters;
    std::string folded;
    std::vector<std::size_t> character_of;  // by octet of `folded`
};

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

FoldedText fold(std::string_view text) {
    FoldedText result;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        while (end < text.size() && continues(text[end])) ++end;
        result.characters.push_back(text.substr(at, end - at));
        mime::append_folded(result.folded, text.substr(at, end - at));
        result.character_of.resize(result.folded.size(), result.characters.size() - 1);
        at = end;
    }
    return result;
}

// Which characters belong to a term.
std::vector<bool> marks_in(const FoldedText& text, const std::vector<std::string>& terms) {
    std::vector<bool> marks(text.characters.size());
    for (const std::string& term : terms) {
        if (term.empty()) continue;
        for (std::size_t at = text.folded.find(term); at != std::string::npos;
             at = text.folded.find(term, at + term.size())) {
            for (std::size_t i = at; i < at + term.size(); ++i) marks[text.character_of[i]] = true;
        }
    }
    return marks;
}

std::string escaped(std::string_view character) {
    if (character == "&") return "&amp;";
    if (character == "<") return "&lt;";
    if (character == ">") return "&gt;";
    return std::string(character);
}

std::string single_spaces(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool space = c == ' ' || (static_cast<unsigned char>(c) < 0x20);
        if (!space) line += c;
        if (space && !line.empty() && line.back() != ' ') line += ' ';
    }
    return line;
}

}  // namespace

std::optional<std::string> marked(std::string_view text, const std::vector<std::string>& terms, std::size_t most) {
    const std::string line = single_spaces(text);
    const FoldedText folded = fold(line);
    const std::vector<bool> marks = marks_in(folded, terms);
    const auto first = static_cast<std::size_t>(std::ranges::find(marks, true) - marks.begin());
    if (first == marks.size()) return std::nullopt;
    std::size_t before = 0;  // octets of all that comes before
    for (std::size_t i = 0; i <= first; ++i) before += escaped(folded.characters[i]).size();
    const bool fits = before + 2 * (open_mark.size() + close_mark.size()) < most / 2;
    std::string html;
    bool is_open = false;
    for (std::size_t i = fits ? 0 : first - std::min(first, characters_before); i < marks.size(); ++i) {
        std::string piece = marks[i] == is_open ? "" : std::string(is_open ? close_mark : open_mark);
        piece += escaped(folded.characters[i]);
        const std::size_t to_close = marks[i] ? close_mark.size() : 0;
        if (html.size() + piece.size() + to_close > most) break;
        html += piece;
        is_open = marks[i];
    }
    if (is_open) html += close_mark;
    return html;
}

}  // namespace jmap
