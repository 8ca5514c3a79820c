// SPF's macros: the RFC's own examples, and every rule of RFC 7208 §7.
#include "protocols/mailauth/spf_macro.h"

#include <doctest/doctest.h>

#include <string>

#include "protocols/base/text.h"

using mailauth::parse_spf_macros;
using mailauth::SpfMacroPlace;
using mailauth::SpfMacroValues;

namespace {

// RFC 7208 §7.4.
SpfMacroValues example(const std::string& client) {
    return {.local_part = "strong-bad",
            .sender_domain = "email.example.com",
            .domain = "email.example.com",
            .client = asio::ip::make_address(client),
            .helo = "mail.example.com",
            .confirmed_name = "mx.example.org",
            .receiver = "receiver.example",
            .now = 1'700'000'000};
}

std::string expanded(std::string_view text, const SpfMacroValues& values = example("192.0.2.3"),
                     SpfMacroPlace place = SpfMacroPlace::explanation) {
    const auto parts = parse_spf_macros(text, place);
    if (!parts) return "error: " + parts.error();
    return mailauth::expand_spf_macros(*parts, values, 1000).value_or("too long");
}

}  // namespace

TEST_CASE("SPF macros: the examples of RFC 7208 §7.4") {
    struct Row {
        std::string text, value;
    };
    for (const Row& row : {Row{"%{s}", "strong-bad@email.example.com"},
                           {"%{o}", "email.example.com"},
                           {"%{d}", "email.example.com"},
                           {"%{d4}", "email.example.com"},
                           {"%{d3}", "email.example.com"},
                           {"%{d2}", "example.com"},
                           {"%{d1}", "com"},
                           {"%{dr}", "com.example.email"},
                           {"%{d2r}", "example.email"},
                           {"%{l}", "strong-bad"},
                           {"%{l-}", "strong.bad"},
                           {"%{lr}", "strong-bad"},
                           {"%{lr-}", "bad.strong"},
                           {"%{l1r-}", "strong"},
                           {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
                           {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
                           {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
                           {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
                           {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"}}) {
        CAPTURE(row.text);
        CHECK(expanded(row.text, example("192.0.2.3"), SpfMacroPlace::term) == row.value);
    }
    CHECK(base::lower(expanded("%{ir}.%{v}._spf.%{d2}", example("2001:db8::cb01"))) ==
          "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com");
}

TEST_CASE("SPF macros: letters, transformers and escapes") {
    struct Row {
        std::string text, value;
    };
    SpfMacroValues odd = example("192.0.2.3");
    odd.local_part = "a.b-c+d,e/f_g=h";
    for (const Row& row : {Row{"%{c} %{r} %{t} %{h} %{p} %{v}",  // §7.2
                               "192.0.2.3 receiver.example 1700000000 mail.example.com mx.example.org in-addr"},
                           {"%%%_%-", "% %20"},  // §7.1: special cases
                           {"%{L}%{S}", "a.b-c%2Bd%2Ce%2Ff_g%3Dha.b-c%2Bd%2Ce%2Ff_g%3Dh%40email.example.com"},
                           {"%{l.-+,/_=}", "a.b.c.d.e.f.g.h"},  // §7.3: each is a delimiter
                           {"%{l2R.-+,/_=}", "b.a"},            // "r" in either case
                           {"%{D2}", "example.com"},
                           {"%{d0999999999999999999999999}", "email.example.com"},
                           {"", ""}}) {
        CAPTURE(row.text);
        CHECK(expanded(row.text, odd) == row.value);
    }
    odd.local_part = "..a..";
    CHECK(expanded("%{lr}", odd) == "..a..");  // §7.3: empty parts are parts
    CHECK(expanded("%{l2}", odd) == ".");
    odd.domain = "l.k.j.i.h.g.f.e.d.c.b.a";
    CHECK(expanded("%{d11}", odd) == "k.j.i.h.g.f.e.d.c.b.a");
    CHECK(expanded("%{c}", example("2001:db8::1")) == "2001:db8::1");
}

TEST_CASE("SPF macros: what is an error") {
    for (const std::string& text : {"%", "a%", "%a", "%{", "%{}", "%{d", "%{x}", "%{d0}", "%{d00r}", "%{d2x}", "%{d-2}",
                                    "%{dr2}", "%{d r}", "a\tb", "b\xc3\xbc", "a\x7f", "% "}) {
        CAPTURE(text);
        CHECK_FALSE(parse_spf_macros(text, SpfMacroPlace::explanation).has_value());
    }
    CHECK_FALSE(parse_spf_macros(std::string_view("a\0", 2), SpfMacroPlace::explanation).has_value());
    // RFC 7208 §7.2: c, r and t are for explanations; §7.1: only an explain-string has spaces.
    for (const std::string& text : {"%{c}", "%{R}", "%{t}", "a b"}) {
        CAPTURE(text);
        CHECK(parse_spf_macros(text, SpfMacroPlace::explanation).has_value());
        CHECK_FALSE(parse_spf_macros(text, SpfMacroPlace::term).has_value());
    }
    CHECK(parse_spf_macros("%{c}", SpfMacroPlace::modifier).has_value());
    CHECK_FALSE(parse_spf_macros("a b", SpfMacroPlace::modifier).has_value());
}

TEST_CASE("SPF macros: how a domain-spec ends, RFC 7208 §7.1") {
    for (const std::string& text : {"a.example", "a.example.", "a.b%{d}", "x%%", "x%_", "x%-", "%{d}.com", "a.1-2",
                                    "a.x1", "a..com", ".com", "a.}b}.com", "%{d-}.com"}) {
        CAPTURE(text);
        CHECK(mailauth::ends_as_domain_spec(text));
    }
    for (const std::string& text : {"", "museum", "museum.", "a.123", "a.-com", "a.com-", "a.b_c", "a.", "a..",
                                    "%{d}com", "%{d.}com", "x.com%%_", "x.com%%y", "a.co:8", "a.b}"}) {
        CAPTURE(text);
        CHECK_FALSE(mailauth::ends_as_domain_spec(text));
    }
}

TEST_CASE("SPF macros: the result is bounded") {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "%{S}";
    CHECK(expanded(text) == "too long");
}

TEST_CASE("SPF macros: letters are found, text is not") {
    const auto parts = parse_spf_macros("sl%{d}.%{L1}", SpfMacroPlace::term);
    REQUIRE(parts.has_value());
    CHECK(mailauth::has_spf_macro(*parts, "l"));
    CHECK(mailauth::has_spf_macro(*parts, "sd"));
    CHECK_FALSE(mailauth::has_spf_macro(*parts, "sop"));
}
