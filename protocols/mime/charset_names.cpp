// Names to charsets, sorted for a binary search. Many stand for a superset: what is called GB2312 is GB18030, what is
// called ISO-8859-1 is Windows-1252 (WHATWG encoding standard §4.2).
#include "protocols/mime/charset_names.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

#include "protocols/base/text.h"

namespace mime {
namespace {

struct CharsetName {
    std::string_view name;  // lower case
    std::string_view charset;
};

// clang-format off
constexpr CharsetName charset_names[] = {
    {"437", "IBM437"}, {"646", "US-ASCII"}, {"850", "IBM850"}, {"852", "IBM852"}, {"855", "IBM855"},
    {"857", "IBM857"}, {"860", "IBM860"}, {"861", "IBM861"}, {"862", "IBM862"}, {"863", "IBM863"}, {"865", "IBM865"},
    {"866", "IBM866"}, {"869", "IBM869"}, {"ansi", "WINDOWS-1252"}, {"ansi-1251", "CP1251"},
    {"ansi_x3.4-1968", "US-ASCII"}, {"ansi_x3.4-1986", "US-ASCII"}, {"arabic", "ISO-8859-6"},
    {"armscii-8", "ARMSCII-8"}, {"ascii", "US-ASCII"}, {"asmo-708", "ISO-8859-6"}, {"big-5", "BIG5-HKSCS"},
    {"big5", "BIG5-HKSCS"}, {"big5-eten", "BIG5-HKSCS"}, {"big5-hkscs", "BIG5-HKSCS"}, {"big5hkscs", "BIG5-HKSCS"},
    {"bighkscs", "BIG5-HKSCS"}, {"ccsid00858", "CP858"}, {"chinese", "GB18030"}, {"cn-big5", "BIG5-HKSCS"},
    {"cp-1250", "CP1250"}, {"cp-1251", "CP1251"}, {"cp-1253", "CP1253"}, {"cp-1255", "CP1255"}, {"cp-1256", "CP1256"},
    {"cp-1257", "CP1257"}, {"cp-1258", "CP1258"}, {"cp-850", "IBM850"}, {"cp-gr", "IBM869"}, {"cp-is", "IBM861"},
    {"cp00858", "CP858"}, {"cp1250", "CP1250"}, {"cp1251", "CP1251"}, {"cp1252", "WINDOWS-1252"},
    {"cp1253", "CP1253"}, {"cp1254", "CP1254"}, {"cp1255", "CP1255"}, {"cp1256", "CP1256"}, {"cp1257", "CP1257"},
    {"cp1258", "CP1258"}, {"cp1361", "JOHAB"}, {"cp154", "PT154"}, {"cp20866", "KOI8-R"}, {"cp21866", "KOI8-U"},
    {"cp367", "US-ASCII"}, {"cp437", "IBM437"}, {"cp51932", "EUC-JP-MS"}, {"cp54936", "GB18030"},
    {"cp65001", "UTF-8"}, {"cp737", "CP737"}, {"cp775", "CP775"}, {"cp819", "WINDOWS-1252"}, {"cp850", "IBM850"},
    {"cp852", "IBM852"}, {"cp855", "IBM855"}, {"cp857", "IBM857"}, {"cp858", "CP858"}, {"cp860", "IBM860"},
    {"cp861", "IBM861"}, {"cp862", "IBM862"}, {"cp863", "IBM863"}, {"cp864", "IBM864"}, {"cp865", "IBM865"},
    {"cp866", "IBM866"}, {"cp869", "IBM869"}, {"cp874", "CP874"}, {"cp932", "CP932"}, {"cp936", "GB18030"},
    {"cp949", "CP949"}, {"cp950", "BIG5-HKSCS"}, {"csascii", "US-ASCII"}, {"csbig5", "BIG5-HKSCS"},
    {"csbig5hkscs", "BIG5-HKSCS"}, {"cseuckr", "CP949"}, {"cseucpkdfmtjapanese", "EUC-JP-MS"},
    {"csgb18030", "GB18030"}, {"csgb2312", "GB18030"}, {"csgbk", "GB18030"}, {"cshproman8", "HP-ROMAN8"},
    {"csibm00858", "CP858"}, {"csibm855", "IBM855"}, {"csibm857", "IBM857"}, {"csibm860", "IBM860"},
    {"csibm861", "IBM861"}, {"csibm863", "IBM863"}, {"csibm864", "IBM864"}, {"csibm865", "IBM865"},
    {"csibm866", "IBM866"}, {"csibm869", "IBM869"}, {"csiso2022cn", "ISO-2022-CN"}, {"csiso2022jp", "ISO-2022-JP-3"},
    {"csiso2022jp2", "ISO-2022-JP-2"}, {"csiso2022kr", "ISO-2022-KR"}, {"csiso58gb231280", "GB18030"},
    {"csiso885913", "ISO-8859-13"}, {"csiso885914", "ISO-8859-14"}, {"csiso885915", "ISO-8859-15"},
    {"csiso885916", "ISO-8859-16"}, {"csiso88596e", "ISO-8859-6"}, {"csiso88596i", "ISO-8859-6"},
    {"csiso88598e", "ISO-8859-8"}, {"csiso88598i", "ISO-8859-8"}, {"csisolatin1", "WINDOWS-1252"},
    {"csisolatin2", "ISO-8859-2"}, {"csisolatin3", "ISO-8859-3"}, {"csisolatin4", "ISO-8859-4"},
    {"csisolatin5", "CP1254"}, {"csisolatin6", "ISO-8859-10"}, {"csisolatin9", "ISO-8859-15"},
    {"csisolatinarabic", "ISO-8859-6"}, {"csisolatincyrillic", "ISO-8859-5"}, {"csisolatingreek", "ISO-8859-7"},
    {"csisolatinhebrew", "ISO-8859-8"}, {"cskoi8r", "KOI8-R"}, {"cskoi8u", "KOI8-U"}, {"csksc56011987", "CP949"},
    {"cskz1048", "RK1048"}, {"csmacintosh", "MACINTOSH"}, {"cspc775baltic", "CP775"},
    {"cspc850multilingual", "IBM850"}, {"cspc862latinhebrew", "IBM862"}, {"cspc8codepage437", "IBM437"},
    {"cspcp852", "IBM852"}, {"csptcp154", "PT154"}, {"csshiftjis", "CP932"}, {"cstis620", "CP874"},
    {"csucs4", "UTF-32"}, {"csunicode", "UTF-16"}, {"csunicode11utf7", "UTF-7"}, {"csutf16", "UTF-16"},
    {"csutf16be", "UTF-16BE"}, {"csutf16le", "UTF-16LE"}, {"csutf32", "UTF-32"}, {"csutf32be", "UTF-32BE"},
    {"csutf32le", "UTF-32LE"}, {"csutf7", "UTF-7"}, {"csutf8", "UTF-8"}, {"csviscii", "VISCII"},
    {"cswindows1250", "CP1250"}, {"cswindows1251", "CP1251"}, {"cswindows1252", "WINDOWS-1252"},
    {"cswindows1253", "CP1253"}, {"cswindows1254", "CP1254"}, {"cswindows1255", "CP1255"},
    {"cswindows1256", "CP1256"}, {"cswindows1257", "CP1257"}, {"cswindows1258", "CP1258"}, {"cswindows31j", "CP932"},
    {"cswindows874", "CP874"}, {"cyrillic", "ISO-8859-5"}, {"cyrillic-asian", "PT154"}, {"dos-874", "CP874"},
    {"ecma-114", "ISO-8859-6"}, {"ecma-118", "ISO-8859-7"}, {"elot_928", "ISO-8859-7"}, {"euc-cn", "GB18030"},
    {"euc-jp", "EUC-JP-MS"}, {"euc-kr", "CP949"}, {"euc-tw", "EUC-TW"}, {"euccn", "GB18030"}, {"eucjp", "EUC-JP-MS"},
    {"eucjp-ms", "EUC-JP-MS"}, {"euckr", "CP949"}, {"euctw", "EUC-TW"},
    {"extended_unix_code_packed_format_for_japanese", "EUC-JP-MS"}, {"gb18030", "GB18030"},
    {"gb18030-2000", "GB18030"}, {"gb2312", "GB18030"}, {"gb2312-80", "GB18030"}, {"gb_2312", "GB18030"},
    {"gb_2312-80", "GB18030"}, {"gbk", "GB18030"}, {"georgian-academy", "GEORGIAN-ACADEMY"},
    {"georgian-ps", "GEORGIAN-PS"}, {"greek", "ISO-8859-7"}, {"greek8", "ISO-8859-7"}, {"hebrew", "ISO-8859-8"},
    {"hp-roman8", "HP-ROMAN8"}, {"ibm-437", "IBM437"}, {"ibm-737", "CP737"}, {"ibm-775", "CP775"},
    {"ibm-850", "IBM850"}, {"ibm-852", "IBM852"}, {"ibm-855", "IBM855"}, {"ibm-857", "IBM857"}, {"ibm-858", "CP858"},
    {"ibm-860", "IBM860"}, {"ibm-861", "IBM861"}, {"ibm-862", "IBM862"}, {"ibm-863", "IBM863"}, {"ibm-864", "IBM864"},
    {"ibm-865", "IBM865"}, {"ibm-866", "IBM866"}, {"ibm-869", "IBM869"}, {"ibm00858", "CP858"},
    {"ibm367", "US-ASCII"}, {"ibm437", "IBM437"}, {"ibm737", "CP737"}, {"ibm775", "CP775"},
    {"ibm819", "WINDOWS-1252"}, {"ibm850", "IBM850"}, {"ibm852", "IBM852"}, {"ibm855", "IBM855"},
    {"ibm857", "IBM857"}, {"ibm858", "CP858"}, {"ibm860", "IBM860"}, {"ibm861", "IBM861"}, {"ibm862", "IBM862"},
    {"ibm863", "IBM863"}, {"ibm864", "IBM864"}, {"ibm865", "IBM865"}, {"ibm866", "IBM866"}, {"ibm869", "IBM869"},
    {"iso-10646-ucs-2", "UTF-16"}, {"iso-10646-ucs-4", "UTF-32"}, {"iso-2022-cn", "ISO-2022-CN"},
    {"iso-2022-jp", "ISO-2022-JP-3"}, {"iso-2022-jp-1", "ISO-2022-JP-2"}, {"iso-2022-jp-2", "ISO-2022-JP-2"},
    {"iso-2022-jp-3", "ISO-2022-JP-3"}, {"iso-2022-jp-ms", "ISO-2022-JP-3"}, {"iso-2022-kr", "ISO-2022-KR"},
    {"iso-646-us", "US-ASCII"}, {"iso-8859-1", "WINDOWS-1252"}, {"iso-8859-1-windows-3.1-latin-1", "WINDOWS-1252"},
    {"iso-8859-10", "ISO-8859-10"}, {"iso-8859-11", "CP874"}, {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"}, {"iso-8859-15", "ISO-8859-15"}, {"iso-8859-16", "ISO-8859-16"},
    {"iso-8859-2", "ISO-8859-2"}, {"iso-8859-3", "ISO-8859-3"}, {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"}, {"iso-8859-6", "ISO-8859-6"}, {"iso-8859-6-e", "ISO-8859-6"},
    {"iso-8859-6-i", "ISO-8859-6"}, {"iso-8859-7", "ISO-8859-7"}, {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-e", "ISO-8859-8"}, {"iso-8859-8-i", "ISO-8859-8"}, {"iso-8859-9", "CP1254"},
    {"iso-celtic", "ISO-8859-14"}, {"iso-ir-100", "WINDOWS-1252"}, {"iso-ir-101", "ISO-8859-2"},
    {"iso-ir-109", "ISO-8859-3"}, {"iso-ir-110", "ISO-8859-4"}, {"iso-ir-126", "ISO-8859-7"},
    {"iso-ir-127", "ISO-8859-6"}, {"iso-ir-138", "ISO-8859-8"}, {"iso-ir-144", "ISO-8859-5"},
    {"iso-ir-148", "CP1254"}, {"iso-ir-149", "CP949"}, {"iso-ir-157", "ISO-8859-10"}, {"iso-ir-179", "ISO-8859-13"},
    {"iso-ir-199", "ISO-8859-14"}, {"iso-ir-203", "ISO-8859-15"}, {"iso-ir-226", "ISO-8859-16"},
    {"iso-ir-58", "GB18030"}, {"iso-ir-6", "US-ASCII"}, {"iso646-us", "US-ASCII"}, {"iso8859-1", "WINDOWS-1252"},
    {"iso8859-10", "ISO-8859-10"}, {"iso8859-11", "CP874"}, {"iso8859-13", "ISO-8859-13"},
    {"iso8859-14", "ISO-8859-14"}, {"iso8859-15", "ISO-8859-15"}, {"iso8859-16", "ISO-8859-16"},
    {"iso8859-2", "ISO-8859-2"}, {"iso8859-3", "ISO-8859-3"}, {"iso8859-4", "ISO-8859-4"},
    {"iso8859-5", "ISO-8859-5"}, {"iso8859-6", "ISO-8859-6"}, {"iso8859-7", "ISO-8859-7"},
    {"iso8859-8", "ISO-8859-8"}, {"iso8859-9", "CP1254"}, {"iso88591", "WINDOWS-1252"}, {"iso885911", "CP874"},
    {"iso885913", "ISO-8859-13"}, {"iso885914", "ISO-8859-14"}, {"iso885915", "ISO-8859-15"},
    {"iso885916", "ISO-8859-16"}, {"iso88592", "ISO-8859-2"}, {"iso88593", "ISO-8859-3"}, {"iso88594", "ISO-8859-4"},
    {"iso88595", "ISO-8859-5"}, {"iso88596", "ISO-8859-6"}, {"iso88597", "ISO-8859-7"}, {"iso88598", "ISO-8859-8"},
    {"iso88599", "CP1254"}, {"iso_646.irv:1991", "US-ASCII"}, {"iso_8859-1", "WINDOWS-1252"},
    {"iso_8859-10", "ISO-8859-10"}, {"iso_8859-10:1992", "ISO-8859-10"}, {"iso_8859-13", "ISO-8859-13"},
    {"iso_8859-14", "ISO-8859-14"}, {"iso_8859-14:1998", "ISO-8859-14"}, {"iso_8859-15", "ISO-8859-15"},
    {"iso_8859-16", "ISO-8859-16"}, {"iso_8859-16:2001", "ISO-8859-16"}, {"iso_8859-1:1987", "WINDOWS-1252"},
    {"iso_8859-2", "ISO-8859-2"}, {"iso_8859-2:1987", "ISO-8859-2"}, {"iso_8859-3", "ISO-8859-3"},
    {"iso_8859-3:1988", "ISO-8859-3"}, {"iso_8859-4", "ISO-8859-4"}, {"iso_8859-4:1988", "ISO-8859-4"},
    {"iso_8859-5", "ISO-8859-5"}, {"iso_8859-5:1988", "ISO-8859-5"}, {"iso_8859-6", "ISO-8859-6"},
    {"iso_8859-6-e", "ISO-8859-6"}, {"iso_8859-6-i", "ISO-8859-6"}, {"iso_8859-6:1987", "ISO-8859-6"},
    {"iso_8859-7", "ISO-8859-7"}, {"iso_8859-7:1987", "ISO-8859-7"}, {"iso_8859-8", "ISO-8859-8"},
    {"iso_8859-8-e", "ISO-8859-8"}, {"iso_8859-8-i", "ISO-8859-8"}, {"iso_8859-8:1988", "ISO-8859-8"},
    {"iso_8859-9", "CP1254"}, {"iso_8859-9:1989", "CP1254"}, {"johab", "JOHAB"}, {"koi", "KOI8-R"},
    {"koi8", "KOI8-R"}, {"koi8-r", "KOI8-R"}, {"koi8-ru", "KOI8-U"}, {"koi8-t", "KOI8-T"}, {"koi8-u", "KOI8-U"},
    {"koi8_r", "KOI8-R"}, {"koi8_u", "KOI8-U"}, {"koi8r", "KOI8-R"}, {"koi8u", "KOI8-U"}, {"korean", "CP949"},
    {"ks_c-5601-1987", "CP949"}, {"ks_c_5601", "CP949"}, {"ks_c_5601-1987", "CP949"}, {"ks_c_5601-1989", "CP949"},
    {"ksc5601", "CP949"}, {"ksc_5601", "CP949"}, {"ksc_5601-1987", "CP949"}, {"kz-1048", "RK1048"},
    {"l1", "WINDOWS-1252"}, {"l10", "ISO-8859-16"}, {"l2", "ISO-8859-2"}, {"l3", "ISO-8859-3"}, {"l4", "ISO-8859-4"},
    {"l5", "CP1254"}, {"l6", "ISO-8859-10"}, {"l7", "ISO-8859-13"}, {"l8", "ISO-8859-14"}, {"l9", "ISO-8859-15"},
    {"latin-1", "WINDOWS-1252"}, {"latin-10", "ISO-8859-16"}, {"latin-2", "ISO-8859-2"}, {"latin-3", "ISO-8859-3"},
    {"latin-4", "ISO-8859-4"}, {"latin-5", "CP1254"}, {"latin-6", "ISO-8859-10"}, {"latin-7", "ISO-8859-13"},
    {"latin-8", "ISO-8859-14"}, {"latin-9", "ISO-8859-15"}, {"latin1", "WINDOWS-1252"}, {"latin10", "ISO-8859-16"},
    {"latin2", "ISO-8859-2"}, {"latin3", "ISO-8859-3"}, {"latin4", "ISO-8859-4"}, {"latin5", "CP1254"},
    {"latin6", "ISO-8859-10"}, {"latin7", "ISO-8859-13"}, {"latin8", "ISO-8859-14"}, {"latin9", "ISO-8859-15"},
    {"logical", "ISO-8859-8"}, {"mac", "MACINTOSH"}, {"mac-cyrillic", "MAC-CYRILLIC"}, {"mac-roman", "MACINTOSH"},
    {"maccentraleurope", "MAC-CENTRALEUROPE"}, {"maccyrillic", "MAC-CYRILLIC"}, {"macintosh", "MACINTOSH"},
    {"macroman", "MACINTOSH"}, {"ms1361", "JOHAB"}, {"ms932", "CP932"}, {"ms936", "GB18030"}, {"ms949", "CP949"},
    {"ms950", "BIG5-HKSCS"}, {"ms_kanji", "CP932"}, {"pc-multilingual-850+euro", "CP858"}, {"pt154", "PT154"},
    {"ptcp154", "PT154"}, {"r8", "HP-ROMAN8"}, {"rk1048", "RK1048"}, {"roman8", "HP-ROMAN8"}, {"shift-jis", "CP932"},
    {"shift_jis", "CP932"}, {"shift_jisx0213", "CP932"}, {"shiftjis", "CP932"}, {"sjis", "CP932"},
    {"strk1048-2002", "RK1048"}, {"sun_eu_greek", "ISO-8859-7"}, {"tcvn", "TCVN5712-1"}, {"tcvn-5712", "TCVN5712-1"},
    {"tcvn5712-1", "TCVN5712-1"}, {"tis-620", "CP874"}, {"tis620", "CP874"}, {"tis620-0", "CP874"},
    {"tis620.2529-1", "CP874"}, {"tis620.2533-0", "CP874"}, {"ucs-2", "UTF-16"}, {"ucs-4", "UTF-32"},
    {"uhc", "CP949"}, {"ujis", "EUC-JP-MS"}, {"unicode", "UTF-16"}, {"unicode-1-1-utf-7", "UTF-7"},
    {"unicode-1-1-utf-8", "UTF-8"}, {"unicodefeff", "UTF-16LE"}, {"unicodefffe", "UTF-16BE"}, {"us", "US-ASCII"},
    {"us-ascii", "US-ASCII"}, {"utf-16", "UTF-16"}, {"utf-16-bom", "UTF-16"}, {"utf-16be", "UTF-16BE"},
    {"utf-16le", "UTF-16LE"}, {"utf-32", "UTF-32"}, {"utf-32be", "UTF-32BE"}, {"utf-32le", "UTF-32LE"},
    {"utf-7", "UTF-7"}, {"utf-8", "UTF-8"}, {"utf-8-mac", "UTF-8"}, {"utf-8-sig", "UTF-8"}, {"utf16", "UTF-16"},
    {"utf32", "UTF-32"}, {"utf7", "UTF-7"}, {"utf8", "UTF-8"}, {"utf8mb4", "UTF-8"}, {"viscii", "VISCII"},
    {"viscii1.1-1", "VISCII"}, {"visual", "ISO-8859-8"}, {"win-1250", "CP1250"}, {"win-1251", "CP1251"},
    {"win-1252", "WINDOWS-1252"}, {"win-1253", "CP1253"}, {"win-1255", "CP1255"}, {"win-1256", "CP1256"},
    {"win-1257", "CP1257"}, {"win-1258", "CP1258"}, {"win1251", "CP1251"}, {"windows-1250", "CP1250"},
    {"windows-1251", "CP1251"}, {"windows-1252", "WINDOWS-1252"}, {"windows-1253", "CP1253"},
    {"windows-1254", "CP1254"}, {"windows-1255", "CP1255"}, {"windows-1256", "CP1256"}, {"windows-1257", "CP1257"},
    {"windows-1258", "CP1258"}, {"windows-31j", "CP932"}, {"windows-874", "CP874"}, {"windows-936", "GB18030"},
    {"windows-949", "CP949"}, {"windows-950", "BIG5-HKSCS"}, {"windows1250", "CP1250"}, {"windows1251", "CP1251"},
    {"windows1252", "WINDOWS-1252"}, {"windows1253", "CP1253"}, {"windows1254", "CP1254"}, {"windows1255", "CP1255"},
    {"windows1256", "CP1256"}, {"windows1257", "CP1257"}, {"windows1258", "CP1258"}, {"x-big5", "BIG5-HKSCS"},
    {"x-cp1250", "CP1250"}, {"x-cp1251", "CP1251"}, {"x-cp1252", "WINDOWS-1252"}, {"x-cp1253", "CP1253"},
    {"x-cp1254", "CP1254"}, {"x-cp1255", "CP1255"}, {"x-cp1256", "CP1256"}, {"x-cp1257", "CP1257"},
    {"x-cp1258", "CP1258"}, {"x-euc", "EUC-JP-MS"}, {"x-euc-cn", "GB18030"}, {"x-euc-jp", "EUC-JP-MS"},
    {"x-euc-tw", "EUC-TW"}, {"x-gbk", "GB18030"}, {"x-johab", "JOHAB"}, {"x-mac-ce", "MAC-CENTRALEUROPE"},
    {"x-mac-centraleurope", "MAC-CENTRALEUROPE"}, {"x-mac-centraleurroman", "MAC-CENTRALEUROPE"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"}, {"x-mac-roman", "MACINTOSH"}, {"x-mac-ukrainian", "MAC-CYRILLIC"},
    {"x-macroman", "MACINTOSH"}, {"x-ms-cp932", "CP932"}, {"x-sjis", "CP932"}, {"x-unicode-2-0-utf-7", "UTF-7"},
    {"x-unicode-2-0-utf-8", "UTF-8"}, {"x-utf-8", "UTF-8"}, {"x-viet-tcvn5712", "TCVN5712-1"},
    {"x-windows-874", "CP874"}, {"x-windows-949", "CP949"}, {"x-x-big5", "BIG5-HKSCS"},
};
// clang-format on
static_assert(std::ranges::is_sorted(charset_names, {}, &CharsetName::name));

constexpr bool is_padding(char c) { return c == '"' || c == '\'' || base::is_space(c); }

}  // namespace

std::string_view find_charset(std::string_view name) {
    while (!name.empty() && is_padding(name.front())) name.remove_prefix(1);
    while (!name.empty() && is_padding(name.back())) name.remove_suffix(1);
    constexpr std::size_t longest = 64;
    if (name.size() > longest) return {};
    const std::string wanted = base::lower(name);
    const auto* const found = std::ranges::lower_bound(charset_names, std::string_view(wanted), {}, &CharsetName::name);
    return found != std::end(charset_names) && found->name == wanted ? found->charset : std::string_view();
}

}  // namespace mime
