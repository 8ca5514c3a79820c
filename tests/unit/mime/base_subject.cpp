// Base subjects: each row belongs to a rule of RFC 5256 §2.1 and §5.
#include "protocols/mime/base_subject.h"

#include <doctest/doctest.h>

#include <string>

namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("base subjects: RFC 5256 §2.1") {
    const struct {
        std::string_view subject;
        std::string_view base;
        bool marked;
    } rows[] = {
        {"", "", false},
        {"Lunch", "Lunch", false},
        // (1) encoded words, tabs, folds and runs of spaces
        {"=?UTF-8?Q?Gr=C3=BC=C3=9Fe?= an\t alle", "Grüße an alle", false},
        {"=?ISO-8859-1?Q?Re=3A_Gr=FC=DFe?=", "Grüße", true},
        {"two\r\n lines", "two lines", false},
        {"a   b \t c", "a b c", false},
        // (2) subj-trailer, repeated
        {"Lunch  ", "Lunch", false},
        {"Lunch (fwd)", "Lunch", true},
        {"Lunch (FWD) (fwd)(fwd) ", "Lunch", true},
        {"(fwd) Lunch", "(fwd) Lunch", false},
        {"(fwd)", "", true},
        // (3) subj-leader = (*subj-blob subj-refwd) / WSP
        {"  Lunch", "Lunch", false},
        {"Re: Lunch", "Lunch", true},
        {"RE:Lunch", "Lunch", true},
        {"Fw: Lunch", "Lunch", true},
        {"FWD: Lunch", "Lunch", true},
        {"Re: Fwd: re: Lunch", "Lunch", true},
        {"Re : Lunch", "Lunch", true},
        {"Re[2]: Lunch", "Lunch", true},
        {"Re [list] : Lunch", "Lunch", true},
        {"Re[2] Lunch", "Re[2] Lunch", false},
        {"Re[2][3]: Lunch", "Re[2][3]: Lunch", false},
        {"Reply: Lunch", "Reply: Lunch", false},
        {"AW: Lunch", "AW: Lunch", false},
        {"[list] Re: Lunch", "Lunch", true},
        {"[list] [new]Re: Lunch", "Lunch", true},
        {"Re: [list] Fwd: Lunch", "Lunch", true},
        {"Re:", "", true},
        {"Re: Fwd:", "", true},
        // (4) subj-blob, if something is left after it
        {"[list] Lunch", "Lunch", false},
        {"[a][b] [c] Lunch", "Lunch", false},
        {"[list]", "[list]", false},
        {"[a] [b]", "[b]", false},
        {"[list] Re:", "", true},
        {"Re: [list]", "[list]", true},
        {"[list", "[list", false},
        {"[a [b] Lunch", "[a [b] Lunch", false},
        {"Lunch [today]", "Lunch [today]", false},
        {"[a]] Lunch", "] Lunch", false},
        // (6) subj-fwd
        {"[fwd: Lunch]", "Lunch", true},
        {"[FWD: Re: Lunch]", "Lunch", true},
        {"[fwd: [fwd: [list] Re: Lunch (fwd)]]", "Lunch", true},
        {"Re: [fwd: Lunch] (fwd)", "Lunch", true},
        {"[fwd: Lunch] today", "today", false},
        {"[fwd: [a] Lunch]", "Lunch", true},
        {"[fwd:]", "", true},
        {"[fwd: Lunch", "[fwd: Lunch", false},
        // octets that are not UTF-8 are taken as Windows-1252
        {"Re: Gr\xfc\xdf", "Grüß", true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.subject);
        const mime::BaseSubject base = mime::base_subject(row.subject);
        CHECK(base.text == row.base);
        CHECK(base.is_reply_or_forward == row.marked);
    }
}

TEST_CASE("subjects made to be slow are not") {
    constexpr std::size_t many = 50'000;
    CHECK(mime::base_subject(repeated("[a]", many)).text == "[a]");
    CHECK(mime::base_subject(repeated("[a]", many) + "x").text == "x");
    CHECK(mime::base_subject(repeated("Re: [a]", many) + "x").text == "x");
    CHECK(mime::base_subject(repeated("[fwd:", many) + repeated("]", many)).text.empty());
    CHECK(mime::base_subject(repeated("[", many)).text == repeated("[", many));
    CHECK(mime::base_subject(repeated("re[", many)).text == repeated("re[", many));
    CHECK(mime::base_subject(repeated("(fwd)", many)).text.empty());
}
