// The structure of ARC sets. RFC 8617 §4.2, §5.2 steps 1 to 3.
#include "protocols/mailauth/arc_chain.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/mailauth/arc_messages.h"

namespace {

const std::string arc_header = "From: a@example.com\r\nSubject: Hi\r\n";

// How many sets there are, or what is wrong with them.
std::string collected(const std::string& header) {
    const auto sets = mailauth::collect_arc_sets(mailauth::HeaderFields(header));
    return sets ? std::to_string(sets->size()) : sets.error();
}

std::string without(std::string text, std::string_view part) {
    const std::size_t at = text.find(part);
    REQUIRE(at != std::string::npos);
    return text.erase(at, part.size());
}

}  // namespace

TEST_CASE("sets are found in their order, however they lie") {
    const std::vector<SealedSet> sets = seal_chain(3, arc_header, "");
    CHECK(collected(arc_header) == "0");
    CHECK(collected(text_of_sets(sets) + arc_header) == "3");
    const std::string mixed = sets[1].seal + sets[0].message + sets[2].results + arc_header + sets[2].seal +
                              sets[0].seal + sets[1].results + sets[2].message + sets[1].message + sets[0].results;
    const auto chain = mailauth::collect_arc_sets(mailauth::HeaderFields(mixed));
    REQUIRE(chain.has_value());
    REQUIRE(chain->size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK((*chain)[i].results.text == sets[i].results);
        CHECK((*chain)[i].message.text == sets[i].message);
        CHECK((*chain)[i].seal.text == sets[i].seal);
        CHECK((*chain)[i].seal_signature.instance == i + 1);
    }
}

TEST_CASE("a set that is not whole, twice there, or out of line makes no chain") {
    const std::vector<SealedSet> sets = seal_chain(3, arc_header, "");
    const std::string all = text_of_sets(sets);
    CHECK(collected(without(all, sets[1].results)) == "no ARC-Authentication-Results of set 2");
    CHECK(collected(without(all, sets[1].message)) == "no ARC-Message-Signature of set 2");
    CHECK(collected(without(all, sets[1].seal)) == "no ARC-Seal of set 2");
    CHECK(collected(sets[2].text() + sets[0].text()) == "no ARC-Authentication-Results of set 2");
    CHECK(collected(sets[2].text() + sets[1].text()) == "no ARC-Authentication-Results of set 1");
    CHECK(collected(sets[0].results) == "no ARC-Message-Signature of set 1");
    CHECK(collected(all + sets[0].results) == "a second ARC-Authentication-Results of set 1");
    CHECK(collected(all + sets[1].message) == "a second ARC-Message-Signature of set 2");
    CHECK(collected(all + sets[2].seal) == "a second ARC-Seal of set 3");
    CHECK(collected(all + "ARC-Seal: i=1\r\n") == "an ARC-Seal is malformed: tag a is missing");
    CHECK(collected(all + "ARC-Message-Signature: i\r\n") ==
          "an ARC-Message-Signature is malformed: no tag where one should be");
    CHECK(collected(all + "ARC-Authentication-Results: x\r\n") == "an ARC-Authentication-Results without instance");
}

TEST_CASE("cv= is none in the first set and pass in the others") {
    const std::vector<SealedSet> one = seal_chain(1, arc_header, "");
    const auto second = [&](std::string_view status) {
        return collected(text_of_sets({one[0], seal_set(one, arc_header, "", "", status)}));
    };
    const auto first = [&](std::string_view status) {
        return collected(seal_set({}, arc_header, "", "", status).text());
    };
    CHECK(first("none") == "1");
    CHECK(first("pass") == "wrong cv= in the ARC-Seal of set 1");
    CHECK(first("fail") == "cv=fail in the ARC-Seal of set 1");
    CHECK(second("pass") == "2");
    CHECK(second("none") == "wrong cv= in the ARC-Seal of set 2");
    CHECK(second("fail") == "cv=fail in the ARC-Seal of set 2");
    CHECK(second("Pass") == "no known cv= in the ARC-Seal of set 2");
    CHECK(collected(without(text_of_sets(one), "cv=none; ")) == "no known cv= in the ARC-Seal of set 1");
}

TEST_CASE("fifty sets are a chain, one more is none") {
    const std::vector<SealedSet> sets = seal_chain(51, arc_header, "");
    CHECK(collected(text_of_sets({sets.begin(), sets.begin() + 50})) == "50");
    CHECK(collected(text_of_sets(sets)) == "more than 50 sets");
    CHECK(collected(sets[50].results) == "an ARC-Authentication-Results without instance");
}

TEST_CASE("ARC-Authentication-Results: the instance comes first") {
    const auto shown = [](std::string_view value) {
        const auto results = mailauth::parse_arc_authentication_results(value);
        return results ? std::to_string(results->instance) + "|" + std::string(results->payload) : "none";
    };
    CHECK(shown(" i=1; a.example;\r\n spf=pass") == "1| a.example;\r\n spf=pass");
    CHECK(shown("\r\n\ti = 50 ;x") == "50|x");
    CHECK(shown("i=1;") == "1|");
    CHECK(shown("i=1 a.example") == "none");
    CHECK(shown("a.example; i=1; spf=pass") == "none");
    CHECK(shown("I=1; a.example") == "none");
    CHECK(shown("i=0; a.example") == "none");
    CHECK(shown("i=51; a.example") == "none");
    CHECK(shown("i=; a.example") == "none");
    CHECK(shown("i=1x; a.example") == "none");
    CHECK(shown("") == "none");
}
