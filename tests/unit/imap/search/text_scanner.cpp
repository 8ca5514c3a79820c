// Finding texts across pieces.
#include "protocols/imap/search/text_scanner.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/search/needles.h"
#include "protocols/mime/casemap.h"

using imap::Needles;
using imap::TextScanner;
using mime::folded;

namespace {

Needles prepared(const std::vector<std::string>& texts) {
    Needles needles;
    for (const std::string& text : texts) needles.add(text);
    needles.prepare();
    return needles;
}

// Of few letters, so that texts share beginnings and hold each other.
std::string word(std::mt19937& random, std::size_t longest) {
    std::string text;
    for (std::size_t left = random() % (longest + 1); left > 0; --left) text += static_cast<char>('A' + random() % 3);
    return text;
}

}  // namespace

TEST_CASE("texts are found wherever the flow is cut") {
    const std::string text = "How about pickles, and Grüße aus Köln?";
    std::vector<std::string> texts = {folded("pickles"), folded("grüße aus"), folded("mustard"), ""};
    std::vector<bool> expected = {true, true, false, true};
    for (const bool many : {false, true}) {
        if (many) {  // those are found another way
            texts.insert(texts.end(), {folded("köln"), folded("PICK"), folded("relish")});
            expected.insert(expected.end(), {true, true, false});
        }
        const Needles needles = prepared(texts);
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            if (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80)
                continue;  // amid a character
            std::vector<bool> found(needles.size());
            TextScanner scanner(needles, found);
            scanner.feed(text.substr(0, cut));
            scanner.feed(text.substr(cut));
            CHECK(found == expected);
            CHECK_FALSE(scanner.all_found());
        }
    }
}

TEST_CASE("nothing matches across the end of a text") {
    for (const std::size_t others : {0, 10}) {
        std::vector<std::string> texts = {folded("onetwo")};
        for (std::size_t i = 0; i < others; ++i) texts.push_back(folded("other") + std::to_string(i));
        const Needles needles = prepared(texts);
        std::vector<bool> found(needles.size());
        TextScanner scanner(needles, found);
        scanner.feed("one");
        scanner.finish();
        scanner.feed("two");
        CHECK_FALSE(found[0]);
    }
}

TEST_CASE("many texts in one pass are the same as each on its own") {
    std::mt19937 random(20261130);
    for (int round = 0; round < 300; ++round) {
        Needles needles;
        for (std::size_t left = 5 + random() % 40; left > 0; --left) needles.add(word(random, 7));
        needles.prepare();
        const std::string text = word(random, 60);
        std::vector<bool> found(needles.size());
        TextScanner scanner(needles, found);
        std::vector<bool> expected;
        bool all = true;
        for (std::size_t i = 0; i < needles.size(); ++i) {
            expected.push_back(mime::holds(text, needles[i]));
            all = all && expected.back();
        }
        for (std::string_view rest = text; !rest.empty();) {
            const std::string_view piece = rest.substr(0, 1 + random() % 9);
            scanner.feed(piece);
            rest.remove_prefix(piece.size());
        }
        CAPTURE(text);
        CHECK(found == expected);
        CHECK(scanner.all_found() == all);
    }
}

TEST_CASE("equal texts are one, and all texts within texts are found") {
    Needles needles;
    CHECK(needles.add("AB") == 0);
    CHECK(needles.add("B") == 1);
    CHECK(needles.add("AB") == 0);
    CHECK(needles.size() == 2);

    Needles nested;
    for (std::size_t octets = 1; octets <= 300; ++octets) nested.add(std::string(octets, 'A'));
    nested.add("B");
    nested.prepare();
    std::vector<bool> found(nested.size());
    TextScanner scanner(nested, found);
    scanner.feed(std::string(1'000, 'a'));
    CHECK_FALSE(found.back());
    scanner.feed("b");
    CHECK(scanner.all_found());
}
