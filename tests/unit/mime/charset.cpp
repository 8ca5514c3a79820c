// Charsets: well-formed UTF-8 out, whatever went in, cut anywhere.
#include "protocols/mime/charset.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "protocols/base/text.h"
#include "protocols/mime/charset_names.h"

namespace {

struct CharsetRow {
    std::string_view charset;
    std::string_view octets;
    std::string_view utf8;
};

const CharsetRow charset_rows[] = {
    {"utf-8", "K\xC3\xA4se", "K\xC3\xA4se"},
    {"UTF-8",
     "a\xFF"
     "b",
     "a\xEF\xBF\xBD"
     "b"},
    {"utf-8", "a\xE2\x82", "a\xEF\xBF\xBD"},                            // cut at the end
    {"utf-8", "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // a surrogate
    {"utf-8", "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
    {"us-ascii", "K\xE4se", "K\xC3\xA4se"},
    {"us-ascii", "K\xC3\xA4se", "K\xC3\xA4se"},
    {"", "K\xE4se \xE2\x82\xAC", "K\xC3\xA4se \xE2\x82\xAC"},
    {"iso-8859-1", "K\xE4se \x80", "K\xC3\xA4se \xE2\x82\xAC"},  // really Windows-1252
    {"iso-8859-15", "\xA4", "\xE2\x82\xAC"},
    {"koi8-r", "\xC1\xC2", "\xD0\xB0\xD0\xB1"},
    {"windows-1251", "\xE0\xE1", "\xD0\xB0\xD0\xB1"},
    {"Shift_JIS", "\x93\xFA\x96\x7B", "\xE6\x97\xA5\xE6\x9C\xAC"},
    {"iso-2022-jp", "\x1B$BF|K\\\x1B(B!", "\xE6\x97\xA5\xE6\x9C\xAC!"},
    {"gb2312", "\xD6\xD0\xCE\xC4", "\xE4\xB8\xAD\xE6\x96\x87"},
    {"big5", "\xA4\xA4\xA4\xE5", "\xE4\xB8\xAD\xE6\x96\x87"},
    {"ks_c_5601-1987", "\xC7\xD1", "\xED\x95\x9C"},
    {"utf-7", "Hi Mom +Jjo-!", "Hi Mom \xE2\x98\xBA!"},  // RFC 2152
    {"\"koi8-r\" ", "\xC1", "\xD0\xB0"},
    {"no-such-charset", "K\xE4se", "K\xC3\xA4se"},
    {"utf-8//TRANSLIT", "K\xE4se", "K\xC3\xA4se"},
    {"../../etc/passwd", "K\xE4se", "K\xC3\xA4se"},
    {"shift_jis", "\x93", "\xEF\xBF\xBD"},
    {"euc-jp",
     "a\xFF"
     "b",
     "a\xEF\xBF\xBD"
     "b"},
};

}  // namespace

TEST_CASE("octets become UTF-8") {
    for (const CharsetRow& row : charset_rows) {
        CAPTURE(row.charset);
        CAPTURE(row.octets);
        CHECK(mime::to_utf8(row.octets, row.charset) == row.utf8);
        CHECK(base::is_utf8(mime::to_utf8(row.octets, row.charset)));
    }
}

TEST_CASE("characters may be cut at every octet") {
    for (const CharsetRow& row : charset_rows) {
        CAPTURE(row.charset);
        mime::CharsetDecoder decoder(row.charset);
        std::string out;
        for (const char c : row.octets) decoder.feed({&c, 1}, out);
        decoder.finish(out);
        CHECK(out == row.utf8);
        out.clear();  // once more
        decoder.feed(row.octets, out);
        decoder.finish(out);
        CHECK(out == row.utf8);
    }
}

TEST_CASE("all octets in all charsets give well-formed UTF-8") {
    std::string octets;
    for (int i = 0; i < 256; ++i) octets += static_cast<char>(i);
    for (int i = 255; i >= 0; --i) octets += static_cast<char>(i);
    for (const char* charset :
         {"utf-8", "us-ascii", "utf-16", "utf-16be", "utf-32", "ucs-4", "utf-7", "gb18030", "euc-jp", "iso-2022-kr",
          "big5", "cp932", "koi8-u", "iso-8859-16", "viscii", "iso-2022-cn"}) {
        CAPTURE(charset);
        CHECK(base::is_utf8(mime::to_utf8(octets, charset)));
    }
}

TEST_CASE("which charsets are known") {
    for (const char* name : {"UTF-8", "us-ascii", "ISO-8859-1", "koi8-r", "Shift_JIS", "windows-1252"}) {
        CHECK(mime::is_known_charset(name));
    }
    for (const char* name : {"", "x-unknown", "no-such-charset", "utf-8//IGNORE", "internal"}) {
        CAPTURE(name);
        CHECK_FALSE(mime::is_known_charset(name));
    }
}

TEST_CASE("names of charsets are a closed table: nothing else reaches iconv") {
    struct Row {
        std::string_view name;
        std::string_view charset;
    };
    // IANA's aliases (RFC 2978), in any case; supersets that senders mean (WHATWG).
    const Row rows[] = {{"csISOLatin2", "ISO-8859-2"}, {"ISO_8859-5:1988", "ISO-8859-5"},
                        {"latin1", "WINDOWS-1252"},    {"ANSI_X3.4-1968", "US-ASCII"},
                        {" \"KOI8-R\" ", "KOI8-R"},    {"windows-1251", "CP1251"},
                        {"CP866", "IBM866"},           {"gb2312", "GB18030"},
                        {"KS_C_5601-1987", "CP949"},   {"x-sjis", "CP932"},
                        {"Big5", "BIG5-HKSCS"},        {"unicode-1-1-utf-7", "UTF-7"}};
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(mime::find_charset(row.name) == row.charset);
        CHECK(mime::is_known_charset(row.name));
    }
    // iconv would accept each of these.
    for (const char* name : {"INTERNAL", "WCHAR_T", "UTF-8//TRANSLIT", "UTF-8/IGNORE", "ISO-2022-CN-EXT", "EBCDIC-US",
                             "IBM1047", "TSCII", "T.61-8BIT", "UTF-16LE//", "../UTF-8", ""}) {
        CAPTURE(name);
        CHECK(mime::find_charset(name).empty());
        CHECK_FALSE(mime::is_known_charset(name));
    }
}

TEST_CASE("text that names no charset is in one: UTF-8, the one it is given, or Windows-1252") {
    struct Row {
        std::string_view octets;
        std::string_view given;
        std::string_view charset;
    };
    const Row rows[] = {{"plain", "koi8-r", "utf-8"},
                        {"K\xC3\xA4se", "koi8-r", "utf-8"},
                        {"\xF0\xD2\xC9", "koi8-r", "KOI8-R"},
                        {"\xF0\xD2 K\xC3\xA4se", "koi8-r", "KOI8-R"},  // not all of it is UTF-8
                        {"K\xE4se", "", "windows-1252"},
                        {"K\xE4se K\xC3\xA4se", "", "windows-1252"},
                        {"K\xE4se", "utf-8", "windows-1252"},
                        {"K\xE4se", "us-ascii", "windows-1252"},
                        {"K\xE4se", "no-such-charset", "windows-1252"},
                        {"K\xE4se", "iso-2022-jp", "windows-1252"},  // it has no 8-bit octets
                        {"K\xE4", "gb2312", "windows-1252"},         // half a character
                        {"K\xE4se", "utf-16", "windows-1252"},       // no field could be parsed in it
                        {"K\xE4se", "utf-7", "windows-1252"}};
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CAPTURE(row.given);
        CHECK(mime::undeclared_charset(row.octets, row.given) == row.charset);
    }
}
