// Encoded words: the table of RFC 2047 §8, RFC 2231 §5; encoding and folding.
#include "protocols/mime/encoded_word.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "protocols/base/text.h"

TEST_CASE("encoded words are decoded") {
    struct Row {
        std::string_view value;
        std::string_view text;
    };
    const Row rows[] = {
        // RFC 2047 §8
        {"=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"},
        {"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld J\xC3\xB8rn Simonsen"},
        {"=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xC3\xA9 Pirard"},
        {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
         "    =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
         "If you can read this you understand the example."},
        {"=?ISO-8859-1?Q?Olle_J=E4rnefors?=", "Olle J\xC3\xA4rnefors"},
        {"=?ISO-8859-1?Q?Patrik_F=E4ltstr=F6m?=", "Patrik F\xC3\xA4ltstr\xC3\xB6m"},
        {"(=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=)",
         "(\xD7\x9D\xD7\x95\xD7\x9C\xD7\xA9 \xD7\x9F\xD7\x91 \xD7\x99\xD7\x9C\xD7\x98\xD7\xA4\xD7\xA0)"},
        {"(=?ISO-8859-1?Q?a?=)", "(a)"},
        {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
        {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
        {"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"},
        {"(=?ISO-8859-1?Q?a?=\r\n       =?ISO-8859-1?Q?b?=)", "(ab)"},
        {"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
        {"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
        // RFC 2231 §5
        {"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"},
        // A character split between two words; Q and B of one charset
        {"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "\xE2\x82\xAC"},
        {"=?UTF-8?B?4oI=?= =?utf-8?q?=AC?=", "\xE2\x82\xAC"},
        {"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xE6\x97\xA5\xE6\x9C\xAC"},
        // Malformed words stay
        {"=?utf-8?Q?abc", "=?utf-8?Q?abc"},
        {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
        {"=??Q?abc?=", "=??Q?abc?="},
        {"=?utf-8?Q?=C3=?=", "\xEF\xBF\xBD="},
        {"a =?b", "a =?b"},
        // Raw octets: UTF-8 if valid, else Windows-1252
        {"K\xC3\xA4se", "K\xC3\xA4se"},
        {"K\xE4se", "K\xC3\xA4se"},
        {"=?no-such-charset?Q?K=E4se?=", "K\xC3\xA4se"},
        {"Folded\r\n subject", "Folded subject"},
        // A decoded line end cannot pose as a field
        {"=?utf-8?Q?a=0D=0ABcc:_x?=", "a  Bcc: x"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(mime::decode_encoded_words(row.value) == row.text);
    }
}

TEST_CASE("text comes back from its encoded form, in words of at most 75 octets") {
    std::string cyrillic;
    for (int i = 0; i < 60; ++i) cyrillic += "\xD0\xB6";
    const std::string texts[] = {"plain",
                                 "caf\xC3\xA9 au lait",
                                 "two \xC3\xA9 \xC3\xA8 words",
                                 "two  spaces \xC3\xA9  between",
                                 "looks like =?utf-8?q?this?=",
                                 cyrillic,
                                 cyrillic + " ascii " + cyrillic,
                                 "\xE2\x82\xAC",
                                 std::string(2000, 'x') + " long word"};
    for (const std::string& text : texts) {
        CAPTURE(text);
        const std::string encoded = mime::encode_unstructured(text);
        CHECK(base::is_ascii(encoded));
        CHECK(mime::decode_encoded_words(encoded) == text);
        for (std::size_t at = 0; at < encoded.size();) {
            const std::size_t end = std::min(encoded.find(' ', at), encoded.size());
            if (encoded.substr(at).starts_with("=?")) CHECK(end - at <= 75);
            at = end + 1;
        }
        const std::string folded = mime::fold_field("Subject", encoded);
        CHECK(mime::decode_encoded_words(folded.substr(8)) == text);
    }
    CHECK(mime::encode_unstructured("plain text") == "plain text");
    CHECK(mime::encode_unstructured("a\r\nBcc: x") == "a  Bcc: x");
}

TEST_CASE("phrases are atoms, quoted strings or encoded words") {
    CHECK(mime::encode_phrase("John Doe") == "John Doe");
    CHECK(mime::encode_phrase("Doe, John") == "\"Doe, John\"");
    CHECK(mime::encode_phrase("a\"b\\c") == "\"a\\\"b\\\\c\"");
    CHECK(mime::encode_phrase("Andr\xC3\xA9") == "=?utf-8?b?QW5kcsOp?=");
    CHECK(mime::encode_phrase("Andr\xC3\xA9 Pirard of Li\xC3\xA8ge") == "=?utf-8?q?Andr=C3=A9_Pirard_of_Li=C3=A8ge?=");
    CHECK(mime::encode_phrase("") == "\"\"");
}

TEST_CASE("long fields are folded at white space, no line is blank, none exceeds 998 octets") {
    const std::string words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
    CHECK(mime::fold_field("Subject", words) ==
          "Subject: one two three four five six seven eight nine ten eleven twelve\r\n thirteen fourteen\r\n");
    CHECK(mime::fold_field("X", "") == "X: \r\n");
    CHECK(mime::fold_field("X", "a\r\nBcc: b") == "X: a  Bcc: b\r\n");
    const std::string folded = mime::fold_field("X", std::string(100, ' ') + std::string(3000, 'y') + "   ");
    std::size_t start = 0;
    while (start < folded.size()) {
        const std::size_t end = folded.find("\r\n", start);
        REQUIRE(end != std::string::npos);
        CHECK(end - start <= 998);
        CHECK(folded.substr(start, end - start).find_first_not_of(" \t") != std::string::npos);
        start = end + 2;
    }
}

TEST_CASE("a raw field is in one charset: UTF-8, the message's own, or Windows-1252 (CLIENTS.md 32)") {
    struct Row {
        std::string_view value;
        std::string_view charset;
        std::string_view text;
    };
    const Row rows[] = {
        {"\xF0\xD2\xC9\xD7\xC5\xD4", "koi8-r", "Привет"},
        {"\xCF\xF0\xE8\xE2\xE5\xF2", "windows-1251", "Привет"},
        {"\xD6\xD0\xCE\xC4", "gb2312", "中文"},
        {"\xC7\xD1\xB1\xDB", "euc-kr", "한글"},
        {"\x93\xFA\x96\x7B", "shift_jis", "日本"},
        {"Привет", "koi8-r", "Привет"},
        // A field that is only partly valid UTF-8 is not UTF-8.
        {"K\xE4se K\xC3\xA4se", "", "Käse KÃ¤se"},
        {"\xD0\xE4", "koi8-r", "пД"},
        // Encoded words name their own charset, and do not count.
        {"=?utf-8?q?=C3=A9?= K\xE4se", "", "é Käse"},
        {"=?utf-8?q?=C3=A9?= \xF0\xD2", "koi8-r", "é Пр"},
        {"=?koi8-r?q?\xF0\xD2=C9?= K\xE4se", "", "При Käse"},
        {"=?koi8-r?q?\xF0\xD2=C9?= \xCF\xF0", "windows-1251", "При Пр"},
        {"a\r\n \xF0", "koi8-r", "a П"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const std::string text = mime::decode_encoded_words(row.value, row.charset);
        CHECK(text == row.text);
        CHECK(mime::decode_encoded_words(mime::field_to_utf8(row.value, row.charset)) == text);
    }
}
