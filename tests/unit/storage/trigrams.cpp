// Trigrams: the words of a text, and the expression that finds it.
#include "storage/trigrams.h"

#include <doctest/doctest.h>

#include <algorithm>

using storage::match_expression;
using storage::TextQuery;
using storage::TrigramSet;

namespace {

std::size_t words_of(TrigramSet& set) {
    const std::string words = set.take_words();
    return static_cast<std::size_t>(std::ranges::count(words, ' '));
}

TextQuery text(std::string value) { return {.kind = TextQuery::Kind::text, .text = std::move(value), .parts = {}}; }

TextQuery of(TextQuery::Kind kind, std::vector<TextQuery> parts) {
    return {.kind = kind, .text = {}, .parts = std::move(parts)};
}

}  // namespace

TEST_CASE("each trigram counts once, across pieces but not across texts") {
    TrigramSet set(100);
    set.add("ABCABC");  // ABC BCA CAB
    CHECK(words_of(set) == 3);
    set.add("AB");
    set.add("C");
    CHECK(words_of(set) == 1);
    set.add("AB");
    set.end_text();
    set.add("CD");
    CHECK(words_of(set) == 0);
    set.add("ABC");
    CHECK(words_of(set) == 1);  // emptied by take_words
}

TEST_CASE("a message of too many trigrams is told, in bounded memory") {
    TrigramSet set(10);
    for (int i = 0; i < 1000; ++i) set.add(std::to_string(i * 7919));
    CHECK(set.too_many());
    CHECK(words_of(set) == 11);
    CHECK_FALSE(set.too_many());
}

TEST_CASE("expressions ask for all trigrams, and for nothing that a text is too short for") {
    CHECK_FALSE(match_expression(text("AB")));
    CHECK(match_expression(text("ABC")) == "\"\xC1\xC2\xC3\"");
    CHECK(match_expression(text("ABCD")) == "\"\xC1\xC2\xC3\" \"\xC2\xC3\xC4\"");
    CHECK(match_expression(of(TextQuery::Kind::all, {text("ABC"), text("A")})) == "(\"\xC1\xC2\xC3\")");
    CHECK_FALSE(match_expression(of(TextQuery::Kind::any, {text("ABC"), text("A")})));
    CHECK(match_expression(of(TextQuery::Kind::any, {text("ABC"), text("BCD")})) ==
          "(\"\xC1\xC2\xC3\") OR (\"\xC2\xC3\xC4\")");
    CHECK_FALSE(match_expression(of(TextQuery::Kind::all, {text("A"), text("B")})));
    const std::string longest(4096, 'x');
    CHECK(match_expression(text(longest))->size() < 200);
}

TEST_CASE("an expression has a bounded number of trigrams: some of many texts that must all be there") {
    std::vector<TextQuery> texts;
    for (int i = 10'000; i < 11'000; ++i) texts.push_back(text(std::to_string(i)));
    const std::optional<std::string> all = match_expression(of(TextQuery::Kind::all, texts));
    REQUIRE(all);
    CHECK(std::ranges::count(*all, '"') == 2 * 255);  // of 85 texts
    CHECK_FALSE(match_expression(of(TextQuery::Kind::any, texts)));
    // What is not used costs nothing.
    const TextQuery either = of(TextQuery::Kind::any, texts);
    CHECK(match_expression(of(TextQuery::Kind::all, {either, text("ABC")})) == "(\"\xC1\xC2\xC3\")");
}
