// RFC 8621 §5: matches are marked, the rest is escaped.
#include "web/jmap/mail/snippet.h"

#include <doctest/doctest.h>

#include "protocols/mime/casemap.h"

using namespace jmap;

namespace {

std::vector<std::string> terms(std::initializer_list<const char*> words) {
    std::vector<std::string> folded;
    for (const char* word : words) folded.push_back(mime::folded(word));
    return folded;
}

}  // namespace

TEST_CASE("each match is marked, in any case, and characters of HTML are escaped") {
    CHECK(marked("A <b> & Foo, foo", terms({"foo"}), 255) == "A &lt;b&gt; &amp; <mark>Foo</mark>, <mark>foo</mark>");
    CHECK(marked("im Caf\u00e9", terms({"CAF\u00c9"}), 255) == "im <mark>Caf\u00e9</mark>");
    CHECK(marked("one\r\n  two", terms({"one two"}), 255) == "<mark>one two</mark>");
    CHECK_FALSE(marked("nothing", terms({"foo"}), 255));
    CHECK_FALSE(marked("nothing", {}, 255));
}

TEST_CASE("it is never longer than it may be, and shows the match") {
    const std::string long_text = std::string(500, 'a') + " needle " + std::string(500, '&');
    const std::optional<std::string> html = marked(long_text, terms({"needle"}), 255);
    REQUIRE(html);
    CHECK(html->size() <= 255);
    CHECK(html->find("<mark>needle</mark>") != std::string::npos);
    for (std::size_t most = 60; most < 120; ++most) {
        const std::optional<std::string> cut = marked(std::string(30, '&') + "needle", terms({"needle"}), most);
        CHECK(cut->size() <= most);
    }
}
