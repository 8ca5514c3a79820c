// What a reader sees of a text.
#include "protocols/mime/shown_text.h"

#include <doctest/doctest.h>

TEST_CASE("what is not drawn is left out") {
    for (const char* unseen :
         {"\u00AD",     "\u034F",     "\u061C",     "\u115F",     "\u1160",     "\u17B4",     "\u180B",
          "\u180E",     "\u200B",     "\u200D",     "\u202E",     "\u2028",     "\u2029",     "\u2060",
          "\u2065",     "\u3164",     "\uFE00",     "\uFE0F",     "\uFEFF",     "\uFFA0",     "\uFFF0",
          "\uFFF9",     "\U0001BCA0", "\U0001D173", "\U000E0000", "\U000E0001", "\U000E0061", "\U000E0100",
          "\U000E0FFF", "\u0085",     "\n",         "\x1b",       "\x7f"}) {
        CAPTURE(unseen);
        CHECK(mime::without_unseen("a" + std::string(unseen) + "b") == "ab");
    }
    for (const char* seen : {"", "a\tb c", "J\u00FCrgen <j@a.test>", "J\u0075\u0308", "\u05D0\u4E2D\uAC00\U0001F600",
                             "\u2800\u00A0", "\xff\xC2", "\xE2\x80"}) {
        CAPTURE(seen);
        CHECK(mime::without_unseen(seen) == seen);
    }
}

TEST_CASE("what may end a word is a gap") {
    for (const char* gap : {"\u00A0", "\u2003", "\u2028", "\u2029", "\u0085", "\n", "\t", "\u201C", "\u00BB", "\u2022",
                            "\u2192", "\U0001F600", "\u2800", "\u3164", "\u115F", "\uFFA0", "\uFFFD"}) {
        CAPTURE(gap);
        CHECK(mime::with_gaps("a" + std::string(gap) + "b") == "a b");
    }
    CHECK(mime::with_gaps("b\u3002test") == "b.test");
    for (const char* word :
         {"", "a.b-c@d \"e\"", "J\u00FCrgen", "u\u0308", "\u05D0\u4E2D\uAC00", "a\u200Bb", "\uFE0F", "\xff\xC2"}) {
        CAPTURE(word);
        CHECK(mime::with_gaps(word) == word);
    }
}
