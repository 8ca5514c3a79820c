// Finding texts across pieces.
#include <doctest/doctest.h>

#include "protocols/imap/search/text_scanner.h"
#include "protocols/mime/casemap.h"

using imap::TextScanner;
using mime::folded;

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
