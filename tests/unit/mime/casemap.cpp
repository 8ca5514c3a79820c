// i;unicode-casemap: RFC 5051 §2.
#include "protocols/mime/casemap.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using mime::folded;
using mime::holds;

TEST_CASE("case and composition do not matter") {
    CHECK(folded("Straße 42") == folded("STRAßE 42"));
    CHECK(folded("ÄÖÜ") == folded("äöü"));
    CHECK(folded("\xC3\xA9") == folded("e\xCC\x81"));  // é, and e with a combining accent
    CHECK(folded("ΣΊΣΥΦΟΣ") != folded("ΣΊΣΥΦΟ"));
    CHECK(folded("Привет") == folded("ПРИВЕТ"));
    CHECK(folded("plain ASCII") == "PLAIN ASCII");
    CHECK(folded("\xFF!") == "\xEF\xBF\xBD!");
}

TEST_CASE("folding in pieces is folding the whole") {
    const std::string text =
        "How about \xC3\xBC, and Gr\xC3\xBC\xC3\x9F"
        "e aus K\xC3\xB6ln? \xD0\x9F and more of it";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        if (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) continue;  // mid-character
        std::string pieces;
        mime::append_folded(pieces, std::string_view(text).substr(0, cut));
        mime::append_folded(pieces, std::string_view(text).substr(cut));
        CHECK(pieces == folded(text));
    }
}

TEST_CASE("substrings, the empty one included") {
    CHECK(holds(folded("Do you like ketchup?"), folded("LIKE K")));
    CHECK_FALSE(holds(folded("ketchup"), folded("pickles")));
    CHECK(holds(folded("anything"), ""));
}
