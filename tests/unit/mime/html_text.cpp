// Text of HTML, whole and cut at every octet.
#include "protocols/mime/html_text.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

TEST_CASE("markup goes, words stay") {
    struct Row {
        std::string_view html;
        std::string_view text;
    };
    const Row rows[] = {
        {"plain", "plain"},
        {"<p>one</p><p>two</p>", "one two"},
        {"a<b>b</b>c <span class=x>d</span>", "abc d"},
        {"one<br>two<BR/>three", "one two three"},
        {"  white \r\n\t space ", "white space"},
        {"&lt;tag&gt; &amp; &quot;x&quot; &auml;&#228;&#xE4; &euro;",
         "<tag> & \"x\" \xC3\xA4\xC3\xA4\xC3\xA4 \xE2\x82\xAC"},
        {"a&nbsp;b &unknown; &amp;amp; AT&T &#0; &#xD800; &amp", "a b &unknown; &amp; AT&T &#0; &#xD800; &amp"},
        {"<script>if (a < b) { x('</p>'); }</script>after", "after"},
        {"<style>p > a {}</STYLE >after", "after"},
        {"<!-- a > b -- c -->after<!---->!", "after!"},
        {"<!doctype html><a href=\"x>y\" title='>'>link</a>", "link"},
        {"1 < 2 and <3 hearts", "1 < 2 and <3 hearts"},
        {"unfinished <a href=", "unfinished"},
        {"K\xC3\xA4se", "K\xC3\xA4se"},
        {"bad \xFF octet", "bad \xEF\xBF\xBD octet"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.html);
        CHECK(mime::html_to_text(row.html) == row.text);
        mime::HtmlText text;
        std::string out;
        for (const char c : row.html) text.feed({&c, 1}, out);
        text.finish(out);
        CHECK(mime::html_to_text(out).size() <= row.html.size() + 2);
    }
}
