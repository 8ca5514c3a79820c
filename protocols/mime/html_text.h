// The text of an HTML part, for previews and search: tags, comments, scripts and styles dropped, character references
// decoded, white space collapsed. Not a sanitizer, and not for display.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mime {

// In pieces: UTF-8 in, UTF-8 out. Holds a bounded piece of an unfinished tag or reference.
class HtmlText {
  public:
    void feed(std::string_view html, std::string& out);
    void finish(std::string& out);

  private:
    enum class Place : unsigned char { text, reference, tag, comment, raw };

    std::size_t skip(std::string_view html, std::string& out);
    void in_text(char c, std::string& out);
    void in_reference(char c, std::string& out);
    void in_tag(char c, std::string& out);
    void in_comment(char c);
    void in_raw(char c);
    void end_tag();
    void put(std::string_view text, std::string& out);

    Place place_ = Place::text;
    char quote_ = 0;         // inside a tag: the quote that is open
    char before_ = 0;        // inside a tag: the last octet that was not white space
    bool space_ = false;     // write a space before the next word
    bool started_ = false;   // a word was written
    std::string held_;       // an unfinished tag or reference
    std::string raw_until_;  // in raw: the end tag's name, "script" or "style"
};

// All at once.
std::string html_to_text(std::string_view html);

}  // namespace mime
