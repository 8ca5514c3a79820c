// Text as SEARCH compares it: i;unicode-casemap (RFC 5051), and finding across pieces.
#include <doctest/doctest.h>

#include "protocols/imap/search_text.h"

using imap::folded;
using imap::holds;
using imap::TextScanner;

TEST_CASE("case and composition do not matter") {
    CHECK(folded("Straße 42") == folded("STRAßE 42"));
    CHECK(folded("ÄÖÜ") == folded("äöü"));
    CHECK(folded("\xC3\xA9") == folded("e\xCC\x81"));  // é, and e with a combining accent
    CHECK(folded("ΣΊΣΥΦΟΣ") != folded("ΣΊΣΥΦΟ"));
    CHECK(folded("Привет") == folded("ПРИВЕТ"));
    CHECK(folded("plain ASCII") == "PLAIN ASCII");
    CHECK(folded("\xFF!") == "\xEF\xBF\xBD!");
}

TEST_CASE("substrings, the empty one included") {
    CHECK(holds(folded("Do you like ketchup?"), folded("LIKE K")));
    CHECK_FALSE(holds(folded("ketchup"), folded("pickles")));
    CHECK(holds(folded("anything"), ""));
}

TEST_CASE("texts are found wherever the flow is cut") {
    const std::string text = "How about pickles, and Grüße aus Köln?";
    const std::vector<std::string> needles = {folded("pickles"), folded("grüße aus"), folded("mustard"), ""};
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        if (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) continue;  // amid a character
        std::vector<bool> found(needles.size());
        TextScanner scanner(needles, found);
        scanner.feed(text.substr(0, cut));
        scanner.feed(text.substr(cut));
        CHECK(found == std::vector<bool>{true, true, false, true});
        CHECK_FALSE(scanner.all_found());
    }
}

TEST_CASE("nothing matches across the end of a text") {
    const std::vector<std::string> needles = {folded("onetwo")};
    std::vector<bool> found(1);
    TextScanner scanner(needles, found);
    scanner.feed("one");
    scanner.finish();
    scanner.feed("two");
    CHECK_FALSE(found[0]);
}
